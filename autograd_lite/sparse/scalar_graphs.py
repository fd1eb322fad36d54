"""The graph of a call, number by number, for derivatives of which most are zero.

The function runs once on traced values, as for `compile`, but loops and maps are written out: what repeats is found in
the graph (`repetition`).
"""

from collections.abc import Sequence

from autograd_lite.core.graph import DETACHED, NUMBER, Node, operands_of
from autograd_lite.core.value import Value, traced
from autograd_lite.program.abstract_arguments import AbstractArguments
from autograd_lite.program.tracing import Trace
from autograd_lite.transforms.differentiation import Argnums, Call, reverse_mode
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.signatures import Function, name_of, numbered, parameter_names
from autograd_lite.trees import PyTreeDef


class ScalarTrace(Trace):
    """A trace in which no loop and no map is kept as one."""

    scalar = True


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
    ) -> None:
        names = [*numbered(parameter_names(f), len(treedefs)), *keywords]
        abstract = [
            AbstractArguments([treedef], [name], lambda piece: [traced(0) for _ in range(piece.width)], False)
            for treedef, name in zip([*treedefs, *keywords.values()], names, strict=True)
        ]
        self.f, self.trace = f, ScalarTrace(lambda x: None)
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
        self.find_closed_over()

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
            self.has_payloads |= node._row.payload is not None
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
