"""`custom_vjp`: a function with a rule of the user's in reverse mode.

Forward mode transposes that rule.
"""

from typing import Any

from autograd_lite.core.abstract.tracers import RuleError, check_only_operands, is_tracing
from autograd_lite.core.contexts.modes import enable_grad
from autograd_lite.core.fast.clock import time_now
from autograd_lite.core.graph import Node
from autograd_lite.core.value import constant
from autograd_lite.transforms.custom_functions import CustomCall, CustomFunction, leaves_or_none
from autograd_lite.transforms.opaque_functions import as_number, on_nodes
from autograd_lite.transforms.rule_calls import transposed
from autograd_lite.transforms.signatures import Function
from autograd_lite.trees import flatten
from autograd_lite.trees.array_leaves import array_of, is_array
from autograd_lite.trees.registry import WHOLE


class VJPCall(CustomCall):
    """A call of a `custom_vjp`."""

    kept: Any = None  # the residuals of the numbers that it was recorded with
    is_kept = False

    def forward(self, operands: list[Any]) -> tuple[list[Any], Any]:
        start = time_now()
        found = self.function.rules[0](*self.arguments(operands))
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise RuleError(
                f"fwd of {self.name} must return a pair (result, residuals), but it returned {found!r}; return None as "
                f"residuals where there are none"
            )
        check_only_operands(self.name, nodes_in(found[1]), operands, start)
        return self.taken_apart(found[0]), found[1]

    def backward(self, residuals: Any, cotangents: list[Any]) -> list[Any]:
        found = self.function.rules[1](*self.settings.values(), residuals, self.structured(cotangents))
        if not isinstance(found, (tuple, list)) or len(found) != len(self.chosen):
            raise RuleError(
                f"bwd of {self.name} must return a tuple of {len(self.chosen)}, the cotangent of each argument that is "
                f"differentiated, but it returned {found!r}; return (g,) for one, and None where nothing flows"
            )
        leaves: list[Any] = []
        for i, x, treedef in zip(self.chosen, found, self.taken.treedefs, strict=True):
            leaves += leaves_or_none(x, treedef, f"cotangent of argument {i} of {self.name}")
        return [leaves[k] for k in self.taken.places]

    def record(self, operands: list[Any]) -> list[Any]:
        outputs, residuals = self.forward(operands)
        if not is_tracing():
            self.kept, self.is_kept = residuals_apart(residuals), True
        return outputs

    def pull(self, operands: list[Any], outputs: list[Any], adjoints: list[Any]) -> list[Any]:
        return self.backward(self.forward(operands)[1], adjoints)

    def push(self, operands: list[Any], outputs: list[Any], tangents: list[Any]) -> list[Any]:
        residuals = self.forward(operands)[1]
        return transposed(lambda xs: self.backward(residuals, xs), len(outputs), tangents)

    def pull_numbers(self, operands: list[float], outputs: list[float], adjoints: list[float]) -> list[float | None]:
        if self.is_kept:
            with enable_grad():
                found = on_nodes(self.name, lambda xs: self.backward(self.kept, xs), [constant(x) for x in adjoints])
            if found is not None:
                return [None if x is None else as_number(self.name, x) for x in found]
        return super().pull_numbers(operands, outputs, adjoints)


class custom_vjp(CustomFunction):
    """A function whose rule in reverse mode is yours, as JAX has it; a decorator.

    `f.defvjp(fwd, bwd)` gives the rule.  fwd takes the arguments of f and returns (result, residuals); bwd takes the
    residuals and the cotangent, in the structure of the result, and returns a tuple with the cotangent of each
    argument, in the structure of that, or None for any part of it to which nothing flows.  Arguments and results are
    pytrees.  The arguments `nondiff_argnums` are settings: anything, passed on as it is, and to bwd before the
    residuals.  Whole numbers and bools among the other arguments stay what they are.

    What was wanted of `fwd` and `bwd` again is differentiated through their own operations, so write them in functions
    of this library.  Forward mode takes bwd as linear in the cotangent, and transposes it.  Functions of plain numbers
    work eagerly, and are called back by the back ends python and llvm; once more they have no derivative, which raises.

    Raises TypeError on a rule of the wrong structure, and where f, fwd or bwd use a Value that is not among their
    arguments: no gradient would reach it.

    >>> from autograd_lite import clip, grad
    >>> @custom_vjp
    ... def clipped(x, bound):
    ...     return x
    >>> clipped.defvjp(lambda x, bound: (x, bound), lambda bound, g: (clip(g, -bound, bound), None))
    >>> grad(lambda x: 100.0 * clipped(x, 1.0))(3.0)
    1.0
    """

    how = "give it one: f.defvjp(fwd, bwd)"
    call = VJPCall

    def defvjp(self, fwd: Function, bwd: Function) -> None:
        """Give the rule: `fwd(*args)` returns (result, residuals), `bwd(*settings, residuals, cotangent)` a tuple."""
        for rule in (fwd, bwd):
            if not callable(rule):
                raise TypeError(f"defvjp takes two functions, but got {rule!r}; pass fwd and bwd")
        self.rules = (fwd, bwd)


def residuals_apart(x: Any) -> Any:
    """Residuals out of their graph: a constant in the place of each node."""
    leaves, treedef = flatten(x, "residuals", whole=True)
    return treedef.unflatten(list(map(constant_of, leaves)), whole=WHOLE)


def nodes_in(residuals: Any) -> list[Node]:
    leaves = flatten(residuals, "residuals", whole=True)[0]
    every = [y for x in leaves for y in (x.ravel().tolist() if is_array(x) and x.dtype == object else [x])]
    return [x for x in every if isinstance(x, Node)]


def constant_of(x: Any) -> Any:
    if isinstance(x, Node):
        return constant(x._data)
    return array_of(list(map(constant_of, x.ravel().tolist())), x.shape) if is_array(x) and x.dtype == object else x
