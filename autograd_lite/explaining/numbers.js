"use strict";
// Numbers and the text around them: as drawing/number_format.py and explaining/formats.py write them.

/* exported numeral, fill, withoutRepeats */

const minus = "\u2212";

// x with so many significant digits, and a true minus sign; a tie goes to the even digit, as in Python.
function numeral(x, precision) {
  if (x === 0) return "0";
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "\u221e" : `${minus}\u221e`;
  const [digits, exponent] = significant(Math.abs(x), precision);
  const sign = x < 0 ? minus : "";
  const trimmed = digits.replace(/0+$/, "");
  if (exponent < -4 || exponent >= precision) {
    const rest = trimmed.length > 1 ? `.${trimmed.slice(1)}` : "";
    return `${sign}${trimmed[0]}${rest}e${exponent < 0 ? minus : ""}${Math.abs(exponent)}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${trimmed}`;
  const whole = digits.slice(0, exponent + 1);
  const rest = trimmed.slice(exponent + 1);
  return `${sign}${whole}${rest ? `.${rest}` : ""}`;
}

// The digits of a positive number, and the exponent of the first.
function significant(x, precision) {
  if (mayBeTie(x, precision, 17) && mayBeTie(x, precision, 61)) {
    const [exact, power] = x.toExponential(60).split("e");
    const kept = exact.replace(".", "").slice(0, precision);
    if (Number(kept.at(-1)) % 2 === 0) return [kept, Number(power)];
  }
  const [rounded, exponent] = x.toExponential(precision - 1).split("e");
  return [rounded.replace(".", ""), Number(exponent)];
}

// Whether only a 5 and zeros are cut off, as far as so many digits tell; many take time.
function mayBeTie(x, precision, digits) {
  const [all] = x.toExponential(digits - 1).split("e");
  return precision >= digits || /^50*$/.test(all.replace(".", "").slice(precision));
}

// A text with its marks filled in: n a number, f one in brackets where it is negative, d dots where it is nan, and
// ( and ) brackets where it is negative.  Of a formula and a number for one partial, the formula where it holds.
function fill(template, numbers, precision) {
  const chosen = template.replace(/\ue000=(\d+),(\d+)\ue001([^\ue002]*)\ue002([^\ue003]*)\ue003/g,
    (_, a, b, one, other) => (agree(numbers[Number(a)], numbers[Number(b)]) ? one : other));
  return chosen.replace(/\ue000([nfd()])([\d*]+)\ue001/g, (_, kind, places) => {
    const x = places.split("*").reduce((product, place) => product * numbers[Number(place)], 1);
    if (kind === "(" || kind === ")") return x < 0 ? kind : "";
    if (kind === "d" && Number.isNaN(x)) return "\u2026";
    const text = numeral(x, precision);
    return kind === "f" && x < 0 ? `(${text})` : text;
  });
}

// Whether a formula gives a partial, but for rounding; not at a kink, where a convention does.
function agree(local, found) {
  if (local === found || Number.isNaN(local)) return true;
  const far = Math.abs(local - found);
  return far <= Math.max(1e-6 * Math.max(Math.abs(local), Math.abs(found)), 1e-12) && Number.isFinite(far);
}

function withoutRepeats(texts) {
  return texts.filter((text, i) => text !== texts[i - 1]);
}
