"""Approximations of functions in a few vector instructions, for `fastmath=True`.

Each has the name of a row, whose column `fastmath` bounds its error in units in the last place. It reduces the argument
to a short interval, where Taylor's series converges in a few terms, and reconstructs the value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partialmethod

from autograd_lite.core import table
from autograd_lite.core.columns.constants import LOG2_E, TINY
from autograd_lite.core.primitives import Primitive

from .ir_text import INTEGERS, MASK, SCALAR, WIDE, Function, literal

LN2_HIGH, LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10  # the first has zeros at its end
HALF_PI = (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33)  # their sum has 160 bits
FAR = 1e5  # beyond, sin and cos are those of the library
TO_INTEGER = 1.5 * 2.0**52  # added to a small whole number, it brings it into the last bits

ONE_OVER_FACTORIAL = [1.0 / math.factorial(k) for k in range(20)]
EXPM1 = ONE_OVER_FACTORIAL[2:15]  # (e^r - 1 - r) / r^2, |r| <= ln(2) / 2
SIN = [(-1.0) ** k * ONE_OVER_FACTORIAL[2 * k + 1] for k in range(1, 9)]  # (sin r - r) / r^3 in r^2, |r| <= pi/4
COS = [(-1.0) ** k * ONE_OVER_FACTORIAL[2 * k] for k in range(2, 10)]  # (cos r - 1 + r^2/2) / r^4 in r^2
ATANH = [2.0 / (2 * k + 1) for k in range(1, 11)]  # (2 atanh s - 2 s) / s^3 in s^2, |s| <= 0.172


@dataclass
class VectorMath:
    """Arithmetic on operands of one type, vectors or scalars; constants may be floats."""

    f: Function
    type: str
    intrinsic: Callable[..., str]
    library: Callable[..., str]  # calls of the exact functions

    def number(self, x: str | float) -> str:
        return x if isinstance(x, str) else literal(x, self.type)

    def integer(self, x: int) -> str:
        return str(x) if self.type in (SCALAR, WIDE) else f"splat (i64 {x})"

    def call(self, name: str, *operands: str | float) -> str:
        return self.intrinsic(self.f, f"llvm.{name}", self.type, *map(self.number, operands))

    def fma(self, x: str | float, y: str | float, z: str | float) -> str:
        """x * y + z, rounded once."""
        return self.call("fma", x, y, z)

    def exact(self, operation: str, x: str | float, y: str | float) -> str:
        return self.f.exact(operation, self.type, self.number(x), self.number(y))

    add, sub = partialmethod(exact, "fadd"), partialmethod(exact, "fsub")
    mul, div = partialmethod(exact, "fmul"), partialmethod(exact, "fdiv")

    def where(self, order: str, x: str | float, y: str | float, a: str | float, b: str | float) -> str:
        """a where x is `order` (olt, oeq, ...) than y, else b."""
        truth = self.f.compare(order, self.type, self.number(x), self.number(y))
        return self.f.select(truth, self.number(a), self.number(b), self.type)

    def polynomial(self, x: str, coefficients: Sequence[float]) -> str:
        """c0 + c1 x + c2 x^2 + ..."""
        result: str | float = coefficients[-1]
        for coefficient in reversed(coefficients[:-1]):
            result = self.fma(result, x, coefficient)
        return self.number(result)

    def bits(self, x: str) -> str:
        return self.f.value(f"bitcast {self.type} {x} to {INTEGERS[self.type]}")

    def float(self, integers: str) -> str:
        return self.f.value(f"bitcast {INTEGERS[self.type]} {integers} to {self.type}")

    def on_bits(self, operation: str, x: str, y: str | int) -> str:
        return self.f.value(f"{operation} {INTEGERS[self.type]} {x}, {self.integer(y) if isinstance(y, int) else y}")

    def whole(self, x: str) -> str:
        """A small whole number as an integer in the low bits."""
        return self.bits(self.add(x, TO_INTEGER))

    def power_of_2(self, n: str) -> str:
        """2^n for whole n with |n| < 1023."""
        return self.float(self.on_bits("shl", self.on_bits("add", self.whole(n), 1023), 52))


def exp(w: VectorMath, x: str) -> str:
    n, rest = _reduced(w, x)
    return _scaled(w, w.add(_expm1(w, rest), 1.0), n)


def exp2(w: VectorMath, x: str) -> str:
    x = w.where("ogt", x, 1025.0, 1025.0, w.where("olt", x, -1080.0, -1080.0, x))
    n = w.call("roundeven", x)
    return _scaled(w, w.add(_expm1(w, w.mul(w.sub(x, n), math.log(2.0))), 1.0), n)


def expm1(w: VectorMath, x: str) -> str:
    n, rest = _reduced(w, x)
    small = _expm1(w, rest)
    scale = w.power_of_2(w.where("ogt", n, 100.0, 100.0, w.where("olt", n, -100.0, -100.0, n)))
    result = w.fma(scale, small, w.sub(scale, 1.0))
    result = w.where("ogt", x, 40.0, _scaled(w, w.add(small, 1.0), n), result)
    return w.where("oeq", x, 0.0, x, result)


def _reduced(w: VectorMath, x: str) -> tuple[str, str]:
    """n and r with x = n ln 2 + r, for x clipped to where e^x is neither inf nor 0."""
    x = w.where("ogt", x, 710.0, 710.0, w.where("olt", x, -746.0, -746.0, x))
    n = w.call("roundeven", w.mul(x, LOG2_E))
    return n, w.fma(n, -LN2_LOW, w.fma(n, -LN2_HIGH, x))


def _expm1(w: VectorMath, rest: str) -> str:
    return w.fma(w.mul(rest, rest), w.polynomial(rest, EXPM1), rest)


def _scaled(w: VectorMath, x: str, n: str) -> str:
    """x 2^n, in two steps: 2^n itself may be no float."""
    half = w.call("roundeven", w.mul(n, 0.5))
    return w.mul(w.mul(x, w.power_of_2(half)), w.power_of_2(w.sub(n, half)))


def log(w: VectorMath, x: str) -> str:
    n, f = _mantissa(w, x)
    square = w.mul(f, w.mul(f, 0.5))
    rest = w.fma(n, LN2_LOW, _log1p(w, f, square))
    return _limits(w, x, w.fma(n, LN2_HIGH, w.sub(f, w.sub(square, rest))))


def log2(w: VectorMath, x: str) -> str:
    n, f = _mantissa(w, x)
    square = w.mul(f, w.mul(f, 0.5))
    return _limits(w, x, w.fma(w.sub(f, w.sub(square, _log1p(w, f, square))), LOG2_E, n))


def log10(w: VectorMath, x: str) -> str:
    return w.mul(log(w, x), 1.0 / math.log(10.0))


def log1p(w: VectorMath, x: str) -> str:
    u = w.add(x, 1.0)
    lost = w.div(w.sub(x, w.sub(u, 1.0)), u)
    result = w.add(log(w, u), lost)
    result = w.where("oeq", u, math.inf, math.inf, w.where("oeq", u, 0.0, -math.inf, result))
    return w.where("oeq", u, 1.0, x, result)


def _mantissa(w: VectorMath, x: str) -> tuple[str, str]:
    """n and f with x = 2^n (1 + f), 1 + f between the square roots of 1/2 and 2."""
    scaled = w.where("olt", x, TINY, w.mul(x, 2.0**54), x)
    bits = w.bits(scaled)
    above = w.on_bits("sub", bits, 0x3FE6A09E667F3BCD)  # the square root of 1/2
    n = w.on_bits("ashr", above, 52)
    f = w.sub(w.float(w.on_bits("sub", bits, w.on_bits("shl", n, 52))), 1.0)
    exponent = w.f.value(f"sitofp {INTEGERS[w.type]} {n} to {w.type}")
    return w.where("olt", x, TINY, w.sub(exponent, 54.0), exponent), f


def _log1p(w: VectorMath, f: str, square: str) -> str:
    """ln(1 + f) - f + square, square = f^2 / 2, from ln(1 + f) = 2 atanh(f / (2 + f))."""
    s = w.div(f, w.add(f, 2.0))
    z = w.mul(s, s)
    return w.mul(s, w.fma(z, w.polynomial(z, ATANH), square))


def _limits(w: VectorMath, x: str, result: str) -> str:
    """The logarithm where it is inf or nan."""
    result = w.where("oeq", x, math.inf, math.inf, w.where("oeq", x, 0.0, -math.inf, result))
    return w.where("uge", x, 0.0, w.where("uno", x, x, x, result), math.nan)


def tanh(w: VectorMath, x: str) -> str:
    size = w.call("fabs", x)
    size = w.where("ogt", size, 22.0, 22.0, size)  # there it is 1
    t = expm1(w, w.mul(size, 2.0))
    return w.call("copysign", w.div(t, w.add(t, 2.0)), x)


def sin(w: VectorMath, x: str) -> str:
    return _circular(w, table.sin, x, 0)


def cos(w: VectorMath, x: str) -> str:
    return _circular(w, table.cos, x, 1)


def _circular(w: VectorMath, row: Primitive, x: str, quarters: int) -> str:
    """sin(x + quarters pi/2), or the library's function of the row where x is large."""
    f = w.f
    close = _near(w, x, quarters)
    far = some = f.compare("ogt", w.type, w.call("fabs", x), literal(FAR, w.type))
    if w.type not in (SCALAR, WIDE):
        some = f.value(f"icmp ne i{f.lanes} {f.value(f'bitcast {MASK} {far} to i{f.lanes}')}, 0")
    near = f.block
    away, done = f.fresh("away", "done")
    f.branch(some, away, done)
    f.label(away)
    exact = f.select(far, w.library(f, row, w.type, [x]), close, w.type)
    f.jump(done)
    f.label(done)
    return f.merge([(near, [close]), (away, [exact])], w.type)[0]


def _near(w: VectorMath, x: str, quarters: int) -> str:
    n = w.call("roundeven", w.mul(x, 1.0 / HALF_PI[0]))
    rest = x
    for part in HALF_PI:
        rest = w.fma(n, -part, rest)
    square = w.mul(rest, rest)
    sine = w.fma(w.mul(square, rest), w.polynomial(square, SIN), rest)
    cosine = w.fma(w.mul(square, square), w.polynomial(square, COS), w.fma(square, -0.5, 1.0))
    turned = w.on_bits("add", w.whole(n), quarters)
    odd = w.f.value(f"icmp ne {INTEGERS[w.type]} {w.on_bits('and', turned, 1)}, {w.integer(0)}")
    size = w.bits(w.f.select(odd, cosine, sine, w.type))
    result = w.float(w.on_bits("xor", size, w.on_bits("shl", w.on_bits("and", turned, 2), 62)))
    return result if quarters else w.where("oeq", x, 0.0, x, result)
