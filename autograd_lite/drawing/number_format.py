"""Numbers as drawings, tables and sentences show them.  Knows nothing of graphs."""

import math

MOST_DIGITS = 17  # as many as tell any two floats apart
SPECIAL = {math.inf: "∞", -math.inf: "−∞", 0.0: "0"}  # -0.0 too


def check_precision(precision: object) -> int:
    if not isinstance(precision, int) or isinstance(precision, bool) or not 1 <= precision <= MOST_DIGITS:
        digits = f"the number of significant digits that are shown, from 1 to {MOST_DIGITS}"
        raise ValueError(f"precision is {digits}, but got {precision!r}; 4 is the default")
    return precision


def numeral(x: float, precision: int = 4) -> str:
    """x with so many significant digits, and a true minus sign; 0 has none.

    >>> numeral(-0.123456), numeral(3.0), numeral(1e-7), numeral(float("inf"))
    ('−0.1235', '3', '1e−7', '∞')
    """
    mantissa, e, exponent = format(x, f".{precision}g").partition("e")
    return SPECIAL.get(x) or (f"{mantissa}e{int(exponent)}" if e else mantissa).replace("-", "−")


def latex(x: float, precision: int = 4) -> str:
    """The same for a formula in LaTeX.

    >>> latex(-0.5), latex(1.5e-7)
    ('-0.5', '1.5 \\\\cdot 10^{-7}')
    """
    if not math.isfinite(x):
        return r"\text{nan}" if math.isnan(x) else r"\infty" if x > 0 else r"-\infty"
    mantissa, e, exponent = numeral(x, precision).replace("−", "-").partition("e")
    return rf"{mantissa} \cdot 10^{{{exponent}}}" if e else mantissa


def count_text(n: int, what: str) -> str:
    """A count and its noun.

    >>> count_text(1, "node"), count_text(12345, "node")
    ('1 node', '12,345 nodes')
    """
    return f"{n:,} {what}{'' if n == 1 else 's'}"
