"""How far a result is from the truth, and how near it can be at a point: ulps and condition numbers.

The lowest floor of `testing`, beside `math`: floats, fractions and mpmath numbers in, floats out.
"""

import math
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import Any, SupportsFloat

from autograd_lite.core.columns.constants import LARGEST as LARGEST
from autograd_lite.core.columns.constants import SMALLEST as SMALLEST

_HALF_WAY_TO_INF = Fraction(2**1024 - 2**970)


def ulps(got: float, want: SupportsFloat) -> float:
    """The error of `got` in units in the last place of `want`: |got - want| / ulp(want).

    `want` is a float, or an exact reference: a Fraction or a number of mpmath.  Two nans, or the same infinity,
    agree; so do a reference beyond the floats and the infinity of its sign.  Anything else that is not finite
    is infinitely wrong.  Zeros agree whatever their signs.  Source: Muller et al., Handbook of
    Floating-Point Arithmetic, 2.6.

    >>> ulps(1.0 + 2**-52, 1.0), ulps(0.0, 5e-324), ulps(float("nan"), 1.0)
    (1.0, 1.0, inf)
    >>> ulps(0.1, Fraction(1, 10)) < 0.5
    True
    """
    exact = exact_fraction(want)
    if exact is None or not math.isfinite(got):
        rounded = float(want) if exact is None else nearest_float(exact)
        same = got == rounded or (math.isnan(got) and math.isnan(rounded))
        return 0.0 if same else math.inf
    spacing = Fraction(ulp(nearest_float(exact)))
    try:
        return float(abs(Fraction(got) - exact) / spacing)
    except OverflowError:
        return math.inf


def ulp(x: float) -> float:
    """The spacing of the floats at x; that of the largest floats at inf."""
    return math.ulp(x) if math.isfinite(x) else math.ulp(LARGEST)


def exact_fraction(x: Any) -> Fraction | None:
    """x as a fraction; None where it is inf or nan."""
    if hasattr(x, "_mpf_"):  # a number of mpmath: ±mantissa × 2^exponent
        if not x.context.isfinite(x):
            return None
        sign, mantissa, exponent, bits = x._mpf_
        # Far outside of the floats any power of two is as good as another, and shorter.
        power = min(max(int(exponent) + bits, -4000), 4000) - bits
        magnitude = int(mantissa) * Fraction(2) ** power
        return Fraction(-magnitude if sign else magnitude)
    if isinstance(x, float) and not math.isfinite(x):
        return None
    return Fraction(x)


def nearest_float(exact: Fraction) -> float:
    """The float nearest to a fraction, to even between two: an infinity beyond the largest."""
    if abs(exact) >= _HALF_WAY_TO_INF:
        return math.inf if exact > 0 else -math.inf
    return exact.numerator / exact.denominator  # Python rounds the quotient of whole numbers correctly


def next_float(x: float, steps: int = 1) -> float:
    """The float that many steps above x (below, where negative); -0.0 and 0.0 are one step apart."""
    return float_at(position(x) + steps)


def position(x: float) -> int:
    """The position of x among all floats in order: 0 for 0.0, -1 for -0.0, 1 for the smallest positive."""

    (bits,) = struct.unpack("<q", struct.pack("<d", x))
    return bits if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF) - 1  # type: ignore[no-any-return]


def float_at(index: int) -> float:
    """The float at that position; clipped at the infinities."""
    last = 0x7FF0000000000000
    index = max(-last - 1, min(last, index))
    bits = index if index >= 0 else (-index - 1) | -0x8000000000000000
    return struct.unpack("<d", struct.pack("<q", bits))[0]  # type: ignore[no-any-return]


def condition(f: Callable[..., Any], *x: float) -> float:
    """The condition number of f at x: how many ulps of the result one ulp in each operand costs at worst.

    The sum of |x_i df/dx_i| / |f(x)|, from the library's own gradient.  A result cannot be asked for more
    precision than about that many ulps.  inf where f is 0 and still moves.

    >>> from autograd_lite import exp, log
    >>> round(condition(exp, 20.0), 9), round(condition(log, 2.0), 9)
    (20.0, 1.442695041)
    >>> condition(lambda a, b: a - b, 1.0, 0.5)
    3.0
    """
    from autograd_lite.transforms.differentiation import value_and_grad

    value, slopes = value_and_grad(f, argnums=tuple(range(len(x))))(*x)
    moved = sum(abs(a * s) for a, s in zip(x, slopes, strict=True))
    if value == 0.0:
        return 0.0 if moved == 0.0 else math.inf
    return float(moved / abs(value))
