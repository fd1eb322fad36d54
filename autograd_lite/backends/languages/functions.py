"""Small functions that the source of programs calls, where a language or its library lacks them.

They are written in a part of C that JavaScript reads after a change of words (see `dialects`), so that there is one
text of each.  Each has the bits of the engine's own value, as far as the functions have that it calls.
"""

from functools import cache

from autograd_lite.backends.languages.gamma_texts import GAMMA_FUNCTIONS

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
double hypotenuse(double x, double y) {
    if (x != x || y != y) {
        return NAN;
    }
    double a = fabs(x);
    double b = fabs(y);
    if (a < b) {
        const double c = a;
        a = b;
        b = c;
    }
    if (a == INFINITY || b <= a * 5e-17) {
        return a;
    }
    const double scale = a > 1e150 ? 2.409919865102884e-181 : b < 1e-150 ? 4.149515568880993e+180 : 1.0;
    a *= scale;
    b *= scale;
    const double h = sqrt(a * a + b * b);
    const double high_a = a * 134217729.0 - (a * 134217729.0 - a);
    const double high_b = b * 134217729.0 - (b * 134217729.0 - b);
    const double high_h = h * 134217729.0 - (h * 134217729.0 - h);
    const double low_a = a - high_a;
    const double low_b = b - high_b;
    const double low_h = h - high_h;
    const double squares = (high_a * high_a - high_h * high_h) + high_b * high_b;
    const double products = 2.0 * ((high_a * low_a - high_h * low_h) + high_b * low_b);
    const double rest = (squares + products) + ((low_a * low_a - low_h * low_h) + low_b * low_b);
    return (h + rest / (2.0 * h)) / scale;
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
def texts() -> dict[str, str]:
    """The functions that are written in C, by their names."""
    return {text.split("(")[0].split()[1]: text for text in (*FUNCTIONS, *GAMMA_FUNCTIONS)}


@cache
def javascript_texts() -> dict[str, str]:
    """The functions that JavaScript alone needs, by their names."""
    return {text.split("(")[0].split()[1]: text for text in JAVASCRIPT_FUNCTIONS}
