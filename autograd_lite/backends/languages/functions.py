"""Small functions that the source of programs calls, where a language or its library lacks them.

They are written in a part of C that JavaScript reads after a change of words (see `dialects`), so that there is one
text of each.  Each has the bits of the engine's own value, as far as the functions have that it calls.
"""

from functools import cache

FUNCTIONS = (
    """\
double place_of(double index, double bound) {
    const double i = index < 0.0 ? index + bound : index;
    return i >= 0.0 && i < bound && i == floor(i) ? i : -1.0;
}""",
    """\
double modulo(double x, double y) {
    const double rest = fmod(x, y);
    if (rest == 0.0) {
        return copysign(0.0, y);
    }
    return (y < 0.0) != (rest < 0.0) ? rest + y : rest;
}""",
    """\
double floor_quotient(double x, double y) {
    if (y == 0.0) {
        return x / y;
    }
    double rest = fmod(x, y);
    double whole = (x - rest) / y;
    if (rest != 0.0 && (y < 0.0) != (rest < 0.0)) {
        whole -= 1.0;
    }
    if (whole == 0.0) {
        return copysign(0.0, x / y);
    }
    const double below = floor(whole);
    return whole - below > 0.5 ? below + 1.0 : below;
}""",
    """\
double power(double x, double y) {
    if (x != x || y != y) {
        return NAN;
    }
    return y == 2.0 ? x * x : pow(x, y);
}""",
    """\
double power_of_two(double n) {
    return n < -1000.0 ? exp2(n + 100.0) / 1267650600228229401496703205376.0 : exp2(n);
}""",
    """\
double exponent_of(double x) {
    const double n = rint(log2(x));
    const double bounded = n > 1023.0 ? 1023.0 : n;
    return power_of_two(bounded) > x ? bounded - 1.0 : bounded;
}""",
)

JAVASCRIPT_FUNCTIONS = (
    """\
function fmod(x, y) {
    return x % y;
}""",
    """\
function copysign(x, y) {
    const size = Math.abs(x);
    return y < 0.0 || Object.is(y, -0.0) ? -size : size;
}""",
    """\
function rint(x) {
    const below = Math.floor(x);
    const rest = x - below;
    const whole = rest < 0.5 || (rest === 0.5 && below % 2.0 === 0.0) ? below : below + 1.0;
    return whole === 0.0 ? 0.0 * x : rest !== rest ? x : whole;
}""",
    """\
function pow(x, y) {
    if (y === 0.0 || x === 1.0 || (x === -1.0 && (y === Infinity || y === -Infinity))) {
        return 1.0;
    }
    return Math.pow(x, y);
}""",
    """\
function exp2(x) {
    return Math.pow(2.0, x);
}""",
)
"""What C has in its library."""


@cache
def functions_in_c() -> dict[str, str]:
    """The functions that are written in C, by their names."""
    return {text.split("(")[0].split()[1]: text for text in FUNCTIONS}


@cache
def javascript_texts() -> dict[str, str]:
    """The functions that JavaScript alone needs, by their names."""
    return {text.split("(")[0].split()[1]: text for text in JAVASCRIPT_FUNCTIONS}
