"""Gamma and its relatives for C and JavaScript, in the words of `functions`, with the bits of the engine in C.

Gamma and the logarithm of gamma are Lanczos' approximation with 13 terms, as `math` has them, digamma and its
derivatives as in `core.table.special_functions`.
"""

from collections.abc import Iterable
from typing import Final

from autograd_lite.core.table import special_functions

_ABOVE: Final = (
    23531376880.41076, 42919803642.6491, 35711959237.35567, 17921034426.03721, 6039542586.352028, 1439720407.3117216,
    248874557.86205417, 31426415.585400194, 2876370.6289353725, 186056.26539522348, 8071.672002365816,
    210.82427775157936, 2.5066282746310002,
)  # fmt: skip
_BELOW: Final = (
    0.0, 39916800.0, 120543840.0, 150917976.0, 105258076.0, 45995730.0, 13339535.0, 2637558.0, 357423.0, 32670.0,
    1925.0, 66.0, 1.0,
)  # fmt: skip


def table(name: str, numbers: Iterable[float]) -> str:
    return f"static const double {name}[] = {{{', '.join(map(repr, numbers))}}};"


GAMMA_FUNCTIONS: Final = (
    f"""\
double lanczos(double x) {{
    {table("above", _ABOVE)}
    {table("below", _BELOW)}
    double numerator = 0.0;
    double denominator = 0.0;
    for (int i = 0; i < 13; i++) {{
        if (x < 5.0) {{
            numerator = numerator * x + above[12 - i];
            denominator = denominator * x + below[12 - i];
        }} else {{
            numerator = numerator / x + above[i];
            denominator = denominator / x + below[i];
        }}
    }}
    return numerator / denominator;
}}""",
    """\
double sine_of_half_turns(double x) {
    const double y = fmod(x, 2.0);
    const double quarter = floor(2.0 * y + 0.5);
    if (quarter == 0.0) {
        return sin(3.141592653589793 * y);
    }
    if (quarter == 1.0) {
        return cos(3.141592653589793 * (y - 0.5));
    }
    if (quarter == 2.0) {
        return sin(3.141592653589793 * (1.0 - y));
    }
    if (quarter == 3.0) {
        return -cos(3.141592653589793 * (y - 1.5));
    }
    return sin(3.141592653589793 * (y - 2.0));
}""",
    """\
double gamma_of(double x) {
    if (x != x || x == INFINITY) {
        return x;
    }
    if (x == 0.0) {
        return 1.0 / x;
    }
    const double size = fabs(x);
    if (x == floor(x)) {
        if (x < 0.0) {
            return NAN;
        }
        if (x <= 23.0) {
            double product = 1.0;
            for (double factor = 2.0; factor < x; factor += 1.0) {
                product *= factor;
            }
            return product;
        }
    }
    if (size < 1e-20) {
        return 1.0 / x;
    }
    if (size > 200.0) {
        if (x > 0.0) {
            return INFINITY;
        }
        return 0.0 / -sine_of_half_turns(size);
    }
    const double y = size + 5.52468004077673;
    double z = size > 5.52468004077673 ? (y - size) - 5.52468004077673 : (y - 5.52468004077673) - size;
    z = z * 6.02468004077673 / y;
    const int large = size >= 140.0;
    const double power = large ? pow(y, size / 2.0 - 0.25) : pow(y, size - 0.5);
    if (x < 0.0) {
        double result = -3.141592653589793 / sine_of_half_turns(size) / size * exp(y) / lanczos(size);
        result -= z * result;
        result /= power;
        return large ? result / power : result;
    }
    double result = lanczos(size) / exp(y);
    result += z * result;
    result *= power;
    return large ? result * power : result;
}""",
    """\
double log_gamma(double x) {
    if (x != x) {
        return x;
    }
    if (x == INFINITY || x == -INFINITY) {
        return INFINITY;
    }
    if (x == floor(x) && x <= 2.0) {
        return x <= 0.0 ? INFINITY : 0.0;
    }
    const double size = fabs(x);
    if (size < 1e-20) {
        return -log(size);
    }
    double result = log(lanczos(size)) - 6.02468004077673;
    result += (size - 0.5) * (log(size + 6.02468004077673 - 0.5) - 1.0);
    if (x < 0.0) {
        result = 1.1447298858494002 - log(fabs(sine_of_half_turns(size))) - log(size) - result;
    }
    return result;
}""",
    """\
double cotangent_of_half_turns(double x) {
    const double rest = x - rint(x);
    if (fabs(rest) < 0.25) {
        return 1.0 / tan(3.141592653589793 * rest);
    }
    return tan(3.141592653589793 * (copysign(0.5, rest) - rest));
}""",
    f"""\
double psi(double x) {{
    {table("series", reversed(special_functions._DIGAMMA_SERIES))}
    {table("bernoulli", special_functions._BERNOULLI)}
    if (x == -INFINITY || (x <= 0.0 && x == floor(x))) {{
        return NAN;
    }}
    if (fabs(x - 1.4616321449683622) < 0.25) {{
        const double h = (x - 1.4616321449683622) - 9.549995429965697e-17;
        double near = 0.0;
        for (int i = 0; i < {len(special_functions._DIGAMMA_SERIES)}; i++) {{
            near = (near + series[i]) * h;
        }}
        return near;
    }}
    if (x < 0.5) {{
        return psi(1.0 - x) - 3.141592653589793 * cotangent_of_half_turns(x);
    }}
    double y = x;
    double shift = 0.0;
    while (y < 10.0) {{
        shift += 1.0 / y;
        y += 1.0;
    }}
    const double square = 1.0 / (y * y);
    double sum = 0.0;
    double power = square;
    double factorial = 2.0;
    double k = 1.0;
    for (int i = 0; i < 9; i++) {{
        sum += bernoulli[i] * (factorial / (2.0 * k)) * power;
        power *= square;
        factorial *= (2.0 * k + 1.0) * (2.0 * k + 2.0);
        k += 1.0;
    }}
    return ((log(y) - 0.5 / y) - sum) - shift;
}}""",
    f"""\
double hurwitz_zeta(double s, double x) {{
    {table("bernoulli", special_functions._BERNOULLI)}
    double result = 0.0;
    double y = x;
    while (y < 10.0 + s) {{
        result += pow(y, -s);
        y += 1.0;
    }}
    result += pow(y, 1.0 - s) / (s - 1.0) + 0.5 * pow(y, -s);
    double rising = s * pow(y, -s - 1.0);
    double k = 0.0;
    for (int i = 0; i < {len(special_functions._BERNOULLI)}; i++) {{
        result += bernoulli[i] * rising;
        rising *= (s + 2.0 * k + 1.0) * (s + 2.0 * k + 2.0) / (y * y);
        k += 1.0;
    }}
    return result;
}}""",
    """\
double cotangent_derivative(int n, double x) {
    double slope[180];
    double polynomial[180];
    const double cotangent = cotangent_of_half_turns(x);
    for (int i = 0; i < 180; i++) {
        polynomial[i] = i == 1 ? 1.0 : 0.0;
    }
    for (int k = 1; k <= n; k++) {
        for (int i = 0; i < k + 1; i++) {
            slope[i] = polynomial[i + 1] * (i + 1);
        }
        for (int i = 0; i < k + 2; i++) {
            polynomial[i] = 0.0;
        }
        for (int i = 0; i < k; i++) {
            polynomial[i] -= slope[i];
            polynomial[i + 2] -= slope[i];
        }
    }
    double value = polynomial[n + 1];
    for (int i = n; i >= 0; i--) {
        value = value * cotangent + polynomial[i];
    }
    return value * pow(3.141592653589793, n + 1.0);
}""",
    """\
double psi_derivative(double n, double x) {
    if (x != x || n != n || n < 0.0 || n == INFINITY || n != floor(n)) {
        return NAN;
    }
    if (n == 0.0) {
        return psi(x);
    }
    if (x == INFINITY) {
        return 0.0;
    }
    if (n > 170.0 || x == -INFINITY || (x <= 0.0 && x == floor(x))) {
        return NAN;
    }
    const double sign = fmod(n, 2.0) == 0.0 ? -1.0 : 1.0;
    if (x < 0.0) {
        return -sign * psi_derivative(n, 1.0 - x) - cotangent_derivative(n, x);
    }
    return sign * gamma_of(n + 1.0) * hurwitz_zeta(n + 1.0, x);
}""",
)
