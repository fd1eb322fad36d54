"""What there is to draw: a graph of Values, or a Program, seen alike.

A source lists its nodes (operands first) and answers, for each, what its operands and local partials are, what
kind of thing it is, and which box stands for it.  `choosing` and `grouping` know no more than this.
"""

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Protocol

from autograd_lite.core.graph import BATCH_SIZE, NUMBER, check_differentiable
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.reverse import float_adjoints, topological_order
from autograd_lite.core.value import Value
from autograd_lite.drawing.names import Names
from autograd_lite.drawing.picture import CONSTANT, INPUT, OPERATION, PARAMETER, RESULT, Box
from autograd_lite.program.program import Program

Gradients = Callable[[Value], float | None]


class Source(Protocol):
    """A graph to draw; its nodes may be anything that can be a key."""

    @property
    def order(self) -> Sequence[Any]: ...

    @property
    def roots(self) -> list[Any]: ...

    def parents(self, node: Any) -> Sequence[Any]: ...

    def partials(self, node: Any) -> Sequence[float | None]: ...

    def gradient(self, node: Any) -> float | None: ...

    def value(self, node: Any) -> float | None: ...

    def row(self, node: Any) -> Primitive: ...

    def kin(self, node: Any) -> Hashable:
        """What a node without operands, or the operation of one with operands, is alike to."""

    def is_constant(self, node: Any) -> bool:
        """Whether a node without operands is a number that no gradient is taken for."""

    def name(self, node: Any) -> str: ...

    def box(self, node: Any, key: str) -> Box: ...


def stored(value: Value) -> float | None:
    """The gradient that a reverse pass left in a Value; None where none did."""
    return value.grad if value.has_grad else None


def own_pass(roots: Sequence[Value]) -> Gradients:
    """The gradients of the sum of the roots in every node, from a pass that stores nothing.

    Raises RuntimeError on a root that has no graph to differentiate.
    """
    for root in roots:
        check_differentiable(root, "a reverse pass")
    order = topological_order(roots)
    found = dict(zip(order, float_adjoints(roots, [1.0] * len(roots), order), strict=True))
    return found.get


class Values:
    """The graph of some Values."""

    def __init__(self, roots: Sequence[Value], names: Names, gradient: Gradients = stored) -> None:
        self.roots = list(roots)
        self.names = names
        self.gradient = gradient
        self.order: list[Value] = topological_order(self.roots, everything=True)  # type: ignore[assignment]

    def parents(self, node: Value) -> tuple[Value, ...]:
        return node.parents

    def partials(self, node: Value) -> tuple[float | None, ...]:
        return node.partials

    def value(self, node: Value) -> float | None:
        return None if node.is_traced else node.data

    def row(self, node: Value) -> Primitive:
        return node.row

    def kin(self, node: Value) -> Hashable:
        row = node.row
        if row.name:
            return row
        return (self.kind(node), family(self.name(node)))

    def is_constant(self, node: Value) -> bool:
        return self.kind(node) == CONSTANT

    def name(self, node: Value) -> str:
        return self.names.of(node)

    def kind(self, node: Value) -> str:
        if node.op == "":
            return PARAMETER if node in self.names.parameters else INPUT
        if not node.parents:
            return CONSTANT
        return RESULT if any(node is root for root in self.roots) else OPERATION

    def box(self, node: Value, key: str) -> Box:
        kind, name, value = self.kind(node), self.name(node), self.value(node)
        flows = kind in (INPUT, PARAMETER) or any(p is not None for p in node.partials)
        slope = self.gradient(node) if flows else None
        symbol = sign_of(self, node) if node.parents or node.op == "detached" else ""
        return Box(key, kind, name, symbol, value, slope, flows, tooltip=tooltip(name, node.row, value, slope))


class Instructions:
    """A Program: operations without numbers, but for its constants."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.size = program.size
        self.order: Sequence[int] = range(program.size + len(program.instructions))
        self.inputs = program.names()
        self.roots: list[int] = []
        self.titles: dict[int, str] = {}
        for number, result in enumerate(program.results):
            for place, i in enumerate(result.values):
                if i not in self.titles:
                    self.roots.append(i)
                several = f"[{place}]" if len(result.values) > 1 else ""
                title = f"result{f' {number}' if len(program.results) > 1 else ''}{several}"
                self.titles[i] = f"{self.titles[i]}, {title}" if i in self.titles else title

    def parents(self, node: int) -> tuple[int, ...]:
        return () if node < self.size else self.program.instructions[node - self.size].operands

    def partials(self, node: int) -> tuple[None, ...]:
        return (None,) * len(self.parents(node))

    def gradient(self, node: int) -> float | None:
        return None

    def value(self, node: int) -> float | None:
        return None if node < self.size else self.program.instructions[node - self.size].constant

    def row(self, node: int) -> Primitive:
        return self.program.instructions[node - self.size].row

    def kin(self, node: int) -> Hashable:
        return (INPUT, family(self.inputs[node])) if node < self.size else self.row(node)

    def is_constant(self, node: int) -> bool:
        return node >= self.size

    def name(self, node: int) -> str:
        return self.inputs[node] if node < self.size else self.titles.get(node, "")

    def box(self, node: int, key: str) -> Box:
        notes = ("each sample",) if self.program.batched[node] else ()
        name = self.name(node)
        if node < self.size:
            return Box(key, INPUT, name, flows=False, notes=notes, tooltip=f"%{node} = {name}")
        constant = self.value(node)
        kind = RESULT if node in self.titles else OPERATION
        if constant is not None:
            return Box(key, CONSTANT, name, value=constant, flows=False, tooltip=f"%{node} = {constant!r}")
        row = self.row(node)
        if row is BATCH_SIZE:
            kind = CONSTANT
        text = f"%{node} = {row.name} {' '.join(f'%{i}' for i in self.parents(node))}"
        return Box(key, kind, name, sign_of(self, node), flows=False, notes=notes, tooltip=text)


def family(name: str) -> str:
    """What elements of one container, numbered variables and numbered parts of a part have in common; they are alike.

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


def unit(source: Source, node: Any) -> int | None:
    """Which operand of a dot is the 1 that its bias is multiplied with: the last one, or none."""
    operands = source.parents(node)
    last = len(operands) - 1
    if last < 3 or source.row(node).name != "dot":
        return None
    one = operands[last]
    is_one = not source.parents(one) and source.value(one) == 1.0 and source.partials(node)[last] is None
    return last if is_one and source.kin(one) == NUMBER else None


def sign_of(source: Source, node: Any) -> str:
    """The sign in the box of an operation."""
    row = source.row(node)
    if row.name == "dot":
        return "w·x" if unit(source, node) is None else "w·x+b"
    return row.sign


def tooltip(name: str, row: Primitive, value: float | None, slope: float | None) -> str:
    """Everything that is known of a node, at full precision, for the pointer that rests on it."""
    lines = [f"{name} = {row.formula}" if name else row.formula]
    if value is not None:
        lines.append(f"value {value!r}")
    if slope is not None:
        lines.append(f"gradient {slope!r}")
    return "\n".join(lines)
