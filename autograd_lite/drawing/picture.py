"""What is drawn, before it is drawn: boxes, links and clusters, with no colours and no positions."""

from dataclasses import dataclass, field

from autograd_lite.drawing.number_format import numeral

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
    clusters: tuple[str, ...] = ()  # the clusters around it, outermost first
    short: str = ""  # its name inside its clusters
    anomalous: bool = False  # drawn in red
    active: bool = False  # computed in this frame of an animation
    hidden: frozenset[str] = frozenset()  # "value", "gradient": transparent
    base: str = ""  # of a group: the kind of its nodes, where they have one
    value_range: str = ""
    gradient_range: str = ""

    def numbers(self, precision: int) -> tuple[str, str]:
        """The value and the gradient as they are shown; their ranges for a group."""
        value = self.value_range if self.value is None else numeral(self.value, precision)
        return value, self.gradient_range if self.gradient is None else numeral(self.gradient, precision)


@dataclass
class Link:
    """An arrow from an operand to the operation that uses it."""

    tail: str
    head: str
    partial: float | None = None  # d(head) / d(tail) through this operand alone
    upstream: float | None = None  # the gradient at the head
    flows: bool = True
    anomalous: bool = False
    active: bool = False
    hidden: bool = False  # its text is transparent
    note: str = ""
    count: int = 1  # how many operands share the arrow

    @property
    def flow(self) -> float | None:
        """What the chain rule passes back through this arrow: upstream x partial."""
        return None if self.partial is None or self.upstream is None else self.upstream * self.partial


@dataclass
class Picture:
    boxes: dict[str, Box] = field(default_factory=dict)  # operands first
    links: list[Link] = field(default_factory=list)
    clusters: dict[str, str] = field(default_factory=dict)  # what is framed, modules and calls: path and title
    roots: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what the reader has to know: what was left out, and why
    gradient_of: str = ""  # what is differentiated, where that is not the one root

    def add(self, box: Box) -> Box:
        self.boxes[box.key] = box
        return box

    def parents(self) -> dict[str, list[Link]]:
        """The links into each box, in the order of operands."""
        result: dict[str, list[Link]] = {key: [] for key in self.boxes}
        for link in self.links:
            result[link.head].append(link)
        return result
