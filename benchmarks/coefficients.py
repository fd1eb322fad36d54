"""The coefficients of the special functions in `core/table`: run it to print them, or with --check to compare.

Polynomials and quotients of polynomials that agree with a function at Chebyshev's nodes, solved for in 60 digits and
rounded to floats; so the relative error is nearly the least of that form.

    python -m benchmarks.coefficients [--check]
"""

import importlib
import sys

import mpmath as m

m.mp.dps = 60
HALF = m.mpf(1) / 2


def quotient(f, low, high, n, d):
    """Numerator and denominator of degrees n and d, from the constant term on; the denominator's is 1."""
    low, high = m.mpf(low), m.mpf(high)
    count = n + d + 1
    nodes = [(low + high) / 2 + (high - low) / 2 * m.cos(m.pi * (2 * k + 1) / (2 * count)) for k in range(count)]
    matrix, right = m.matrix(count, count), m.matrix(count, 1)
    for i, x in enumerate(nodes):
        right[i] = f(x)
        for j in range(n + 1):
            matrix[i, j] = x**j
        for j in range(1, d + 1):
            matrix[i, n + j] = -right[i] * x**j
    solution = m.lu_solve(matrix, right)
    return tuple(map(float, solution[: n + 1])), (1.0, *map(float, solution[n + 1 :]))


def polynomial(f, low, high, n):
    return quotient(f, low, high, n, 0)[0]


def with_digits(digits, f):
    def computed(*xs):
        with m.workdps(digits):
            return f(*xs)

    return computed


def normal_distribution():
    erfcx = with_digits(100, lambda x: m.exp(x * x) * m.erfc(x) if x < 1000 else asymptotic_erfcx(x)[0])
    slope = with_digits(100, lambda x: 1 / m.sqrt(m.pi) - x * erfcx(x) if x < 1000 else asymptotic_erfcx(x)[1])

    def x_of(q):
        return 3 * (1 + q) / (1 - q)

    yield "_ERFCX", polynomial(lambda q: (1 + 2 * x_of(q)) * erfcx(x_of(q)), -1, 1, 24)
    yield "_ERFCX_SLOPE", polynomial(lambda q: (1 + 2 * x_of(q)) ** 2 * slope(x_of(q)), -1, 1, 28)
    end = m.mpf("0.7225")
    root = m.sqrt(m.pi) / 2
    yield from zip(
        ("_CENTRE", "_CENTRE_BELOW"),
        quotient(lambda r: (m.erfinv(m.sqrt(end - r)) / m.sqrt(end - r) - root) / (end - r), 0, end, 8, 8),
        strict=True,
    )
    for low, high, n, name in (("2.27", "6.5", 8, "_TAIL"), ("6.5", "38.7", 11, "_FAR_TAIL")):
        low, high = m.mpf(low), m.mpf(high)
        found = quotient(lambda s, low=low: s + low - quantile_of_tail(s + low), 0, high - low, n, n)
        yield from zip((name, f"{name}_BELOW"), found, strict=True)


def asymptotic_erfcx(x):
    """erfcx and 1/pi^(1/2) - x erfcx, far to the right."""
    terms = [m.mpf(1)]
    for k in range(1, 12):
        terms.append(-terms[-1] * (2 * k - 1) / (2 * x * x))
    return m.fsum(terms) / (x * m.sqrt(m.pi)), -m.fsum(terms[1:]) / m.sqrt(m.pi)


def quantile_of_tail(s):
    """t with ln P(normal > t) = -s^2/2, by Newton's method."""
    t = m.sqrt(s * s - m.log(2 * m.pi * s * s)) if s > 2 else s / 2
    for _ in range(8):
        tail = m.erfc(t / m.sqrt(2)) / 2
        t += (m.log(tail) + s * s / 2) * tail * m.sqrt(2 * m.pi) / m.exp(-t * t / 2)
    return t


def bessel():
    def scaled(n):
        return with_digits(
            100, lambda x: m.exp(-x) * m.besseli(n, x) if x < 200 else m.fsum(hankel(n, x)) / m.sqrt(2 * m.pi * x)
        )

    def hankel(n, x):
        terms = [m.mpf(1)]
        for k in range(1, 40):
            terms.append(-terms[-1] * (4 * n * n - (2 * k - 1) ** 2) / (8 * x * k))
        return terms

    i0e, i1e = scaled(0), scaled(1)
    eps = m.mpf(10) ** -9

    def far(f, power, n):
        return polynomial(lambda u: f(16 / (1 + u)) * (16 / (1 + u)) ** power, eps - 1, 1, n)

    difference = with_digits(100, lambda x: i0e(x) - i1e(x))

    def ratio(x):
        return i1e(x) / x if x else HALF

    yield "_I0", polynomial(lambda v: m.besseli(0, m.sqrt(v)), 0, 64, 17)
    yield "_I0E_FAR", far(i0e, HALF, 24)
    yield from zip(("_DIFFERENCE", "_DIFFERENCE_BELOW"), quotient(difference, 0, 8, 12, 12), strict=True)
    yield "_DIFFERENCE_FAR", far(difference, 3 * HALF, 29)
    yield from zip(("_RATIO", "_RATIO_BELOW"), quotient(ratio, 0, 8, 10, 12), strict=True)
    yield "_RATIO_FAR", far(ratio, 3 * HALF, 24)
    for order, name in ((0, "_J0"), (1, "_J1")):
        for part, low, high, n in (("_NEAR", 0, 16, 13), ("_MIDDLE", 16, 64, 15)):
            centre, half = m.mpf(low + high) / 2, m.mpf(high - low) / 2

            def over_power(u, order=order, centre=centre, half=half):
                x = m.sqrt(centre + half * u)
                return m.besselj(order, x) / x**order

            yield name + part, polynomial(over_power, -1, 1, n)
        for name, i, n in ((f"_P{order}", 0, 12), (f"_Q{order}", 1, 13)):

            def wave(u, order=order, i=i):
                x = m.sqrt(128 / (1 + u))
                angle = x - m.pi / 4 - order * m.pi / 2
                j, y, s, c = m.besselj(order, x), m.bessely(order, x), m.sin(angle), m.cos(angle)
                return m.sqrt(m.pi * x / 2) * (x * (y * c - j * s) if i else j * c + y * s)

            yield name, polynomial(wave, m.mpf(10) ** -8 - 1, 1, n)


def special_functions():
    def odd(f, start):
        """(f(x) / x - start) / x^2 as a function of x^2."""
        return with_digits(90, lambda v: (f(m.sqrt(v)) / m.sqrt(v) - start) / v)

    yield "_ATANH", polynomial(odd(lambda s: 2 * m.atanh(s), 2), m.mpf(10) ** -12, "0.02945", 7)
    yield "_SINE", polynomial(odd(m.sinpi, m.pi), m.mpf(10) ** -12, "0.0625", 5)
    yield "_COSINE", polynomial(with_digits(90, lambda v: (m.cospi(m.sqrt(v)) - 1) / v), m.mpf(10) ** -12, "0.0625", 6)

    def stirling(v):
        if v < m.mpf(10) ** -8:
            return sum(m.bernoulli(2 * k) / (2 * k * (2 * k - 1)) * v ** (k - 1) for k in range(1, 8))
        x = 1 / m.sqrt(v)
        return x * (m.loggamma(x) - ((x - HALF) * m.log(x) - x + m.log(2 * m.pi) / 2))

    def digamma(v):
        if v < m.mpf(10) ** -8:
            return sum(m.bernoulli(2 * k) / (2 * k) * v ** (k - 1) for k in range(1, 8))
        x = 1 / m.sqrt(v)
        return x * x * (m.log(x) - 1 / (2 * x) - m.psi(0, x))

    def trigamma(v):
        if v < m.mpf(10) ** -8:
            return sum(m.bernoulli(2 * k) * v ** (k - 1) for k in range(1, 8))
        x = 1 / m.sqrt(v)
        return x**3 * (m.psi(1, x) - 1 / x - 1 / (2 * x * x))

    def log_gamma(t):
        return m.loggamma(t + HALF) / ((t - HALF) * (t - 3 * HALF))

    zero = m.findroot(lambda x: m.psi(0, x), m.mpf("1.4616321449683623412626595423257213"))
    for name, f, high, n, d in (
        ("_LOG_GAMMA", log_gamma, "3.5", 12, 12),
        ("_GAMMA", lambda t: m.gamma(t + HALF), "2.5", 11, 11),
        ("_DIGAMMA_NEAR", lambda t: m.psi(0, t + HALF) / (t + HALF - zero), "2.5", 8, 8),
        ("_TRIGAMMA_NEAR", lambda t: m.psi(1, t + HALF), "2.5", 8, 9),
    ):
        yield from zip((name, f"{name}_BELOW"), quotient(with_digits(110, f), 0, high, n, d), strict=True)
    yield "_STIRLING", polynomial(with_digits(90, stirling), 0, m.mpf(1) / 9, 12)
    yield "_DIGAMMA", polynomial(with_digits(90, digamma), 0, m.mpf(1) / 9, 14)
    yield "_TRIGAMMA", polynomial(with_digits(90, trigamma), 0, m.mpf(1) / 9, 16)


def taylor_coefficients():
    with m.workdps(200):
        x = -HALF
        slopes = [m.npdf(x) / m.ncdf(x)]  # h' = -h (x + h)
        for k in range(64):
            products = x * slopes[k] + m.fsum(slopes[j] * slopes[k - j] for j in range(k + 1))
            slopes.append(-(products + (slopes[k - 1] if k else 0)) / (k + 1))
        yield "LOG_NDTR", tuple(float(h / (k + 1)) for k, h in enumerate(slopes))


def main(arguments):
    wrong = []
    for family in (normal_distribution, bessel, special_functions, taylor_coefficients):
        module = importlib.import_module(f"autograd_lite.core.table.{family.__name__}")
        for name, coefficients in family():
            if "--check" not in arguments:
                print(f"{name} = {coefficients}")
            elif getattr(module, name) != coefficients:
                wrong.append(name)
    print(f"not as in the table: {', '.join(wrong)}" if wrong else "")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
