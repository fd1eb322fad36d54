"""Vectors: operands that the dots of a layer share, multiplied and differentiated together.

Above `pool`.  A plain dot keeps a list of its operands and of its partials; a layer of them costs 5.7 ms where vectors
take 0.44.  Sums of products are in the order of one dot after the other, to the bit; what is written four times is done
four at a time, which fetches each number once for four of them.
"""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from autograd_lite.core.fast.clock import CLOCK
from autograd_lite.core.fast.pool import number_node
from autograd_lite.core.fast.uses import COUNTS, use, used_once
from autograd_lite.core.graph import COMMON, CONSTANT, LEAF, PASS, STATE, Extra, Node

ZERO: Final = -0.0
"""The number that changes no sum that it is added to."""


@final
@mypyc_attr(acyclic=True)
class Quad:
    """Four numbers side by side: natively a list of floats costs an object, and a look at its type, for each."""

    __slots__ = ("a", "b", "c", "d")

    def __init__(self, a: float, b: float, c: float, d: float) -> None:
        self.a: float = a
        self.b: float = b
        self.c: float = c
        self.d: float = d


UNDECIDED: Final = -2
AT_ONCE: Final = -1


@final
@mypyc_attr(acyclic=True)
class Vector:
    """One side of the dots of a layer: nodes that many dots share, and their data as recorded.

    To the gradient of one side the data of the other are the partials, so a dot of vectors keeps none.
    Numbers alone become nodes only when somebody asks for them.
    """

    __slots__ = (
        "assigned",
        "common",
        "constant",
        "data",
        "flags",
        "leaves",
        "made",
        "nodes",
        "pending",
        "size",
        "uses",
    )

    def __init__(self, nodes: list[Node], data: list[Quad], size: i64) -> None:
        self.nodes: list[Node] = nodes  # none as yet where there are only numbers
        self.data: list[Quad] = data  # in fours; what is beyond the size is 0
        self.size: i64 = size
        self.assigned: i64 = STATE.assigned  # what was assigned later is not in `data`
        self.made: i64 = CLOCK.tick()  # numbers become nodes that are as if made now
        self.uses: i64 = 0  # the in-degree, as that of a node: a vector uses each of its nodes once
        self.pending: i64 = AT_ONCE  # where the running pass keeps dots that are to be added to the nodes, in PENDING
        flags: i64 = 0
        common: i64 = COMMON
        leaves = True
        for x in nodes:
            flags |= x._flags
            common &= x._flags
            if x._row is not LEAF:
                leaves = False
        self.flags: i64 = flags  # those of any node
        self.leaves: bool = leaves  # all of them: nothing is behind them
        self.common: i64 = common  # what all of them have of CONSTANT and NUMERIC
        self.constant: bool = common & CONSTANT != 0  # nothing flows back to any of them

    def numbers(self) -> list[float]:
        """The data, one by one."""
        numbers: list[float] = []
        for q in self.data:
            numbers += [q.a, q.b, q.c, q.d]
        return numbers[: self.size]

    def all_nodes(self) -> list[Node]:
        """Its nodes; numbers become constants now."""
        with PASS:
            if len(self.nodes) != self.size:
                self.nodes = [number_node(x, 0) for x in self.numbers()]
                for node in self.nodes:
                    node._flags = COMMON | self.made
            return self.nodes


@final
@mypyc_attr(acyclic=True)
class Pair(Extra):
    """The operands of a dot of two vectors."""

    __slots__ = ("inputs", "weights")

    def __init__(self, weights: Vector, inputs: Vector) -> None:
        super().__init__()
        self.weights: Vector = weights
        self.inputs: Vector = inputs

    def all_operands(self) -> tuple[Node, ...]:
        return tuple(self.weights.all_nodes() + self.inputs.all_nodes())

    def all_partials(self) -> list[float | None]:
        nodes, partials = self.all_operands(), self.inputs.numbers() + self.weights.numbers()
        return [None if nodes[i]._flags & CONSTANT else partials[i] for i in range(len(nodes))]

    def count_uses(self, found: list[Node], base: i64, everything: bool, brief: bool) -> None:
        """The nodes of a vector count as used once, by the vector, however many dots share it."""
        for vector in (self.weights, self.inputs):
            if vector.uses >= base:
                vector.uses += 1
                continue
            vector.uses = base + 1
            vector.pending = UNDECIDED
            if brief and vector.leaves:
                for x in vector.nodes:  # nothing waits for them, so they need not be found
                    if x._uses < base:
                        x._uses = base + 1
                        x._adjoint = ZERO
                    else:
                        x._uses += 1
            elif everything or not vector.constant:
                for x in vector.all_nodes():
                    use(x, found, base, everything)

    def release(self, ready: list[Node], base: i64, everything: bool, brief: bool) -> None:
        for vector in (self.weights, self.inputs):
            vector.uses -= 1
            if vector.uses == base:
                if vector.pending >= 0:
                    add_pending(vector)
                if not (brief and vector.leaves) and (everything or not vector.constant):
                    for x in vector.nodes:
                        used_once(x, ready, base, everything)

    def pull(self, node: Node) -> None:
        if not self.weights.constant:
            give(self.weights, node, self.inputs)
        if not self.inputs.constant:
            give(self.inputs, node, self.weights)


def of_nodes(nodes: list[Node]) -> Vector:
    """The vector of these nodes with the data that they have now."""
    data: list[Quad] = []
    n: i64 = len(nodes)
    i: i64
    for i in range(0, n - 3, 4):
        data.append(Quad(nodes[i]._data, nodes[i + 1]._data, nodes[i + 2]._data, nodes[i + 3]._data))
    data += quads([x._data for x in nodes[n - n % 4 :]])
    return Vector(nodes, data, n)


def of_numbers(numbers: list[float]) -> Vector:
    """The vector of these numbers."""
    return Vector([], quads(numbers), len(numbers))


def quads(numbers: list[float]) -> list[Quad]:
    data: list[Quad] = []
    n: i64 = len(numbers)
    i: i64
    for i in range(0, n - 3, 4):
        data.append(Quad(numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]))
    if n % 4:
        i = n - n % 4
        data.append(Quad(numbers[i], at(numbers, i + 1), at(numbers, i + 2), 0.0))
    return data


def at(numbers: list[float], i: i64) -> float:
    return numbers[i] if i < len(numbers) else 0.0


def part(q: Quad, i: i64) -> float:
    """One of the first three numbers: a rest has no more."""
    return q.a if i == 0 else q.b if i == 1 else q.c


# -- forward


def multiply(rows: list[Vector], inputs: Vector, results: list[Node]) -> None:
    """The data of each result: the sum of products of its row with the inputs, from left to right.

    As `float_values.dot` takes it, to the bit.
    """
    n = inputs.size
    for row in rows:
        if row.size != n:
            raise ValueError(
                f"dot pairs its operands, but got {row.size} and {n} of them; pass two lists of one length"
            )
    m: i64 = len(rows)
    k: i64
    for k in range(0, m - 3, 4):
        four_products(rows, k, inputs, results)
    for k in range(m - m % 4, m):
        results[k]._data = product(rows[k].data, inputs)
    if n == 0:
        for result in results:
            result._data = 0.0


def product(ws: list[Quad], inputs: Vector) -> float:
    xs, n = inputs.data, inputs.size
    result = ZERO
    i: i64
    for i in range(n // 4):
        w, x = ws[i], xs[i]
        result = result + w.a * x.a + w.b * x.b + w.c * x.c + w.d * x.d
    for i in range(n % 4):
        result += part(ws[-1], i) * part(xs[-1], i)
    return result


def four_products(rows: list[Vector], k: i64, inputs: Vector, results: list[Node]) -> None:
    as_, bs, cs, ds = rows[k].data, rows[k + 1].data, rows[k + 2].data, rows[k + 3].data
    xs, n = inputs.data, inputs.size
    a = b = c = d = ZERO
    i: i64
    for i in range(n // 4):
        x, p, q, r, s = xs[i], as_[i], bs[i], cs[i], ds[i]
        a = a + p.a * x.a + p.b * x.b + p.c * x.c + p.d * x.d
        b = b + q.a * x.a + q.b * x.b + q.c * x.c + q.d * x.d
        c = c + r.a * x.a + r.b * x.b + r.c * x.c + r.d * x.d
        d = d + s.a * x.a + s.b * x.b + s.c * x.c + s.d * x.d
    for i in range(n % 4):
        y = part(xs[-1], i)
        a += part(as_[-1], i) * y
        b += part(bs[-1], i) * y
        c += part(cs[-1], i) * y
        d += part(ds[-1], i) * y
    results[k]._data, results[k + 1]._data, results[k + 2]._data, results[k + 3]._data = a, b, c, d


# -- backward


@final
class Pending:
    """Of the running pass, the dots that have an adjoint and are still to be added to the nodes of a vector."""

    def __init__(self) -> None:
        self.base: i64 = 0  # of the sort that they belong to
        self.vectors: i64 = 0  # how many still wait
        self.dots: list[list[Node]] = []


PENDING: Final = Pending()


def give(side: Vector, dot: Node, other: Vector) -> None:
    """Add adjoint x partial to the nodes on one side of a dot: now, or with the dots that are still to come.

    Later makes no difference where nothing else is to be added to any of the nodes.
    """
    if side.pending == UNDECIDED:
        side.pending = AT_ONCE
        if side.uses > COUNTS.base + 1 and waits_for_nothing_else(side):
            if PENDING.base != COUNTS.base:  # the first of this pass
                PENDING.base = COUNTS.base
                PENDING.vectors = 0
                PENDING.dots = []
            PENDING.vectors += 1
            side.pending = len(PENDING.dots)
            PENDING.dots.append([])
    if side.pending == AT_ONCE:
        accumulate(side.nodes, dot._adjoint, other.data)
    else:
        PENDING.dots[side.pending].append(dot)


def waits_for_nothing_else(side: Vector) -> bool:
    for x in side.nodes:  # noqa: SIM110  (a loop is faster when compiled)
        if x._uses > COUNTS.base + 1 and not x._flags & CONSTANT:
            return False
    return True


def accumulate(nodes: list[Node], adjoint: float, partials: list[Quad]) -> None:
    """Add adjoint x partial to each node."""
    n: i64 = len(nodes)
    i: i64
    for i in range(n // 4):
        q = partials[i]
        nodes[4 * i]._adjoint += adjoint * q.a
        nodes[4 * i + 1]._adjoint += adjoint * q.b
        nodes[4 * i + 2]._adjoint += adjoint * q.c
        nodes[4 * i + 3]._adjoint += adjoint * q.d
    for i in range(n % 4):
        nodes[n - n % 4 + i]._adjoint += adjoint * part(partials[-1], i)


def add_pending(side: Vector) -> None:
    """What `accumulate` does for each dot that has this side."""
    dots = PENDING.dots[side.pending]
    PENDING.vectors -= 1
    if PENDING.vectors == 0:
        PENDING.base = 0
        PENDING.dots = []
    m: i64 = len(dots)
    k: i64
    for k in range(0, m - 3, 4):
        accumulate_four(side, dots[k], dots[k + 1], dots[k + 2], dots[k + 3])
    for k in range(m - m % 4, m):
        accumulate(side.nodes, dots[k]._adjoint, partials(side, dots[k]))


def partials(side: Vector, dot: Node) -> list[Quad]:
    """The partials of a dot in one side: the data of the other."""
    pair = dot._extra
    assert isinstance(pair, Pair)
    return pair.inputs.data if pair.weights is side else pair.weights.data


def accumulate_four(side: Vector, first: Node, second: Node, third: Node, fourth: Node) -> None:
    nodes = side.nodes
    a, b, c, d = first._adjoint, second._adjoint, third._adjoint, fourth._adjoint
    as_, bs, cs, ds = partials(side, first), partials(side, second), partials(side, third), partials(side, fourth)
    n: i64 = len(nodes)
    i: i64
    for i in range(n // 4):
        p, q, r, s = as_[i], bs[i], cs[i], ds[i]
        x = nodes[4 * i]
        x._adjoint = x._adjoint + a * p.a + b * q.a + c * r.a + d * s.a
        x = nodes[4 * i + 1]
        x._adjoint = x._adjoint + a * p.b + b * q.b + c * r.b + d * s.b
        x = nodes[4 * i + 2]
        x._adjoint = x._adjoint + a * p.c + b * q.c + c * r.c + d * s.c
        x = nodes[4 * i + 3]
        x._adjoint = x._adjoint + a * p.d + b * q.d + c * r.d + d * s.d
    for i in range(n % 4):
        p, q, r, s, x = as_[-1], bs[-1], cs[-1], ds[-1], nodes[n - n % 4 + i]
        x._adjoint = x._adjoint + a * part(p, i) + b * part(q, i) + c * part(r, i) + d * part(s, i)


def dot_with_partials(nodes: tuple[Node, ...]) -> tuple[float, list[float | None]]:
    """A sum of products, w then x, and the partials in them; None in constants."""
    half: i64 = len(nodes) // 2
    out = 0.0
    partials: list[float | None] = [None] * len(nodes)
    for i in range(half):
        w, x = nodes[i], nodes[half + i]
        product = w._data * x._data
        out = out + product if i else product
        if not w._flags & CONSTANT:
            partials[i] = x._data
        if not x._flags & CONSTANT:
            partials[half + i] = w._data
    return out, partials
