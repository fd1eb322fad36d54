"""The arithmetic of vectors: the dots of a layer, and what they give back to the nodes on either side.

Both are sums of products in the order of one dot after the other, to the bit.  What is written four times is
done four at a time, which fetches each number once for four of them.
"""

from typing import Final, cast

from mypy_extensions import i64

from autograd_lite.core.graph import CONSTANT, NOWHERE, UNKNOWN, USES, Extra, Node, Quad, Vector

ZERO: Final = -0.0
"""The number that changes no sum that it is added to."""


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

    As `numerics.dot` takes it, to the bit.
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
    i: i64
    for i in range(n // 4):
        q = partials[i]
        nodes[4 * i]._adjoint += adjoint * q.a
        nodes[4 * i + 1]._adjoint += adjoint * q.b
        nodes[4 * i + 2]._adjoint += adjoint * q.c
        nodes[4 * i + 3]._adjoint += adjoint * q.d
    for i in range(n % 4):
        nodes[n - n % 4 + i]._adjoint += adjoint * part(partials[-1], i)


def add_gathered(side: Vector, dots: list[Node]) -> None:
    """What `accumulate` does for each dot that has part in this side."""
    m: i64 = len(dots)
    k: i64
    for k in range(0, m - 3, 4):
        accumulate_four(side, dots[k], dots[k + 1], dots[k + 2], dots[k + 3])
    for k in range(m - m % 4, m):
        accumulate(side.nodes, dots[k]._adjoint, partials(side, dots[k]))


def partials(side: Vector, dot: Node) -> list[Quad]:
    """The partials of a dot in one side: the data of the other."""
    extra = cast(Extra, dot._extra)
    return cast(Vector, extra.inputs if extra.weights is side else extra.weights).data


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
