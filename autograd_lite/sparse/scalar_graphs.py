"""The graph of a call, number by number, for derivatives of which most are zero.

The function runs once on traced values, as for `compile`, but loops and maps are written out: what repeats is found in
the graph (`repetition`).
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.control.array_nodes import node_of
from autograd_lite.control.unbounded_loops import RecordedWhile
from autograd_lite.core.graph import ARRAYED, CHOSEN, CONSTANT, DETACHED, NUMBER, ORDERED, Node, operands_of
from autograd_lite.core.value import Value, traced
from autograd_lite.program.abstract_arguments import AbstractArguments
from autograd_lite.program.make_program import recorded_arrays
from autograd_lite.program.tracing import Trace, Unnamed
from autograd_lite.sparse.repetition import nodes_below
from autograd_lite.transforms.batching import ArgumentPart, Parts
from autograd_lite.transforms.branches import propagation_for
from autograd_lite.transforms.differentiation import Argnums, Call, reverse_mode
from autograd_lite.transforms.levels import Scalar, node_apart, passing
from autograd_lite.transforms.opaque_functions import CallPayload
from autograd_lite.transforms.propagation import Propagation
from autograd_lite.transforms.signatures import Function, name_of, numbered_names, parameter_names
from autograd_lite.trees import PyTreeDef, flatten, is_array
from autograd_lite.trees.array_leaves import array_of

FLAGS = CHOSEN | ORDERED
FEW = 8
"""Samples of a map that are written out."""


class MappedSum:
    """The payload of a sum over a map: what one term is of its `leaves` and its `data`, and those of all terms.

    `columns` are the Values that each leaf is in the terms, `numbers` those of the data.  Where it `chains`, term is
    added after term, as NumPy does; else all are operands of one sum.
    """

    def __init__(self, count: int, chains: bool = False) -> None:
        self.count, self.chains = count, chains
        self.leaves: list[Value] = []
        self.columns: list[list[Value]] = []
        self.data: list[Value] = []
        self.numbers: list[list[float]] = []
        self.result: Value

    def sample(self, part: ArgumentPart) -> Any:
        """A part of the arguments for one term, of leaves in place of those of all."""
        content, axis = part
        if axis is None:
            return content
        rows = content
        if is_array(content):
            first = axis % content.ndim
            rows = content.transpose([first, *[k for k in range(content.ndim) if k != first]])
        shape = rows.shape[1:] if is_array(rows) else ()
        table = rows.reshape(len(rows), -1).tolist() if is_array(rows) else [[x] for x in rows]
        leaves = [self.leaf(column) for column in zip(*table, strict=True)]
        return array_of(leaves, shape) if shape else leaves[0]

    def leaf(self, column: Sequence[Any]) -> Value:
        """The leaf of a column of Values, or of numbers."""
        x = traced(0)
        if all(isinstance(y, Value) for y in column):
            self.leaves.append(x)
            self.columns.append(list(column))
            return node_apart(x)  # as each sample of vmap gets its Values
        x._flags |= CONSTANT
        self.data.append(x)
        self.numbers.append([float(y) for y in column])
        return x


class ScalarTrace(Trace):
    """A trace in which no loop is kept as one, and no map or array expression but, with `keeps`, sums of many terms."""

    scalar = True

    def __init__(self, keeps: bool, expressions: Callable[[Any], Any] | None) -> None:
        super().__init__(lambda x: None, expressions)
        self.keeps = keeps
        self.maps: list[Value] = []

    def terms(self, f: Function, arguments: Sequence[Parts], n: int, reduce: str | None) -> Value | None:
        parts = [part for given, _ in arguments for part in given]
        if not self.keeps or reduce not in ("sum", "mean") or n < FEW:
            return None
        if not all(is_plain(content, axis) for content, axis in parts):
            return None
        body = MappedSum(n)
        self.keeps = False  # not in each other
        try:
            with passing():
                result = f(*[x.passed().map(body.sample) for x in arguments])
        finally:
            self.keeps = True
        if not isinstance(result, Value) or not body.columns:
            return None
        made = self.kept(body, result)
        return made / n if reduce == "mean" else made

    def kept(self, body: MappedSum, result: Value) -> Value:
        """The node of a sum of terms, of which `result` is one."""
        body.result = result
        made = node_of(body, [body.columns[0][0]])
        made._flags = (made._flags & ~(FLAGS | ARRAYED)) | (result._flags & FLAGS)  # as a sum of the terms has them
        self.maps.append(made)
        return made

    def total(self, count: int, root: Any, uses: Any, made: Callable[..., Value]) -> Value:
        if not self.summed.isdisjoint(nodes_below(root, uses)):
            raise Unnamed
        self.summed.update(nodes_below(root, uses))
        body = MappedSum(count, chains=True)
        for leaf, (column, source, places) in uses.items():
            if source is None:
                body.data.append(leaf)
                body.numbers.append(list(column.array._row.payload.numbers))
            else:
                body.leaves.append(leaf)
                own = operands_of(source)
                body.columns.append([source] * count if places is None else [own[k] for k in places.tolist()])
        if not body.columns:
            raise Unnamed
        return self.kept(body, root)


def is_plain(content: Any, axis: Any) -> bool:
    """Whether a part of the arguments of a map is shared and has no Values, or is an array or a list of numbers."""
    if axis is None:
        return not any(isinstance(x, Value) for x in flatten(content)[0])
    if is_array(content) and content.dtype.kind != "O":
        return content.dtype.kind in "fiu"
    items = content.ravel().tolist() if is_array(content) else content if isinstance(content, list) else [None]
    return all(isinstance(x, Value) for x in items) or all(isinstance(x, (float, int)) for x in items)


class ScalarGraph:
    """What a function recorded: `inputs`, in which it is differentiated, and `outputs`, Values or floats.

    `places` are the numbers of all leaves that a call gives: those of the inputs from 0 on, then those of other
    arguments, then those of `closed_over`, Values whose numbers are read at each call.
    """

    def __init__(
        self,
        f: Function,
        argnums: Argnums,
        treedefs: Sequence[PyTreeDef],
        keywords: dict[str, PyTreeDef],
        scalar: bool = False,
        maps: bool = False,
    ) -> None:
        names = [*numbered_names(parameter_names(f), len(treedefs)), *keywords]
        array = recorded_arrays([*treedefs, *keywords.values()]) if maps else None
        abstract = [
            AbstractArguments([treedef], [name], lambda piece: [traced(0) for _ in range(piece.width)], False, array)
            for treedef, name in zip([*treedefs, *keywords.values()], names, strict=True)
        ]
        self.f, self.trace = f, ScalarTrace(maps, array)
        for x in abstract if maps else ():
            for values in x.values:
                self.trace.came(values)
        given = [x.arguments[0] for x in abstract]
        count = len(treedefs)
        with self.trace:
            call = Call(f, argnums, tuple(given[:count]), dict(zip(keywords, given[count:], strict=True)))
            self.outputs: list[Scalar]
            if scalar:
                self.outputs = [call.scalar()]
            else:
                self.outputs = call.outputs()[0]
        self.inputs: list[Value] = call.inputs
        if self.trace.draws:
            raise TypeError(
                f"{name_of(f)} draws random numbers, which its sparse derivatives would draw once for each entry; pass "
                f"the numbers as an argument"
            )
        self.chosen = chosen_of(argnums, count)
        self.places: dict[Node, int] = {x: k for k, x in enumerate(self.inputs)}
        for k, x in enumerate(abstract):
            if k not in self.chosen:
                for values in x.values:
                    for value in values:
                        self.places[value] = len(self.places)
        self.given = len(self.places)
        self.closed_over: list[Value] = []
        self.nodes = 0
        self.has_payloads = False  # instructions for arrays, as those of `linalg` and of computed indices
        self.is_unbounded = False  # a loop without a bound, which only forward mode goes through
        self.find_closed_over()

    @property
    def maps(self) -> list[Value]:
        """The maps that were kept."""
        return self.trace.maps

    def propagation(self) -> Propagation:
        """The rules for passes over the outputs."""
        return propagation_for(self.outputs)

    @property
    def size(self) -> int:
        return len(self.inputs)

    def find_closed_over(self) -> None:
        """Count the nodes, and note the Values that were made before the trace: their operands do not count."""
        seen: set[Node] = set()
        stack: list[Node] = [x for x in self.outputs if isinstance(x, Value)]
        while stack:
            node = stack.pop()
            if node in seen or node in self.places or node._row is NUMBER or node._row is DETACHED:
                continue
            seen.add(node)
            payload = node._row.payload
            self.has_payloads |= payload is not None and not isinstance(payload, CallPayload)
            self.is_unbounded |= isinstance(payload, RecordedWhile)
            if isinstance(payload, MappedSum):
                continue
            if self.trace.is_closed_over(node):
                self.places[node] = len(self.places)
                self.closed_over.append(node)  # type: ignore[arg-type]
            else:
                stack.extend(operands_of(node))
        self.nodes = len(seen)

    def gradient(self) -> None:
        """The gradient of the only output takes its place."""
        self.outputs = reverse_mode(self.outputs, [1.0], self.inputs, True)


def chosen_of(argnums: Argnums, count: int) -> tuple[int, ...]:
    """The arguments that argnums names."""
    return tuple([i % count for i in ((argnums,) if isinstance(argnums, int) else argnums)])
