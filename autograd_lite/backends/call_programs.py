"""Programs of calls on Values: functions of flat lists of numbers, compiled, and their derivatives likewise.

Below `compiled`.  A call is taken apart into operands (the Values that a gradient may be wanted of), other numbers, and
arrays.  A derivative of such a function is a function of that form again, so there are derivatives of any order.
"""

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any

from autograd_lite.core.abstract.tracers import is_tracing
from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.graph import CHOSEN, CONSTANT, NUMBER, ORDERED, Node
from autograd_lite.core.operands import number
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.value import Value
from autograd_lite.transforms.forward_mode import tangents
from autograd_lite.transforms.levels import Scalar, fresh, inside, passed
from autograd_lite.transforms.propagation import arrival
from autograd_lite.transforms.reverse_mode import adjoint_pass
from autograd_lite.transforms.signatures import Function, name_of
from autograd_lite.trees import PyTreeDef, flatten, is_array
from autograd_lite.trees.array_leaves import array_of
from autograd_lite.trees.registry import WHOLE, is_module

FlatFunction = Callable[[Sequence[Scalar], Sequence[Scalar], Sequence[Any]], list[Scalar]]
"""From operands, other numbers and arrays to numbers."""

Kind = tuple[Any, ...] | str
"""What a leaf of a call is."""


class Taken:
    """A call taken apart.  `key` tells how to put it together again: what each leaf is, and the treedef around."""

    def __init__(self) -> None:
        self.operands: list[Value] = []
        self.numbers: list[float] = []
        self.arrays: list[Any] = []
        self.key: tuple[PyTreeDef | None, tuple[Kind, ...]] = (None, ())

    def is_taken(self, args: tuple[Any, ...], kwargs: dict[str, Any], f: Function) -> bool:
        """Whether the call holds nothing but what a program takes."""
        kinds: list[Kind] = []
        if not kwargs and self.are_numbers(args):
            return True
        leaves, treedef = flatten((args, kwargs), f"arguments of {name_of(f)}", whole=True)
        for x in leaves:
            kind = self.kind(x)
            if kind is None:
                return False
            kinds.append(kind)
        self.key = (treedef, tuple(kinds))
        return True

    def are_numbers(self, args: tuple[Any, ...]) -> bool:
        """Whether all arguments are floats, or Values that a gradient may be wanted of: the most frequent calls."""
        kinds: list[Kind] = []
        for x in args:
            kind = type(x)
            if kind is Value and not x._flags & CONSTANT:
                self.operands.append(x)
                kinds.append("operand")
            elif kind is float:
                self.numbers.append(x)
                kinds.append("number")
            else:
                self.operands.clear()
                self.numbers.clear()
                return False
        self.key = (None, tuple(kinds))
        return True

    def kind(self, x: Any) -> Kind | None:
        """What a leaf is, its numbers kept; None where it is something else."""
        if isinstance(x, Value):
            if x._flags & CONSTANT and (x._row is NUMBER or not is_tracing()):
                self.numbers.append(x._data)
                return "number"
            self.operands.append(x)
            return "operand"
        if isinstance(x, int):
            return type(x), x
        if is_array(x):
            if x.dtype.kind == "O":
                return self.several(x.shape, x.ravel().tolist())
            if x.dtype.kind not in "fiub":
                return None
            self.arrays.append(x.astype(float))  # a copy: what was recorded is what is differentiated
            return "array", x.shape
        if is_module(x):
            parameters, treedef = flatten(x, "Module")
            return self.several(treedef, parameters)
        found = number(x)
        if found is None:
            return None
        self.numbers.append(found)
        return "number"

    def several(self, around: object, elements: Sequence[Any]) -> Kind | None:
        kinds = [self.kind(y) for y in elements]
        return None if None in kinds else (around, *kinds)


class FlatCall:
    """A function of users as one of flat lists.

    What its results are is known when it has run: `treedef`, and for each number whether it is one of the graph.
    """

    def __init__(self, f: Function, key: tuple[PyTreeDef | None, tuple[Kind, ...]]) -> None:
        self.f = f
        self.around, self.kinds = key
        self.treedef: PyTreeDef
        self.moves: list[bool] = []
        self.__name__ = name_of(f)

    def __call__(self, operands: Sequence[Scalar], numbers: Sequence[Scalar], arrays: Sequence[Any]) -> list[Scalar]:
        given = {"operand": iter(operands), "number": iter(map(passed, numbers)), "array": iter(arrays)}
        leaves = [rebuilt_leaf(kind, given) for kind in self.kinds]
        args, kwargs = (leaves, {}) if self.around is None else self.around.unflatten(leaves, whole=WHOLE)
        result = self.f(*args, **kwargs)
        found, self.treedef = flatten(result, f"result of {name_of(self.f)}")
        self.is_tuple = type(result) is tuple and len(result) == len(found) and all(map(is_, result, found))
        self.moves = [isinstance(x, Value) and not x._flags & CONSTANT for x in found]
        self.flags = flags_of(found)
        return found


def flags_of(outputs: Sequence[Any]) -> int:
    """What the node of a call is."""
    return ORDERED | (CHOSEN if any(isinstance(x, Value) and x._flags & CHOSEN for x in outputs) else 0)


def rebuilt_leaf(kind: Kind, given: dict[str, Any]) -> Any:
    """A leaf of a call, from the operands, numbers and arrays that are left."""
    if isinstance(kind, str):
        return next(given[kind])
    what, *inner = kind
    if what == "array":
        return next(given["array"])
    if isinstance(what, type):
        return inner[0]
    leaves = [rebuilt_leaf(x, given) for x in inner]
    return what.unflatten(leaves, copies=True) if isinstance(what, PyTreeDef) else array_of(leaves, what)


class Derivative:
    """The derivative of a flat function along some of its outputs or operands: a flat function again.

    Its operands are those of the function, and the adjoints (or tangents) of the parts that are `given`.  `found` are
    the numbers of the operands (or outputs) that they reach, where the Values closed over come after the operands.  The
    outputs go on with the conditions under which they reach those of `sometimes`.
    """

    def __init__(self, f: FlatFunction, count: int, closed_over: Sequence[Value], given: tuple[int, ...]) -> None:
        self.f, self.count, self.closed_over, self.given = f, count, closed_over, given
        self.found: list[int] = []
        self.sometimes: list[int] = []
        self.__name__ = f"derivative of {name_of(f)}"

    def __call__(self, operands: Sequence[Scalar], numbers: Sequence[Scalar], arrays: Sequence[Any]) -> list[Scalar]:
        points = [fresh(x) for x in operands[: self.count]]
        inputs = [*points, *self.closed_over]
        with inside():
            outputs = self.f(points, numbers, arrays)
        every = self.derivatives(outputs, inputs, operands[self.count :])
        reached = {k: x for k, x in enumerate(every) if x is not None}
        holds = {k: condition for k, (_, condition) in reached.items() if condition is not None}
        self.found, self.sometimes = list(reached), list(holds)
        outputs = [x for x, _ in reached.values()]
        self.flags = flags_of(outputs)
        return [*outputs, *holds.values()]

    def told(self, outputs: Sequence[Any]) -> list[tuple[int, Any, Any]]:
        """What a run has given: the numbers of `found`, each with its output and the condition of that."""
        count = len(self.found)
        holds = dict(zip(self.sometimes, outputs[count:], strict=True))
        return [(k, x, holds.get(k)) for k, x in zip(self.found, outputs[:count], strict=True)]

    def derivatives(
        self, outputs: Sequence[Scalar], inputs: list[Value], directions: Sequence[Scalar]
    ) -> list[tuple[Scalar, Any] | None]:
        raise NotImplementedError


class Pullback(Derivative):
    """From adjoints of outputs to those of the operands."""

    def derivatives(self, outputs: Sequence[Scalar], inputs: list[Value], directions: Sequence[Scalar]) -> list[Any]:
        pairs = [(outputs[k], seed) for k, seed in zip(self.given, directions, strict=True)]
        roots = [(x, seed) for x, seed in pairs if isinstance(x, Value) and not x._flags & CONSTANT]
        if not roots:
            return [None] * len(inputs)
        walk, found = adjoint_pass([x for x, _ in roots], [seed for _, seed in roots], inputs)
        return [(found[x], arrival(walk.found[x])) if x in found else None for x in inputs]


class Pushforward(Derivative):
    """From tangents of operands to those of the outputs."""

    def derivatives(self, outputs: Sequence[Scalar], inputs: list[Value], directions: Sequence[Scalar]) -> list[Any]:
        seeds: dict[Node, Any] = {inputs[k]: seed for k, seed in zip(self.given, directions, strict=True)}
        roots = [x for x in outputs if isinstance(x, Value)]
        order = topological_order(roots, since=age_of(inputs))
        found = zip(roots, tangents(order, seeds, roots, True), strict=True)
        moved = {x: (t, None) for x, t in found if isinstance(t, Value)}  # 0.0: nothing arrives
        return [moved.get(x) if isinstance(x, Value) else None for x in outputs]


class CallProgram:
    """A flat function with its code, made at its first run, and its derivatives."""

    def __init__(self, f: Any, count: int, compiled: Callable[[Any], Any], name: str) -> None:
        self.f, self.count, self.compiled, self.name = f, count, compiled, name
        self.code: Any = None
        self.on_numbers: Any = None  # the code, where it takes all numbers one after the other
        self.payload: Any = None  # of the nodes that its calls are
        self.derivatives: dict[tuple[type[Derivative], tuple[int, ...]], CallProgram] = {}

    def entry(self, operands: Sequence[float], numbers: Sequence[float], arrays: Sequence[Any]) -> Any:
        """What runs it."""
        if self.code is None:
            made = self.compiled(self.f)
            pieces, treedefs, keywords = made.taken((list(operands), list(numbers), list(arrays)), {})
            self.code = made.entry(pieces, treedefs, keywords)
            self.samples = self.code.samples(pieces)
            self.check_closed_over()
            native = getattr(self.code.code, "on_numbers", None)
            given = self.code.traced.arguments(pieces.data, self.samples)
            count = len(given) - bool(self.code.closed_over)
            if native is not None and not arrays and all(map(is_, given[:count], pieces.data)):
                self.on_numbers = native()
        return self.code

    def check_closed_over(self) -> None:
        """Raise where a derivative reads another Value than the call that it is the derivative of."""
        known = getattr(self.f, "closed_over", None)
        if known is not None and not set(self.code.closed_over) <= set(known):
            raise RuntimeError(
                f"{self.name} cannot be computed: since the call was recorded, another Value is in the place of one "
                f"that the function closes over; take the derivative before, or make that Value an argument"
            )

    def run(
        self, operands: Sequence[float], numbers: Sequence[float], arrays: Sequence[Any], closed_over: dict[Node, float]
    ) -> list[float]:
        """The outputs.  The Values closed over have those numbers, and else what they hold."""
        entry = self.code or self.entry(operands, numbers, arrays)
        if self.on_numbers is not None:
            hidden = [closed_over.get(x, x._data) for x in entry.closed_over] if entry.closed_over else []
            return self.on_numbers([*operands, *numbers, *hidden])  # type: ignore[no-any-return]
        data = [part for part in (operands, numbers) if part] + [*arrays]
        given = entry.traced.arguments(data, self.samples)
        if entry.closed_over:
            given[-1] = [closed_over.get(x, x._data) for x in entry.closed_over]
        results = entry.code(given, self.samples)
        return [x for part in results for x in (part if isinstance(part, list) else part.tolist())]

    def derivative(self, kind: type[Derivative], given: tuple[int, ...]) -> "CallProgram":
        found = self.derivatives.get((kind, given))
        if found is None:
            f = kind(self.f, self.count, self.code.closed_over, given)
            found = CallProgram(f, self.count + len(given), self.compiled, name_of(f))
            self.derivatives[kind, given] = found
        return found
