"""Functions with a derivative of the user's own.

Above `rows` and `transforms`: what comes out is a row like those of the table.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.rows import Primitive
from autograd_lite.transforms import name_of, parameter_names


def custom_derivative(f: Callable[..., Any], partials: Callable[..., tuple[Any, ...]]) -> Primitive:
    """A function with a rule of your own: `partials(out, *operands)` gives one partial for each operand.

    Both are written in functions of this library; f takes numbers as separate operands and returns one.  The
    result is a row like those of the table: eager, differentiable again, and compiled.

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

    def checked(out: Any, operands: Sequence[Any]) -> list[Any]:
        found = partials(out, *operands)
        if not isinstance(found, (tuple, list)) or len(found) != len(names):
            raise TypeError(
                f"the partials of {name} must be a tuple of {len(names)}, one an operand, but got {found!r}; "
                f"return (d/dx, ...)"
            )
        return list(found)

    return Primitive(name, len(names), f, checked, formula=f"{name}({', '.join(names)})", lowering=f)
