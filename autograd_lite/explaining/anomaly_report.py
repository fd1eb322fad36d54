"""What `anomaly` finds, as text and as a drawing: which operation made a nan or an infinity, and how it spread."""

import linecache
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from autograd_lite.core.value import Value
from autograd_lite.drawing.drawing import Drawing
from autograd_lite.drawing.exportable import Exportable, Formats
from autograd_lite.drawing.labels import Style
from autograd_lite.drawing.names import Names
from autograd_lite.drawing.number_format import numeral
from autograd_lite.drawing.picture_builder import build_picture
from autograd_lite.drawing.selection import Selection, operands_first
from autograd_lite.drawing.sources import Values, stored_gradient
from autograd_lite.drawing.theme import find_theme
from autograd_lite.support.wording import computed_from_rest, for_output

MOST_OPERANDS = 6  # that are listed or drawn of one node
LONGEST_WAY = 24  # nodes of the way that are drawn


class AnomalyError(ArithmeticError):
    """An operation made a nan or an infinity; `anomaly` has the details."""

    def __init__(self, anomaly: "Anomaly") -> None:
        super().__init__(f"{anomaly.text}\n{anomaly.advice}")
        self.anomaly = anomaly


@dataclass(eq=False, repr=False)
class Anomaly(Exportable):
    """A nan or an infinity: where it comes from and how it spread.  It prints, shows and saves itself.

    kind      "value" where the forward pass made it, "gradient" where the reverse pass did
    node      the operation at fault: its result is no number, or its local partial turned the gradient bad
    operand   of a gradient: the operand of `node` whose gradient is no number
    line      "file:line" of the user's line that made the node; "" if that was outside of the context
    way       the nodes along which it spread: from `node` to the result, or on to an input
    """

    noun, png_scale = Drawing.noun, Drawing.png_scale
    kind: str
    node: Value
    operand: Value | None
    line: str
    way: list[Value]
    root: Value
    names: Names
    adjoints: Mapping[Value, float] = field(default_factory=dict)
    gathered: float = 0.0  # what other ways had brought to the operand before

    @computed_from_rest("read it, and correct the line that it shows")
    def source(self) -> str:
        """The text of the user's line."""
        path, _, number = self.line.rpartition(":")
        return linecache.getline(path, int(number)).strip() if path else ""

    def called(self, x: Value) -> str:
        """A node as the text names it."""
        return self.names.of(x) or x.op or "an input"

    @computed_from_rest("read it, and correct the cause that it names")
    def text(self) -> str:
        """What was made where, from which operands, and how it spread."""
        node, called = self.node, self.called
        path, _, number = self.line.rpartition(":")
        # The cells of a notebook have made-up file names.
        line = f"line {number} of a cell" if "ipykernel_" in path else self.line
        named = [(f"{name} = " if (name := self.names.of(p)) else "", p.data) for p in node.parents[:MOST_OPERANDS]]
        more = [f"... ({len(node.parents)} operands)"] if len(node.parents) > MOST_OPERANDS else []
        shown = ", ".join([*(f"{name}{numeral(x)}" for name, x in named), *more])
        call = (f"{node.op}({shown})" if node.parents else called(node)) + (f" at {line}" if line else "")
        if self.operand is None:
            lines = [f"{numeral(node.data)} was {'made by' if node.parents else 'given as'} {call}"]
        else:
            partial = next(d for p, d in zip(node.parents, node.partials, strict=True) if p is self.operand)
            lines = [
                f"the gradient of {called(self.operand)} became {numeral(self.adjoints[self.operand])} in the reverse "
                f"pass of {call}: upstream {numeral(self.adjoints[node])} × local partial {numeral(partial or 0.0)}"
                f"{f', added to {numeral(self.gathered)} from other ways' if self.gathered else ''}"
            ]
        if self.source:
            lines.append(f"    {self.source}")
        if self.kind == "value" and node.parents:
            local = ", ".join("none" if p is None else numeral(p) for p in node.partials[:MOST_OPERANDS])
            lines.append(f"its local partials: {local}")
        if len(self.way) > 1:
            steps = [called(x) for x in self.way]
            if len(steps) > 12:
                steps = [*steps[:6], f"... {len(steps) - 12} more ...", *steps[-6:]]
            goal = "the result" if self.kind == "value" else "an input"
            lines.append(f"from there to {goal}: {' -> '.join(steps)}")
        return "\n".join(lines)

    @computed_from_rest("read it, and correct the cause that it names")
    def advice(self) -> str:
        """What to do about it."""
        if self.kind == "value":
            return (
                "keep the operands where the operation is finite, by clip or by where with functions as branches, or "
                "scale them down"
            )
        return (
            "keep the operands away from the point where the local partial is infinite or unknown, by clip or by where "
            "with functions as branches"
        )

    def draw(self, theme: str = "light", precision: int = 4) -> Drawing:
        """The path of the nan or infinity in red, with the operands of every node on it."""
        way = self.way
        if len(way) > LONGEST_WAY:
            way = [*way[: LONGEST_WAY // 2], *way[-LONGEST_WAY // 2 :]]
        path = {self.node, *way, *([] if self.operand is None else [self.operand])}
        kept = path.union(*(x.parents[:MOST_OPERANDS] for x in path))
        root = self.way[-1] if self.kind == "value" else self.node
        source = Values([root], self.names, self.adjoints.get if self.kind == "gradient" else stored_gradient)
        left_out = f"the first and the last nodes of {len(self.way):,} on the way" if len(self.way) > len(way) else ""
        notes = [note for note in (self.text.splitlines()[0], self.source, left_out) if note]
        order = [x for x in operands_first(source, set(source.order)) if x in kept]
        picture = build_picture(source, Selection(order, notes=notes))
        picture.gradient_of = self.names.of(self.root) or "result"
        keys = {x: f"n{i}" for i, x in enumerate(order)}
        for x in {self.node, *way} & keys.keys():
            picture.boxes[keys[x]].anomalous = True
        bad = numeral(self.node.data if self.operand is None else self.adjoints[self.operand])
        picture.boxes[keys[self.node]].notes = (f"{bad} is {'first computed' if self.node.parents else 'given'} here",)
        steps = {(keys.get(a), keys.get(b)) for a, b in pairwise([self.node, *way])}
        for link in picture.links:
            link.anomalous = (link.tail, link.head) in steps or (link.head, link.tail) in steps
            if self.operand is not None and (link.tail, link.head) == (keys[self.operand], keys[self.node]):
                link.note = f"{numeral(self.adjoints[self.node])} × {numeral(link.partial or 0.0)}"
        return Drawing(picture, Style(theme=find_theme(theme), precision=precision))

    def files(self) -> Formats:
        return {**self.draw().files(), "txt": lambda: f"{self.text}\n"}

    def representations(self) -> Formats:
        return {**self.draw().representations(), "text/plain": lambda: self.text}

    def __str__(self) -> str:
        return for_output(self.text)

    def __repr__(self) -> str:
        return for_output(f"<Anomaly: {self.text.splitlines()[0]}>")
