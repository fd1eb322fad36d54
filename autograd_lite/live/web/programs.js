// The programs of the library by name, and what else Python knows of them.

const made = JSON.parse(document.getElementById("made").textContent);

// The results of a program for n samples, a flat array each.
function run(name, n, ...inputs) {
  return programs[name](...inputs, n);
}

// As everywhere in the library's pages: four significant digits.
function shortNumber(x) {
  return numeral(x, 4);
}
