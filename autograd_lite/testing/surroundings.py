"""The neighbourhood of the point of a recorded graph: kinks, and how far rounding carries.

Above `domains`: so differences know which steps stay on the same piece, and how noisy the values are.
"""

import math
import operator
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from autograd_lite.core.columns.entering import is_known
from autograd_lite.core.graph import CONSTANT, Node, operands_of, partials_of
from autograd_lite.core.reverse import reverse, topological_order
from autograd_lite.core.table import cond
from autograd_lite.core.value import Value
from autograd_lite.program.flattening import lowered
from autograd_lite.testing.domains import is_flat, kink_distance
from autograd_lite.testing.precision import SMALLEST
from autograd_lite.transforms.differentiation import as_float
from autograd_lite.transforms.forward_mode import float_tangents
from autograd_lite.transforms.propagation import Cotangents

ROW_ERROR = 2.0**-51  # what a row may be off: a few ulps


class Kink(NamedTuple):
    """A row that is not smooth everywhere, and the distance of its operands from where it is not."""

    words: str
    distance: float
    movers: tuple[tuple[Any, float], ...]  # the nodes whose motion brings it nearer, with a factor
    relative: bool = False  # whether only the sum of these motions counts: operands that are compared move together

    def speed(self, slopes: Mapping[Node, float]) -> float:
        """How fast the operands move, at most, where the nodes have these derivatives."""
        motions = [slopes.get(x, 0.0) * factor for x, factor in self.movers]
        # Two operands may move towards each other.
        return abs(math.fsum(motions)) if self.relative else math.fsum(sorted(map(abs, motions))[-2:])

    def reach(self, slopes: Mapping[Node, float]) -> float:
        """How far an input may move before this is reached, to first order."""
        speed = self.speed(slopes)
        if speed == 0.0:
            return 0.0 if self.distance == 0.0 and not self.relative else math.inf
        return self.distance / speed


class Surroundings:
    """A graph from `inputs` to `outputs`, looked at from its point."""

    def __init__(self, inputs: Sequence[Value], outputs: Sequence[Any]) -> None:
        self.inputs = inputs
        roots = [x for x in outputs if isinstance(x, Value)]
        self.order = topological_order(roots, everything=True)
        self.taken = in_taken_branches(self.order, roots)

    @cached_property
    def kinks(self) -> list[Kink]:
        return kinks_of(self.taken, self.inputs)

    @cached_property
    def bends(self) -> list[Kink]:
        """Where rows look different, though they are smooth."""
        bends = [x for x in self.taken if x._row.bend < math.inf]
        return [Kink(described_node(x), x._row.bend, tuple((y, 1.0) for y in operands_of(x))) for x in bends]

    def nearest(self, kinks: Sequence[Kink], j: int) -> tuple[float, str]:
        """How far input j may move before some row reaches one of the kinks (or bends), to first order, and which."""
        nearest, words = math.inf, ""
        slopes = float_tangents(self.order, {self.inputs[j]: 1.0}) if kinks else {}
        for kink in kinks:
            distance = kink.reach(slopes)
            if not distance >= nearest:
                nearest, words = distance, kink.words
        return nearest, words

    def magnitudes(self, output: Value | float) -> tuple[list[float], float]:
        """Of the gradient of an output: the sums of the sizes of its terms, and how noisy the output is.

        Gradients are sums over paths; terms that cancel leave their rounding.
        """
        seeds: dict[Node, float] = {output: 1.0} if isinstance(output, Value) else {}
        weights: dict[Node, float] = {}
        noise = 0.0
        for node, weight in reverse(self.order, seeds, sizes_of_terms, operator.add):
            weights[node] = float(weight)
            if operands_of(node):
                noise += float(weight) * max(ROW_ERROR * largest_rounded(node), SMALLEST)
        return [weights.get(x, 0.0) for x in self.inputs], noise


def sizes_of_terms(node: Node, weight: Any) -> list[tuple[Node, Any]]:
    if node._row.payload is not None:  # a matrix, what is recomputed, a call with a rule of its own
        return [(x, size_of_term(term)) for x, term in node._row.payload.pull_floats(node, weight, {})]
    return [(x, weight * abs(p)) for x, p in zip(operands_of(node), partials_of(node), strict=True) if p]


def size_of_term(term: Any) -> Any:
    if isinstance(term, Cotangents):
        return Cotangents({k: abs(x) for k, x in term.terms.items()})
    return abs(term)


def largest_rounded(node: Node) -> float:
    """The largest number that a node rounds: its own, or a term of a sum, which is rounded before terms cancel."""
    terms = zip(operands_of(node), partials_of(node), strict=True) if node._row.arity is None else ()
    return max([abs(node._data), *(abs(p * x._data) for x, p in terms if p)])


def described_node(node: Node) -> str:
    return f"{node._row.name} at {', '.join([repr(x._data) for x in operands_of(node)])}"


def in_taken_branches(order: Sequence[Node], roots: Sequence[Node]) -> list[Node]:
    """The nodes that the roots depend on when branches that choices between functions have not taken are left out."""
    needed = set(roots)
    for node in reversed(order):
        if node in needed:
            operands = operands_of(node)
            needed.update(
                (operands[0], operands[node._row.passing(operands[0]._data)]) if node._row is cond else operands
            )
    return [x for x in order if x in needed]


def kinks_of(order: Sequence[Node], inputs: Sequence[Node]) -> list[Kink]:
    """The rows of a graph with kinks, those apart whose operands stay what they are when the inputs move."""
    moving = set(inputs)
    found: list[Kink] = []
    for node in order:
        operands = operands_of(node)
        steady = [x not in moving for x in operands]
        if all(steady):
            continue
        if not is_flat(node._row):
            moving.add(node)
        numbers = [x._data for x in operands]
        if is_known(node._row):
            distance = kink_distance(node._row, numbers, steady)
            if distance < math.inf:
                factors = (1.0, -1.0) if node._row.compares else (1.0,) * len(operands)
                movers = [(x, f) for x, f, fixed in zip(operands, factors, steady, strict=True) if not fixed]
                count = node._row.truths or len(movers)  # branches have no part in the choice
                found.append(Kink(described_node(node), distance, tuple(movers[:count]), node._row.compares))
        elif node._row.lowering is not None:
            found += kinks_inside(node, operands)
    return found


def kinks_inside(node: Node, operands: Sequence[Node]) -> list[Kink]:
    """The same in a row with a rule of the user's own, seen from its operands."""
    inner = [Value(x._data) for x in operands]
    try:
        out = lowered(node._row, inner)
    except (ArithmeticError, ValueError):
        return []
    order = topological_order([out], everything=True) if isinstance(out, Value) else []
    kinks = kinks_of(
        in_taken_branches(order, order[-1:]),
        [v for v, x in zip(inner, operands, strict=True) if not x._flags & CONSTANT],
    )
    factors = [float_tangents(order, {v: 1.0}) for v in inner] if kinks else []
    found = []
    for kink in kinks:
        movers = tuple((x, kink.speed(slopes)) for x, slopes in zip(operands, factors, strict=True))
        found.append(kink._replace(words=f"{kink.words}, inside {node._row.name}", movers=movers))
    return found


def obstacles(
    around: Surroundings, outputs: list[Any], titles: Sequence[str], operands: Sequence[str], allow_unused: bool
) -> list[str]:
    found = []
    if not outputs:
        found.append("the result holds no numbers; return at least one")
    for title, x in zip(titles, outputs, strict=True):
        reached = topological_order([x], everything=True) if isinstance(x, Value) else []
        if not math.isfinite(as_float(x)):
            found.append(f"{title} is {as_float(x)!r}, which has no derivative to compare; move the point")
        elif not allow_unused and set(reached).isdisjoint(around.inputs):
            found.append(f"{title} is a constant: it depends on no input; allow_unused=True accepts that")
    if not found and not allow_unused:
        nodes = set(around.order)
        ignored = [x for x, value in zip(operands, around.inputs, strict=True) if value not in nodes]
        found += [f"{x} is ignored: nothing depends on it; allow_unused=True accepts that" for x in ignored]
    return found
