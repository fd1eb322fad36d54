"""The arithmetic of vectors: the dots of a layer, and what they give back to the nodes on either side.

Both are sums of products in the order of one dot after the other, to the bit.  What is written four times is
done four at a time, which fetches each number once for four of them.
"""

from typing import Final, cast

from mypy_extensions import i64

from autograd_lite.graph import CONSTANT, NOWHERE, UNKNOWN, USES, Extra, Node, Quad, Vector

ZERO: Final = -0.0
"""The number that changes no sum that it is added to."""


def of_nodes(nodes: list[Node]) -> Vector:
    """The vector of these nodes with the data that they have now."""
    data: list[Quad] = []
    n: i64 = len(nodes)
    i: i64 = 0
    while i + 4 <= n:
        data.append(Quad(nodes[i]._data, nodes[i + 1]._data, nodes[i + 2]._data, nodes[i + 3]._data))
        i += 4
    data += quads([x._data for x in nodes[i:]])
    return Vector(nodes, data, n)


def of_numbers(numbers: list[float]) -> Vector:
    """The vector of these numbers."""
    return Vector([], quads(numbers), len(numbers))


def quads(numbers: list[float]) -> list[Quad]:
    data: list[Quad] = []
    n: i64 = len(numbers)
    i: i64 = 0
    while i + 4 <= n:
        data.append(Quad(numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]))
        i += 4
    if i < n:
        a, b, c = numbers[i], numbers[i + 1] if i + 1 < n else 0.0, numbers[i + 2] if i + 2 < n else 0.0
        data.append(Quad(a, b, c, 0.0))
    return data


def part(q: Quad, i: i64) -> float:
    """One of the first three numbers: a rest has no more."""
    return q.a if i == 0 else q.b if i == 1 else q.c


# -- forward


def multiply(rows: list[Vector], inputs: Vector, results: list[Node]) -> None:
    """The data of each result: the sum of products of its row with the inputs, from left to right.

    As `numerics.dot` takes it, to the bit.
    """
    n = inputs.size
    for row in rows:
        if row.size != n:
            raise ValueError(
                f"dot pairs its operands, but got {row.size} and {n} of them; pass two lists of one length"
            )
    k: i64 = 0
    if n > 0:
        while k + 4 <= len(rows):
            four_products(rows, k, inputs, results)
            k += 4
    while k < len(rows):
        results[k]._data = product(rows[k].data, inputs) if n else 0.0
        k += 1


def product(ws: list[Quad], inputs: Vector) -> float:
    xs, n = inputs.data, inputs.size
    result = ZERO
    i: i64 = 0
    while i < n // 4:
        w, x = ws[i], xs[i]
        result = result + w.a * x.a + w.b * x.b + w.c * x.c + w.d * x.d
        i += 1
    for j in range(n % 4):
        result += part(ws[i], j) * part(xs[i], j)
    return result


def four_products(rows: list[Vector], k: i64, inputs: Vector, results: list[Node]) -> None:
    as_, bs, cs, ds = rows[k].data, rows[k + 1].data, rows[k + 2].data, rows[k + 3].data
    xs, n = inputs.data, inputs.size
    a = b = c = d = ZERO
    i: i64 = 0
    while i < n // 4:
        x, p, q, r, s = xs[i], as_[i], bs[i], cs[i], ds[i]
        a = a + p.a * x.a + p.b * x.b + p.c * x.c + p.d * x.d
        b = b + q.a * x.a + q.b * x.b + q.c * x.c + q.d * x.d
        c = c + r.a * x.a + r.b * x.b + r.c * x.c + r.d * x.d
        d = d + s.a * x.a + s.b * x.b + s.c * x.c + s.d * x.d
        i += 1
    for j in range(n % 4):
        y = part(xs[i], j)
        a += part(as_[i], j) * y
        b += part(bs[i], j) * y
        c += part(cs[i], j) * y
        d += part(ds[i], j) * y
    results[k]._data, results[k + 1]._data, results[k + 2]._data, results[k + 3]._data = a, b, c, d


# -- backward


def give(side: Vector, dot: Node, other: Vector, gathered: list[list[Node]]) -> None:
    """Add adjoint x partial to the nodes on one side of a dot: now, or with the dots that are still to come.

    Later makes no difference where nothing else is to be added to any of the nodes.
    """
    if side.place == UNKNOWN:
        side.place = NOWHERE
        if side.mark & USES > 1 and waits_for_nothing_else(side):
            side.place = len(gathered)
            gathered.append([])
    if side.place == NOWHERE:
        accumulate(side.nodes, dot._adjoint, other.data)
    else:
        gathered[side.place].append(dot)


def waits_for_nothing_else(side: Vector) -> bool:
    for x in side.nodes:  # noqa: SIM110  (a loop is faster when compiled)
        if x._mark & USES > 1 and not x._flags & CONSTANT:
            return False
    return True


def accumulate(nodes: list[Node], adjoint: float, partials: list[Quad]) -> None:
    """Add adjoint x partial to each node."""
    n: i64 = len(nodes)
    i: i64 = 0
    while i + 4 <= n:
        q = partials[i // 4]
        nodes[i]._adjoint += adjoint * q.a
        nodes[i + 1]._adjoint += adjoint * q.b
        nodes[i + 2]._adjoint += adjoint * q.c
        nodes[i + 3]._adjoint += adjoint * q.d
        i += 4
    for j in range(n - i):
        nodes[i + j]._adjoint += adjoint * part(partials[i // 4], j)


def add_gathered(side: Vector, dots: list[Node]) -> None:
    """What `accumulate` does for each dot that has part in this side."""
    m: i64 = len(dots)
    k: i64 = 0
    while k + 4 <= m:
        accumulate_four(side, dots[k], dots[k + 1], dots[k + 2], dots[k + 3])
        k += 4
    while k < m:
        accumulate(side.nodes, dots[k]._adjoint, partials(side, dots[k]))
        k += 1


def partials(side: Vector, dot: Node) -> list[Quad]:
    """The partials of a dot in one side: the data of the other."""
    extra = cast(Extra, dot._extra)
    return cast(Vector, extra.inputs if extra.weights is side else extra.weights).data


def accumulate_four(side: Vector, first: Node, second: Node, third: Node, fourth: Node) -> None:
    nodes = side.nodes
    a, b, c, d = first._adjoint, second._adjoint, third._adjoint, fourth._adjoint
    as_, bs, cs, ds = partials(side, first), partials(side, second), partials(side, third), partials(side, fourth)
    n: i64 = len(nodes)
    i: i64 = 0
    k: i64 = 0
    while i + 4 <= n:
        p, q, r, s = as_[k], bs[k], cs[k], ds[k]
        x = nodes[i]
        x._adjoint = x._adjoint + a * p.a + b * q.a + c * r.a + d * s.a
        x = nodes[i + 1]
        x._adjoint = x._adjoint + a * p.b + b * q.b + c * r.b + d * s.b
        x = nodes[i + 2]
        x._adjoint = x._adjoint + a * p.c + b * q.c + c * r.c + d * s.c
        x = nodes[i + 3]
        x._adjoint = x._adjoint + a * p.d + b * q.d + c * r.d + d * s.d
        i += 4
        k += 1
    for j in range(n - i):
        p, q, r, s, x = as_[k], bs[k], cs[k], ds[k], nodes[i + j]
        x._adjoint = x._adjoint + a * part(p, j) + b * part(q, j) + c * part(r, j) + d * part(s, j)
