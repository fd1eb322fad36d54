"""What there is to draw, a graph of Values or a Program, through one interface: `selection` knows no more of it."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Protocol

from autograd_lite.control import array_nodes
from autograd_lite.control.loop_steps import StepPlace, steps_of
from autograd_lite.core.abstract.tracers import check_differentiable
from autograd_lite.core.graph import BATCH_SIZE, NUMBER
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.reverse import float_adjoints, topological_order
from autograd_lite.core.value import Value
from autograd_lite.drawing.grouping import N, belonging
from autograd_lite.drawing.names import Names
from autograd_lite.drawing.picture import CONSTANT, INPUT, OPERATION, PARAMETER, RESULT, Box
from autograd_lite.drawing.unfolding import Unfolded
from autograd_lite.nn.module import Module
from autograd_lite.program.program import Program
from autograd_lite.support.wording import readable
from autograd_lite.transforms.rule_calls import Output, RuleCall

Gradients = Callable[[Value], float | None]


class Source(Protocol[N]):
    order: Sequence[N]  # operands first
    roots: list[N]
    modules: Mapping[str, Module] = {}  # by their paths
    has_partials: bool = True  # else nothing is known of what flows back through a link

    def parents(self, node: N) -> Sequence[N]: ...
    def partials(self, node: N) -> Sequence[float | None]: ...
    def value(self, node: N) -> float | None: ...
    def gradient(self, node: N) -> float | None: ...
    def row(self, node: N) -> Primitive: ...
    def kind(self, node: N) -> str: ...
    def name(self, node: N) -> str: ...
    def box(self, node: N, key: str) -> Box: ...
    def owners(self, order: Sequence[N]) -> Mapping[N, str]:
        """The path of the module that each of these nodes belongs to; nodes outside of all modules are absent."""
        return {}

    def steps(self, order: Sequence[N]) -> Mapping[N, StepPlace]:
        """The step of a loop that each of these nodes is of, and how many there are; others are absent."""
        return {}

    def is_array(self, node: N) -> bool:
        """Whether it is no number, but holds several."""
        return False

    def calls(self, node: N) -> Sequence[tuple[str, str]]:
        """The calls that the node is in, where they are unfolded, outermost first: a key, and the function's name."""
        return ()

    def similar(self, node: N) -> Hashable:
        """What the node does, apart from its operands: the same for nodes that may share a box."""
        if self.parents(node) or (kind := self.kind(node)) not in (INPUT, PARAMETER):
            return self.row(node)
        return kind, family(self.name(node))


def holds_several(node: Value) -> bool:
    """Whether a node is no number, but holds several."""
    payload = node.row.payload
    if isinstance(payload, (RuleCall, Output)):
        return isinstance(payload, RuleCall) and len(payload.results) > 1
    return array_nodes.is_array_node(node)


def stored_gradient(value: Value) -> float | None:
    """The gradient that a reverse pass left in a Value; None where none did."""
    return value.grad if value.has_grad else None


def own_pass(roots: Sequence[Value]) -> Gradients:
    """The gradients of the sum of the roots, from a pass that stores nothing; RuntimeError on a root with no graph."""
    for root in roots:
        check_differentiable(root, "a reverse pass")
    order = topological_order(roots)
    found = dict(zip(order, float_adjoints(roots, [1.0] * len(roots), order), strict=True))
    return found.get


class Values(Source[Value]):
    def __init__(
        self, roots: Sequence[Value], names: Names, gradient: Gradients = stored_gradient, unfolds: bool = False
    ) -> None:
        self.names = names
        self.gradients = gradient
        self.unfolded = Unfolded(roots, gradient) if unfolds else None
        if self.unfolded is None:
            self.roots = list(roots)
            self.order: Sequence[Value] = topological_order(self.roots, everything=True)  # type: ignore[assignment]
        else:
            self.roots = [self.shown(x) for x in roots]
            self.order = self.unfolded.order
            for x, result in self.unfolded.instead.items():
                if names.of(x) and result in self.unfolded.around:
                    names.names.setdefault(result, names.of(x))
        # constants in the place of branches that were not computed
        self.left_out = {
            p for x in self.order if x.row.lazy for p in self.parents(x) if p.row is NUMBER and p.data != p.data
        }
        names.name_parameters(self.order)
        self.modules = names.module_at

    def parents(self, node: Value) -> Sequence[Value]:
        return node.parents if self.unfolded is None else self.unfolded.parents(node)

    def partials(self, node: Value) -> Sequence[float | None]:
        return node.partials

    def value(self, node: Value) -> float | None:
        return None if node.is_traced or holds_several(node) or node in self.left_out else node.data

    def gradient(self, node: Value) -> float | None:
        return self.gradients(node) if self.unfolded is None else self.unfolded.gradient(node, self.gradients)

    def row(self, node: Value) -> Primitive:
        return node.row

    def kind(self, node: Value) -> str:
        if node.op == "":
            return PARAMETER if node in self.names.parameters else INPUT
        if not node.parents:
            return CONSTANT
        return RESULT if any(node is root for root in self.roots) else OPERATION

    def name(self, node: Value) -> str:
        return self.names.of(node)

    def owners(self, order: Sequence[Value]) -> Mapping[Value, str]:
        return belonging(self.names.parameters, order, self.parents) if self.names.parameters else {}

    def steps(self, order: Sequence[Value]) -> Mapping[Value, StepPlace]:
        unfolded = self.unfolded
        places = steps_of(order if unfolded is None else [*order, *unfolded.calls])
        if unfolded is not None:  # what is in a call is of the step that the call is of
            for x, (outermost, *_) in unfolded.around.items():
                if (place := places.get(unfolded.calls[outermost])) is not None:
                    places[x] = place
            of_calls = set(unfolded.calls)
            places = {x: place for x, place in places.items() if x not in of_calls}
        return {x: place for x, place in places.items() if isinstance(x, Value) and x.op}

    def is_array(self, node: Value) -> bool:
        return holds_several(node)

    def shown(self, node: Value) -> Value:
        """The node, or what is in the place of one that is unfolded."""
        return node if self.unfolded is None else self.unfolded.of(node)

    def calls(self, node: Value) -> Sequence[tuple[str, str]]:
        if self.unfolded is None:
            return ()
        return [(f"call {k}", self.unfolded.calls[k].row.name) for k in self.unfolded.around.get(node, ())]

    def box(self, node: Value, key: str) -> Box:
        kind, name, value = self.kind(node), self.name(node), self.value(node)
        flows = kind in (INPUT, PARAMETER) or (not holds_several(node) and any(p is not None for p in node.partials))
        slope = self.gradient(node) if flows else None
        symbol = sign_of(self, node) if node.parents or node.op == "detached" or node.row.payload is not None else ""
        symbol = "…" if node in self.left_out else symbol
        formula = node.row.formula
        numbers = [f"\n{what} {x!r}" for what, x in (("value", value), ("gradient", slope)) if x is not None]
        tooltip = (f"{name} = {formula}" if name else formula) + "".join(numbers)  # at full precision
        return Box(key, kind, name, symbol, value, slope, flows, tooltip=tooltip)


class Instructions(Source[int]):
    """A Program: operations without numbers, but for its constants."""

    has_partials = False

    def __init__(self, program: Program) -> None:
        self.program = program
        self.size = program.size
        self.order: Sequence[int] = range(program.size + len(program.instructions))
        self.inputs = [readable(name) for name in program.names()]
        self.titles: dict[int, str] = {}  # of the results
        for number, result in enumerate(program.results):
            title = f"result {number}" if len(program.results) > 1 else "result"
            for position, i in enumerate(result.values):
                indexed = f"{title}[{position}]" if len(result.values) > 1 else title
                self.titles[i] = f"{self.titles[i]}, {indexed}" if i in self.titles else indexed
        self.roots = list(self.titles)

    def parents(self, node: int) -> Sequence[int]:
        return () if node < self.size else self.program.instructions[node - self.size].operands

    def partials(self, node: int) -> Sequence[None]:
        return (None,) * len(self.parents(node))

    def value(self, node: int) -> float | None:
        return None if node < self.size else self.program.instructions[node - self.size].constant

    def gradient(self, node: int) -> None:
        return None

    def row(self, node: int) -> Primitive:
        return self.program.instructions[node - self.size].row

    def kind(self, node: int) -> str:
        if node < self.size:
            return INPUT
        if self.value(node) is not None or self.row(node) is BATCH_SIZE:
            return CONSTANT
        return RESULT if node in self.titles else OPERATION

    def name(self, node: int) -> str:
        return self.inputs[node] if node < self.size else self.titles.get(node, "")

    def box(self, node: int, key: str) -> Box:
        name, value, symbol = self.name(node), self.value(node), ""
        text = name if node < self.size else repr(value)
        if node >= self.size and value is None:
            symbol = sign_of(self, node)
            text = f"{self.row(node).name} {' '.join(f'%{i}' for i in self.parents(node))}"
        notes, tooltip = ("each sample",) if self.program.batched[node] else (), f"%{node} = {text}"
        return Box(key, self.kind(node), name, symbol, value, flows=False, notes=notes, tooltip=tooltip)


def family(name: str) -> str:
    """What elements of one container, numbered variables and numbered parts of a part have in common; they are similar.

    >>> family("w[3][0]"), family("x12"), family("params['w'][2]")
    ('w', 'x', "params['w']")
    >>> family("layers.0.neurons.3.w[2]"), family("0.weight[1][2]")
    ('layers.0.neurons.w', '0.weight')
    """
    first, *rest = re.sub(r"(\[[\d, ]+\])+$", "", name).split(".")
    numbered = [first.isdigit(), *[part.isdigit() for part in rest]]
    layer = numbered.index(True) if True in numbered else 0  # the first number tells a layer from others
    kept = [part for i, part in enumerate([first, *rest]) if i <= layer or not numbered[i]]
    return ".".join(kept).rstrip("0123456789")


def unit(source: Source[N], node: N) -> int | None:
    """Which operand of a dot is the 1 that its bias is multiplied with: the last one, or none."""
    last = len(source.parents(node)) - 1
    if last < 3 or source.row(node).name != "dot":
        return None
    one = source.parents(node)[last]
    is_one = not source.parents(one) and source.value(one) == 1.0 and source.partials(node)[last] is None
    return last if is_one and source.similar(one) == NUMBER else None


def sign_of(source: Source[N], node: N) -> str:
    if source.row(node).name == "dot":
        return "w·x" if unit(source, node) is None else "w·x+b"
    return source.row(node).sign
