"""Random functions for tests, as runnable Python: graphs with sharing, repeated operands, constants and choices."""

import math
import random

import autograd_lite as ag
from autograd_lite import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

# Fixed lists: a new row must not change the functions of a given seed.
UNARY = (
    "neg", "square", "reciprocal", "abs", "sign", "floor", "ceil", "round", "trunc", "logical_not", "relu",
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sigmoid", "softplus", "sin",
    "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "softsign", "erf",
    "erfc", "gamma", "lgamma", "digamma", "trigamma",
)  # fmt: skip
BINARY = (
    "add", "sub", "mul", "div", "mod", "floor_divide", "fmod", "copysign", "less", "less_equal", "equal",
    "logical_and", "logical_or", "maximum", "minimum", "pow", "logaddexp", "atan2", "hypot", "isru",
)  # fmt: skip
MANY = (
    "sum", "prod", "mean", "max", "min", "logsumexp", "surprisal",
)  # fmt: skip
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "mod": "%", "floor_divide": "//"}
SMOOTH = ["tanh", "sigmoid", "exp", "sin", "cos", "square", "softplus", "atan", "erf", "neg"]  # never raise, mostly
CONSTANTS = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -2.5, 0.1, 1e-310, 1e200, -4.0]
POINTS = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 0.75, -0.3, 1.25, -2.0, 3.0, 5e-324, 1e150, -1e-200, 40.0]


class Chooser:
    """The choices of a generator, by a seeded random number generator."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def one_of(self, options):
        return self.rng.choice(options)

    def integer(self, low, high):
        return self.rng.randint(low, high)


class Drawn:
    """The same choices, drawn by hypothesis, which then shrinks them."""

    def __init__(self, draw):
        self.draw = draw

    def one_of(self, options):
        from hypothesis import strategies as st

        return self.draw(st.sampled_from(list(options)))

    def integer(self, low, high):
        from hypothesis import strategies as st

        return self.draw(st.integers(low, high))


def operand(choose, names):
    """A value made before, mostly one of the newest, or sometimes a number."""
    if choose.integer(0, 7) == 0:
        return repr(choose.one_of(CONSTANTS))
    return choose.one_of(names[-4:] if choose.integer(0, 2) else names)


def condition(choose, names):
    x, y = operand(choose, names), choose.one_of(names)
    first = f"ag.{choose.one_of(['less', 'less_equal', 'equal'])}({x}, {y})"
    kind = choose.integer(0, 5)
    if kind == 0:
        return f"ag.logical_not({first})"
    if kind == 1:
        return f"ag.{choose.one_of(['logical_and', 'logical_or'])}({first}, ag.less({y}, {choose.one_of(names)}))"
    return first


def expression(choose, names, depth=0):
    """One operation on values made before."""
    kind = choose.integer(0, 11)
    if kind <= 2:
        sign = choose.one_of(["+", "-", "*", "*", "/"])
        x, y = operand(choose, names), choose.one_of(names)
        return f"({x}) {sign} {y}" if choose.integer(0, 1) else f"{y} {sign} ({x})"
    if kind <= 4:
        return f"ag.{choose.one_of(SMOOTH)}({choose.one_of(names)})"
    if kind == 5:
        return f"ag.{choose.one_of(UNARY)}({choose.one_of(names)})"
    if kind == 6:
        name, x, y = choose.one_of(BINARY), operand(choose, names), choose.one_of(names)
        return f"ag.{name}({x}, {y})" if choose.integer(0, 1) else f"ag.{name}({y}, {x})"
    if kind == 7:
        return f"{choose.one_of(names)} ** {choose.one_of(['2', '3', '2.0', '-1', '0.5', '0', '1'])}"
    if kind == 8:
        listed = ", ".join(operand(choose, names) for _ in range(choose.integer(0, 3)))
        return f"ag.{choose.one_of(MANY)}([{choose.one_of(names)}, {listed}])"
    if kind == 9:
        n = choose.integer(1, 3)
        first, second = ([operand(choose, names) for _ in range(n)] for _ in range(2))
        return f"ag.dot([{', '.join(first)}, {choose.one_of(names)}], [{', '.join(second)}, {choose.one_of(names)}])"
    if kind == 10 and depth == 0:
        a, b = expression(choose, names, 1), expression(choose, names, 1)
        return f"ag.where({condition(choose, names)}, lambda: {a}, lambda: {b})"
    return f"ag.where({condition(choose, names)}, {operand(choose, names)}, {choose.one_of(names)})"


def source(choose, inputs=3, steps=8, outputs=1):
    """The text of a function f(x) of some numbers, which gives one number, or a list of them."""
    names = [f"v{i}" for i in range(inputs)]
    lines = ["def f(x):", f"    {', '.join(names)}, = x"]
    for i in range(inputs, inputs + choose.integer(1, steps)):
        lines.append(f"    v{i} = {expression(choose, names)}")
        names.append(f"v{i}")
    last = [names[-1], *(choose.one_of(names) for _ in range(outputs - 1))]
    lines.append(f"    return {last[0] if outputs == 1 else '[' + ', '.join(last) + ']'}")
    return "\n".join(lines) + "\n"


def function(text):
    """The function that the text defines."""
    space = {"ag": ag}
    exec(text, space)
    return space["f"]


TRANSFORMS = {
    "f": lambda f: lambda x: f([v if isinstance(v, ag.Value) else ag.Value(v) for v in x]),
    "grad(f)": grad,
    "value_and_grad(f)": value_and_grad,
    "hessian(f)": hessian,
    "jacobian(f, mode='forward')": lambda f: jacobian(f, mode="forward"),
    "jacobian(grad(f), mode='reverse')": lambda f: jacobian(grad(f), mode="reverse"),
    "hvp(f)(x, [x[2], x[1], 0.0])": lambda f: lambda x: hvp(f)(x, [x[2], x[1], 0.0]),
    "jvp(f, (x,), ([0.5, 0.0, -1.0],))": lambda f: lambda x: jvp(f, (x,), ([0.5, 0.0, -1.0],)),
    "vjp(f, x)[1](x[1])": lambda f: lambda x: vjp(f, x)[1](x[1]),
    "grad of jvp": lambda f: grad(lambda x: jvp(f, (x,), (x,))[1]),
    "grad of the sum of grad": lambda f: grad(lambda x: ag.sum(grad(f)(x))),
    "jvp of grad": lambda f: lambda x: jvp(grad(f), (x,), ([x[0], 1.0, 0.0],)),
}
"""By what a failing test prints: functions of f that give functions of a list of three numbers."""


def eagerly(transform, f, x):
    """What the eager engine computes, as plain numbers; None where it raises."""
    try:
        result = TRANSFORMS[transform](f)(x)
    except (ArithmeticError, ValueError):
        return None
    return [v.data if isinstance(v, ag.Value) else v for v in leaves(result)]


def point(choose, n):
    return [choose.one_of(POINTS) * choose.one_of([1.0, 1.0, 0.7]) for _ in range(n)]


def leaves(x):
    """The numbers in a result, from left to right."""
    if isinstance(x, dict):
        x = list(x.values())
    if hasattr(x, "tolist"):
        x = x.tolist()
    return [y for part in x for y in leaves(part)] if isinstance(x, (list, tuple)) else [x]


def same(a, b):
    """Whether two numbers are the same to the bit; all nans are equal, signs of zero count."""
    return (a != a and b != b) or (a == b and math.copysign(1.0, a) == math.copysign(1.0, b))


def same_bits(x, y):
    """Whether two results hold the same numbers to the bit."""
    return all(same(a, b) for a, b in zip(leaves(x), leaves(y), strict=True))
