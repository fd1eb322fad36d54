"""Rows of arithmetic: the operators of Python, and the square and the reciprocal."""

import math

from autograd_lite.core.columns.entering import primitive
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_choices, ball_functions, float_values
from autograd_lite.core.table.distances import to_cell

__all__ = [
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "mod",
    "floor_divide",
    "square",
    "reciprocal",
    "identity",
    "stop_gradient",
]

add: Primitive = primitive(
    "add", lambda x, y: x + y, (1.0, 1.0), "x + y", label="+", role="affine",
    complex_value=lambda x, y: x + y, notation="<x:sum> + <y:after sum>", binds="sum",
    commutes=True, rewrites=("-0.0 x = x", "x -0.0 = x", "x -y = sub x y", "-x y = sub y x"),
    python="{} + {}", llvm="fadd",
    ball_value=lambda x, y: x + y, infinity="inf - inf: nan",
)  # fmt: skip
sub: Primitive = primitive(
    "sub", lambda x, y: x - y, (1.0, -1.0), "x - y", label="-", sign="−", role="affine",
    complex_value=lambda x, y: x - y, notation="<x:sum> − <y:after quotient>", latex="<x> - <y:after quotient>",
    binds="sum",
    rewrites=("x 0.0 = x", "-0.0 x = neg x", "x -y = add x y"), python="{} - {}", llvm="fsub",
    ball_value=ball_functions.difference, infinity="inf - inf: nan",
)  # fmt: skip
mul: Primitive = primitive(
    "mul", lambda x, y: x * y, (lambda out, x, y: y, lambda out, x, y: x), "x * y", label="*", sign="×", role="affine",
    complex_value=lambda x, y: x * y, notation="<x:quotient>·<y:after product>",
    latex=r"<x:quotient> \cdot <y:after product>", binds="product",
    commutes=True, rewrites=("1.0 x = x", "-1.0 x = neg x", "x 1.0 = x", "x -1.0 = neg x"),
    python="{} * {}", llvm="fmul",
    ball_value=ball_functions.product, infinity="0 inf: nan",
)  # fmt: skip
div: Primitive = primitive(
    "div", lambda x, y: x / y, (lambda out, x, y: 1.0 / y, lambda out, x, y: -out / y), "x / y", label="/", sign="÷",
    domain="y != 0", limit=float_values.quotient, distance=lambda x, y: abs(y),
    complex_value=lambda x, y: x / y, notation="<x:quotient>/<y:power>", latex=r"\frac{<x>}{<y>}", binds="quotient",
    rewrites=("x 1.0 = x", "x -1.0 = neg x", "x 2^k = mul x 2^-k"), python="{} / {}", llvm="fdiv",
    ball_value=ball_functions.quotient,
    lecture=(lambda out, x, y: 1.0 / y, lambda out, x, y: -x / square(y)), infinity="x / inf: 0; inf / inf: nan",
)  # fmt: skip
neg: Primitive = primitive(
    "neg", lambda x: -x, (-1.0,), "-x", label="-", sign="−x",
    complex_value=lambda x: -x, notation="−<x:after quotient>", latex="-<x:after quotient>", binds="minus",
    rewrites=("-x = x",), python="-{}", llvm="fneg",
    ball_value=lambda x: -x, infinity="-inf: inf; inf: -inf",
)  # fmt: skip
mod: Primitive = primitive(
    "mod", lambda x, y: x % y, (1.0, lambda out, x, y: -floor_divide(x, y)), "x % y", label="%",
    domain="y != 0", kinks="x / y whole: the partials from within the cell", distance=to_cell,
    complex_value=lambda x, y: x - math.floor(x.real / y.real) * y,
    array=lambda xp, x, y: xp.copysign(xp.remainder(x, y), y), c="modulo({}, {})", llvm="emit_mod",
    ball_value=ball_choices.mod, infinity="inf % y: nan; x % inf: x, or inf where the signs differ",
)  # fmt: skip
floor_divide: Primitive = primitive(
    "floor_divide", lambda x, y: x // y, (0.0, 0.0), "floor(x / y)", label="//",
    domain="y != 0", kinks="x / y whole: 0", limit=float_values.quotient, distance=to_cell,
    array="floor_divide", c="floor_quotient({}, {})", llvm="emit_floor_divide",
    ball_value=lambda x, y: ball_choices.quotient_rounded(ball_choices.floor_of, x, y),
    infinity="inf / y: nan; x / inf: 0, or -1 where the signs differ",
)  # fmt: skip
square: Primitive = primitive(
    "square", lambda x: x * x, (lambda out, x: 2.0 * x,), "x^2", label="x²", lowering=lambda x: x * x,
    complex_value=lambda x: x * x, notation="<x:atom>²", latex="<x:atom>^{2}", binds="power",
    python="{0} * {0}", infinity="-inf and inf: inf",
)  # fmt: skip
reciprocal: Primitive = primitive(
    "reciprocal", lambda x: 1.0 / x, (lambda out, x: -out * out,), "1 / x", label="1/x",
    domain="x != 0", limit=lambda x: float_values.quotient(1.0, x), lowering=lambda x: 1.0 / x, distance=abs,
    complex_value=lambda x: 1.0 / x, notation="1/<x:power>", latex=r"\frac{1}{<x>}", binds="quotient",
    lecture=(lambda out, x: -1.0 / square(x),), infinity="-inf and inf: 0",
)  # fmt: skip
identity: Primitive = primitive(
    "identity", lambda x: x, (1.0,), "x", label="=", lowering=lambda x: x, role="activation",
    complex_value=lambda x: x, notation="<x>", latex="<x>",
    rewrites=("x = x",), infinity="-inf: -inf; inf: inf",
)  # fmt: skip
stop_gradient: Primitive = primitive(
    "stop_gradient", lambda x: x, (None,), "x, through which nothing flows back", label="stop",
    lowering=lambda x: x, notation="<x>", latex="<x>", infinity="-inf: -inf; inf: inf",
)  # fmt: skip
"""x as a constant of the derivatives: a `detach` that stays in the graph, so that programs compute it."""
