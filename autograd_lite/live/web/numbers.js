// Numbers as the library's drawings show them: four significant digits, a true minus sign, ∞ and nan as words.

function shortNumber(x, digits = 4) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(x)));
  const far = exponent < -4 || exponent >= Math.max(digits, 6);
  const text = far ? x.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("+", "") : String(Number(x.toPrecision(digits)));
  return text.replaceAll("-", "−");
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

function subscript(n) {
  return String(n).replace(/\d/g, (d) => SUBSCRIPTS[d]);
}
