"""What is drawn, before it is drawn: boxes, links and frames, with no colours and no positions.

`choosing` makes a `Picture` of a graph, `dot` and `tree` show it.
"""

from dataclasses import dataclass, field

INPUT = "input"  # a leaf that the user made
PARAMETER = "parameter"  # a leaf that belongs to a module
CONSTANT = "constant"  # a number, or a result taken out of its graph
OPERATION = "operation"
RESULT = "result"  # what was asked to be drawn
GROUP = "group"  # many nodes in one box
MORE = "more"  # what was left out


@dataclass
class Box:
    """One box: a node of the graph, a step inside an expanded node, or a group of nodes."""

    key: str
    kind: str
    title: str = ""  # its name, or what a group is
    symbol: str = ""  # the sign of the operation
    value: float | None = None
    gradient: float | None = None  # None: not computed
    flows: bool = True  # whether a gradient can reach it at all
    notes: tuple[str, ...] = ()  # further lines
    tooltip: str = ""
    frames: tuple[str, ...] = ()  # the frames around it, outermost first
    short: str = ""  # its name inside its frames
    trouble: bool = False  # drawn in red
    active: bool = False  # at work in this frame of an animation
    veiled: frozenset[str] = frozenset()  # "value", "gradient": there, but not to be seen yet
    base: str = ""  # of a group: the kind of its nodes, where they have one
    value_range: str = ""
    gradient_range: str = ""


@dataclass
class Link:
    """An arrow from an operand to the operation that uses it."""

    tail: str
    head: str
    partial: float | None = None  # d(head) / d(tail) through this operand alone
    upstream: float | None = None  # the gradient at the head
    flows: bool = True
    trouble: bool = False
    active: bool = False
    veiled: bool = False  # what flows through it: there, but not to be seen yet
    note: str = ""
    count: int = 1  # how many operands it stands for

    @property
    def flow(self) -> float | None:
        """What the chain rule passes back through this arrow: upstream x partial."""
        if self.partial is None or self.upstream is None:
            return None
        return self.upstream * self.partial


@dataclass
class Frame:
    """A line around the boxes of a module."""

    path: str
    title: str


@dataclass
class Picture:
    """Everything that is drawn, and what was left out."""

    boxes: dict[str, Box] = field(default_factory=dict)  # operands first
    links: list[Link] = field(default_factory=list)
    frames: dict[str, Frame] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what the reader has to know: what was left out, and why
    total: int = 0  # nodes in the whole graph
    goal: str = ""  # what the gradients are of, where that is not the one root

    def add(self, box: Box) -> Box:
        self.boxes[box.key] = box
        return box

    def parents(self) -> dict[str, list[Link]]:
        """The links into each box, in the order of operands."""
        result: dict[str, list[Link]] = {key: [] for key in self.boxes}
        for link in self.links:
            result[link.head].append(link)
        return result
