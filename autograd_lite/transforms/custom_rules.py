"""Functions with a derivative of the user's own: rows as `primitive` makes them, but outside of the table."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from autograd_lite.core.operands import Scalar
from autograd_lite.core.primitives import INTERNAL, PRIMITIVES, Primitive
from autograd_lite.transforms.signatures import name_of, parameter_names


def custom_derivative(f: Callable[..., Any], partials: Callable[..., tuple[Any, ...]]) -> Primitive:
    """A function with a rule of your own: `partials(out, *operands)` gives one partial for each operand.

    Both are written in functions of this library; f takes numbers as separate operands and returns one.  The
    result is a row like those of the table, but not in it: eager, differentiable again, and compiled.  It has
    the name of f, with "custom_" before a name that the table has.  `autograd_lite.testing.gradcheck` finds a wrong
    rule; `autograd_lite.primitive` enters a row into the table, with all that can be known of one.

    >>> from autograd_lite import exp, grad, log1p
    >>> softplus = custom_derivative(lambda x: log1p(exp(x)), lambda out, x: (1 - exp(-out),))
    >>> grad(softplus)(0.0)
    0.5
    """
    for argument in (f, partials):
        if not callable(argument):
            raise TypeError(f"custom_derivative takes two functions, but got {argument!r}; pass f and its partials")
    names = parameter_names(f)
    if not names:
        raise TypeError(f"custom_derivative takes a function of separate operands, but got {f!r}; name each: f(x, y)")
    name = name_of(f) if name_of(f) != "<lambda>" else "custom"
    if name in PRIMITIVES or name in INTERNAL:
        name = f"custom_{name}"
    rule = partial(checked, name, len(names), partials)  # not a closure, which pickle does not know
    return Primitive(name, len(names), f, rule, formula=f"{name}({', '.join(names)})", lowering=f)


def checked(name: str, arity: int, partials: Callable[..., Any], out: Scalar, operands: Sequence[Scalar]) -> list[Any]:
    """The partials of a row, checked whenever they are asked for."""
    found = partials(out, *operands)
    if not isinstance(found, (tuple, list)) or len(found) != arity:
        raise TypeError(
            f"the partials of {name} must be a tuple of {arity}, one an operand, but got {found!r}; return (d/dx, ...)"
        )
    return list(found)
