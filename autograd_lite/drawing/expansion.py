"""A node of many operands, drawn as the scalar products and sums that it is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograd_lite.drawing.grouping import N
from autograd_lite.drawing.picture import CONSTANT, OPERATION, Box, Link, Picture
from autograd_lite.drawing.sources import Source, unit

Term = tuple[str, float | None]  # the key of a box and its value


def expand(picture: Picture, source: Source[N], x: N, keys: Mapping[N, str], how: str) -> bool:
    """Draw a dot, sum, mean or prod in steps, if x is one and all its operands are drawn; its box is the last step.

    `how` is "products", which run into one sum, or "sums", which also adds two by two, in the order of the library.
    """
    operands = source.parents(x)
    name = source.row(x).name if operands else ""
    if name not in ("dot", "sum", "mean", "prod") or any(p not in keys for p in operands):
        return False
    steps, adjoint = ExpandedSteps(picture, picture.boxes[keys[x]]), source.gradient(x)
    terms = [(keys[p], source.value(p)) for p in operands]
    if name == "dot":
        n = len(terms) // 2
        # The last product is the bias itself, where its other factor is the 1 that biases are multiplied with.
        products = n if unit(source, x) is None else n - 1
        terms = [steps.product(i, terms[i], terms[n + i], adjoint) for i in range(products)] + terms[products:n]
    elif name == "mean":
        adjoint = steps.divide(len(terms), adjoint)
    if len(terms) == 1:  # it is the sum already
        picture.links.append(Link(terms[0][0], steps.box.key, 1.0, adjoint))
    elif name == "prod" or how == "sums":
        steps.fold(terms, "×" if name == "prod" else "+", adjoint)
    else:
        steps.box.symbol = "Σ"
        picture.links.extend(Link(key, steps.box.key, 1.0, adjoint) for key, _ in terms)
    return True


@dataclass
class ExpandedSteps:
    """The steps that the node in `box` is made of, added to a picture; `box` is the last of them."""

    picture: Picture
    box: Box

    def add(self, suffix: str, symbol: str, value: float | None, adjoint: float | None) -> Box:
        key, flows, clusters = f"{self.box.key}{suffix}", self.box.flows, self.box.clusters
        return self.picture.add(Box(key, OPERATION, "", symbol, value, adjoint, flows, clusters=clusters))

    def link(self, tail: str, step: Box, partial: float | None, adjoint: float | None, known: bool) -> None:
        """A link that carries a gradient, unless the numbers are known and its tail gets none."""
        flows = self.picture.boxes[tail].flows or not known
        self.picture.links.append(Link(tail, step.key, partial if flows else None, adjoint, flows))

    def product(self, i: int, w: Term, x: Term, adjoint: float | None) -> Term:
        value = combined(w[1], x[1], "×")
        step = self.add(f"p{i}", "×", value, adjoint)
        self.link(w[0], step, x[1], adjoint, value is not None)
        self.link(x[0], step, w[1], adjoint, value is not None)
        return step.key, value

    def divide(self, n: int, adjoint: float | None) -> float | None:
        """The last step of a mean: its sum, which becomes `box`, divided by n; the gradient of the sum."""
        last, slope = self.box, None if adjoint is None else adjoint / n
        total = self.add("sum", "Σ", None if last.value is None else last.value * n, slope)
        count = self.picture.add(Box(f"{last.key}n", CONSTANT, value=float(n), flows=False, clusters=last.clusters))
        last.symbol = "÷"
        self.picture.links += [Link(total.key, last.key, 1.0 / n, adjoint), Link(count.key, last.key, flows=False)]
        self.box = total
        return slope

    def fold(self, terms: Sequence[Term], symbol: str, adjoint: float | None) -> None:
        """Terms combined two by two from the left, the last time in `box`."""
        self.box.symbol = symbol
        # What flows back to the k-th step: unchanged through sums, times all later factors through products.
        scales: list[float | None] = [1.0]
        for _, value in reversed(terms[1:]):
            scales.append(combined(scales[-1], 1.0 if symbol == "+" else value, "×"))
        before, value = terms[0]
        for i, (key, x) in enumerate(terms[1:], 1):
            result, slope = combined(value, x, symbol), combined(adjoint, scales[len(terms) - 1 - i], "×")
            step = self.box if i == len(terms) - 1 else self.add(f"s{i}", symbol, result, slope)
            for tail, partial in ((before, x), (key, value)):
                self.link(tail, step, 1.0 if symbol == "+" else partial, slope, self.box.value is not None)
            before, value = step.key, result


def combined(a: float | None, b: float | None, symbol: str) -> float | None:
    """The sum or the product of two numbers, where both are known."""
    if a is None or b is None:
        return None
    return a + b if symbol == "+" else a * b
