"""A node of many operands, drawn as the scalar products and sums that it stands for."""

from typing import Any

from autograd_lite.drawing.picture import CONSTANT, OPERATION, Box, Link, Picture
from autograd_lite.drawing.sources import Source, unit


def expand(picture: Picture, source: Source, x: Any, keys: dict[Any, str], how: str) -> bool:
    """Draw a dot, sum, mean or prod in steps, if x is one and all its operands are drawn.

    `how` is "products" (products that run into one sum) or "sums" (which also adds two by two, in the order in
    which the library adds).  The box of x itself becomes the last step.
    """
    name = source.row(x).name if source.parents(x) else ""
    operands = source.parents(x)
    if name not in ("dot", "sum", "mean", "prod") or any(p not in keys for p in operands):
        return False
    box = picture.boxes[keys[x]]
    adjoint = source.gradient(x)
    values = [source.value(p) for p in operands]
    if name == "dot":
        n = len(operands) // 2
        others = list(operands[n:])
        if unit(source, x) is not None:
            others[-1] = None
        pairs = zip(operands[:n], others, values[:n], values[n:], strict=True)
        terms = [product(picture, source, box, i, *pair, keys, adjoint) for i, pair in enumerate(pairs)]
    else:
        terms = [(keys[p], v) for p, v in zip(operands, values, strict=True)]
    upstream = adjoint
    if name == "mean":
        upstream = None if adjoint is None else adjoint / len(terms)
        divide(picture, box, len(terms), adjoint)
        box = picture.boxes[f"{box.key}sum"]
    if len(terms) == 1:
        # One term is the sum already.
        picture.links.append(Link(terms[0][0], box.key, 1.0, upstream))
    elif name == "prod":
        fold(picture, box, terms, "×", upstream)
    elif how == "sums":
        fold(picture, box, terms, "+", upstream)
    else:
        box.symbol = "Σ"
        picture.links.extend(Link(key, box.key, 1.0, upstream) for key, _ in terms)
    return True


Term = tuple[str, float | None]


def product(
    picture: Picture, source: Source, box: Box, i: int, w: Any, x: Any, a: float | None, b: float | None,
    keys: dict[Any, str], adjoint: float | None,
) -> Term:  # fmt: skip
    """The i-th product of a dot; a weight times the number 1 is the weight."""
    if x is None:  # the bias, whose input is always 1: no product
        return keys[w], a
    value = None if a is None or b is None else a * b
    flows = box.flows
    step = picture.add(
        Box(f"{box.key}p{i}", OPERATION, symbol="×", value=value, gradient=adjoint, flows=flows, frames=box.frames)
    )
    for operand, partial in ((w, b), (x, a)):
        reached = picture.boxes[keys[operand]].flows or value is None
        picture.links.append(Link(keys[operand], step.key, partial if reached else None, adjoint, reached))
    return step.key, value


def divide(picture: Picture, box: Box, n: int, adjoint: float | None) -> None:
    """The last step of a mean: its sum divided by n."""
    total = None if box.value is None else box.value * n
    slope = None if adjoint is None else adjoint / n
    picture.add(
        Box(f"{box.key}sum", OPERATION, symbol="Σ", value=total, gradient=slope, flows=box.flows, frames=box.frames)
    )
    count = picture.add(Box(f"{box.key}n", CONSTANT, value=float(n), flows=False, frames=box.frames))
    box.symbol = "÷"
    picture.links.append(Link(f"{box.key}sum", box.key, 1.0 / n, adjoint))
    picture.links.append(Link(count.key, box.key, flows=False))


def fold(picture: Picture, box: Box, terms: list[Term], symbol: str, adjoint: float | None) -> None:
    """Terms taken together two by two from the left, the last time in `box`."""
    box.symbol = symbol
    # What flows back to the k-th step: unchanged through sums, times all later factors through products.
    rest: list[float | None] = [1.0]
    for _, value in reversed(terms[1:]):
        factor = 1.0 if symbol == "+" else value
        rest.append(None if rest[-1] is None or factor is None else rest[-1] * factor)
    before, value = terms[0]
    for i, (key, x) in enumerate(terms[1:], 1):
        last = i == len(terms) - 1
        result = combined(value, x, symbol)
        scale = rest[len(terms) - 1 - i]
        slope = None if adjoint is None or scale is None else adjoint * scale
        if last:
            step = box
        else:
            step = picture.add(
                Box(f"{box.key}s{i}", OPERATION, symbol=symbol, value=result, gradient=slope, flows=box.flows,
                    frames=box.frames)
            )  # fmt: skip
        left, right = (1.0, 1.0) if symbol == "+" else (x, value)
        for tail, partial in ((before, left), (key, right)):
            flows = picture.boxes[tail].flows or box.value is None
            picture.links.append(Link(tail, step.key, partial if flows else None, slope, flows))
        before, value = step.key, result


def combined(a: float | None, b: float | None, symbol: str) -> float | None:
    if a is None or b is None:
        return None
    return a + b if symbol == "+" else a * b
