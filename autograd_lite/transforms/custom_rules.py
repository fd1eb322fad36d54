"""Functions with a derivative of the user's own: `custom_derivative`, which makes a row of partials.

The row is as `primitive` makes them, but outside of the table.  `custom_vjp` has those of several outputs, residuals,
settings and pytrees.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.abstract.tracers import RuleError, check_only_operands, traced_node
from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.graph import CONSTANT, INHERITED, Node
from autograd_lite.core.operands import IEEEFloat
from autograd_lite.core.primitives import INTERNAL, PRIMITIVES, Primitive
from autograd_lite.core.value import constant
from autograd_lite.transforms.opaque_functions import called_back, called_on_numbers, check_captured, on_nodes
from autograd_lite.transforms.rule_calls import of_samples
from autograd_lite.transforms.rule_cycles import OWNERS, unreachable
from autograd_lite.transforms.signatures import name_of, parameter_names


def custom_derivative(
    f: Callable[..., Any] | None = None, partials: Callable[..., tuple[Any, ...]] | None = None
) -> Any:
    """A function with a rule of your own: `partials(out, *operands)` gives one partial for each operand.

    Both are written in functions of this library; f takes numbers as separate operands and returns one.  A partial is
    None where nothing flows.  The result is a row like those of the table, but not in it: eager, differentiable again,
    and compiled.  It has the name of f, with "custom_" before a name that the table has.  Without f it is a decorator:
    `@custom_derivative(partials=...)`.

    A function of plain numbers alone, such as one of SciPy's or a table look-up, works too: the back ends python and
    llvm call it back, the back end numpy and files of programs refuse it by name.  Raises TypeError where either
    function uses a Value that is not among its operands: no gradient would reach it.  For several outputs, residuals,
    settings or pytrees take `custom_vjp`.  `autograd_lite.testing.gradcheck` finds a wrong rule;
    `autograd_lite.primitive` enters a row into the table, with all that can be known of one.

    >>> from autograd_lite import exp, grad, log1p
    >>> softplus = custom_derivative(lambda x: log1p(exp(x)), lambda out, x: (1 - exp(-out),))
    >>> grad(softplus)(0.0)
    0.5
    >>> @custom_derivative(partials=lambda out, x: (1.0,))
    ... def rounded(x):
    ...     return float(round(x.data if hasattr(x, "data") else x))
    >>> rounded(2.6), grad(rounded)(2.6)
    (3.0, 1.0)
    """
    if f is None and callable(partials):
        rule = partials
        return lambda f: custom_derivative(f, rule)
    for argument in (f, partials):
        if not callable(argument):
            raise TypeError(f"custom_derivative takes two functions, but got {argument!r}; pass f and its partials")
    assert f is not None
    assert partials is not None
    names = [f"x{i}" for i in range(getattr(f, "nin", 0))] or parameter_names(f)  # NumPy's count their operands
    if not names:
        raise TypeError(f"custom_derivative takes a function of separate operands, but got {f!r}; name each: f(x, y)")
    name = name_of(f) if name_of(f) != "<lambda>" else "custom"
    if name in PRIMITIVES or name in INTERNAL:
        name = f"custom_{name}"
    own = Rules(name, len(names), f, partials)
    formula = f"{name}({', '.join(names)})"
    return Primitive(name, len(names), own, own.partials, formula, lowering=own.lowering, traced=own.traced)


class Rules:
    """The two functions of a row, run on whatever the library computes with; not closures, which pickle refuses."""

    def __init__(self, name: str, arity: int, f: Callable[..., Any], partials: Callable[..., Any]) -> None:
        self.name, self.arity, self.f, self.rule = name, arity, f, partials
        OWNERS.add(self)

    def forget(self) -> None:
        self.f = self.rule = unreachable

    def results(self, operands: list[Any]) -> list[Any]:
        found = self.f(*operands)
        if isinstance(found, (tuple, list)):
            raise RuleError(
                f"{self.name} has one output, but it returned {found!r}; return one number, or take custom_vjp, which "
                f"has several"
            )
        return [found]

    def all_partials(self, arguments: list[Any]) -> list[Any]:
        """Of the result and the operands."""
        found = self.rule(*arguments)
        if not isinstance(found, (tuple, list)) or len(found) != self.arity:
            raise RuleError(
                f"the partials of {self.name} must be a tuple of {self.arity}, one an operand, but got {found!r}; "
                f"return (d/dx, ...)"
            )
        return list(found)

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """What names the operands."""
        return self.f

    def __call__(self, *numbers: float) -> float:
        """The value on floats."""
        (found,) = called_on_numbers(self.name, self.results, numbers)
        if found is None:
            raise RuleError(f"{self.name} has a number as its value, but it returned None; return a number")
        return found

    def partials(self, out: Any, operands: Sequence[Any]) -> list[Any]:
        """The partials on floats, on nodes, or on whatever else the rule can be applied to, names for instance."""
        arguments = [x.data if isinstance(x, IEEEFloat) else x for x in (out, *operands)]
        if not all(isinstance(x, (float, Node)) for x in arguments):
            return self.all_partials(arguments)
        if not any(isinstance(x, Node) for x in arguments):
            with ieee_arithmetic():
                return called_on_numbers(self.name, self.all_partials, arguments)
        nodes: list[Node] = [x if isinstance(x, Node) else constant(x) for x in arguments]
        found = self.partials_as_graphs(nodes)
        if found is None:
            check_captured(self.name, self.rule)
            return list(called_back(f"partials_of_{self.name}", self.all_partials, self.arity, nodes))
        return found

    def partials_as_graphs(self, nodes: list[Node]) -> list[Any] | None:
        with ieee_arithmetic(), of_samples(nodes[0]):
            return on_nodes(self.name, self.all_partials, list(nodes))

    def lowering(self, *operands: Any) -> Any:
        """The value in rows, which becomes instructions."""
        nodes: list[Node] = [x if isinstance(x, Node) else constant(float(x)) for x in operands]
        found = on_nodes(self.name, self.results, list(nodes))
        if found is None:
            check_captured(self.name, self.f)
            found = list(called_back(self.name, self.results, 1, nodes))
        return found[0]

    def traced(self, operands: Sequence[Node]) -> None:
        """Raise where a function uses other Values; at once, because a program drops what its results do not need."""
        apart = [traced_node(x._flags & INHERITED | CONSTANT) for x in operands]
        check_only_operands(self.name, [self.lowering(*apart)], apart, 0)
        out = traced_node(CONSTANT)
        check_only_operands(self.name, self.partials(out, apart), [out, *apart], 0)
