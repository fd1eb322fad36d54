"""Matrices as `numpy.linalg` takes and gives them: nested lists or arrays of numbers and Values, and stacks of them."""

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import product
from math import isfinite, prod
from operator import and_
from typing import Any, NamedTuple, NoReturn

from autograd_lite.control.array_algebra import Array, array
from autograd_lite.core.abstract.tracers import is_tracing
from autograd_lite.core.graph import Node
from autograd_lite.core.operands import number
from autograd_lite.core.recording import detached
from autograd_lite.trees import is_array, summary
from autograd_lite.trees.array_leaves import array_of, elements, is_foreign_array
from autograd_lite.trees.nested_lists import is_leaf

try:
    from numpy.linalg import LinAlgError as LinAlgError
except ImportError:  # NumPy is an extra

    class LinAlgError(ValueError):  # type: ignore[no-redef]
        """A matrix is singular, indefinite or of a shape that fits no computation."""


Shape = tuple[int, ...]


class Given(NamedTuple):
    """An operand: its numbers in order, its shape, and whether it came as an array."""

    leaves: list[Any]
    shape: Shape
    is_array: bool

    def last(self, count: int) -> Shape:
        """The last axes, which one matrix or vector has; those before them are of a stack."""
        return self.shape[len(self.shape) - count :]


class Made(NamedTuple):
    """A result: its numbers and its shape."""

    leaves: list[Any]
    shape: Shape


def given(x: Any, name: str) -> Given:
    """An operand of a function of that name."""
    if is_array(x):
        return Given(elements(x, f"operand of {name}"), tuple(x.shape), True)
    if is_leaf(x):
        return Given([x if isinstance(x, Node) else number(x)], (), False)
    if is_foreign_array(x):
        raise TypeError(f"{name} takes lists and arrays of NumPy, but got {summary(x)}; pass numpy.asarray(x)")
    if not isinstance(x, (list, tuple)):
        raise TypeError(
            f"{name} takes nested lists or arrays of real numbers and Values, but got {summary(x)}; pass a list of rows"
        )
    parts = [given(y, name) for y in x]
    shapes = [part.shape for part in parts]
    for i, shape in enumerate(shapes):
        if shape != shapes[0]:
            raise ValueError(
                f"{name} got a row of shape {shapes[0]} and, as row {i}, one of shape {shape}; make all rows as long"
            )
    leaves = [leaf for part in parts for leaf in part.leaves]
    return Given(leaves, (len(parts), *(shapes[0] if shapes else ())), any(part.is_array for part in parts))


def refuse(name: str, because: str, do: str) -> NoReturn:
    raise LinAlgError(f"{name}: {because}; {do}")


def check_matrix(x: Given, name: str, square: bool = True) -> None:
    """Raise where an operand is no matrix, or no square one."""
    if len(x.shape) < 2:
        refuse(name, f"it needs a matrix, but got an operand of shape {x.shape}", "pass a list of rows")
    if square and x.shape[-1] != x.shape[-2]:
        refuse(
            name,
            f"it needs a square matrix, but got one of shape {x.shape[-2:]}",
            "use lstsq for systems with more or fewer equations than unknowns",
        )


def as_result(made: Made, operands: Sequence[Given]) -> Any:
    """A result in the form in which the operands came: an array where any did."""
    if not made.shape:
        return made.leaves[0]
    if any(x.is_array for x in operands):
        return array_of(made.leaves, made.shape)
    return nested_lists(made.leaves, made.shape)


def nested_lists(leaves: Sequence[Any], shape: Shape) -> Any:
    if len(shape) == 1:
        return list(leaves)
    size = prod(shape[1:])
    return [nested_lists(leaves[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]


def broadcast(shapes: Sequence[Shape], name: str) -> Shape:
    """The shape of stacks together, by NumPy's rules."""
    length = max(map(len, shapes))
    found = []
    for sizes in zip(*[(1,) * (length - len(shape)) + shape for shape in shapes], strict=True):
        others = {size for size in sizes if size != 1}
        if len(others) > 1:
            shown = " and ".join(map(str, shapes))
            raise ValueError(f"{name} got stacks of shapes {shown}, which do not fit together; make them alike")
        found.append(others.pop() if others else 1)
    return tuple(found)


def over_stacks(name: str, f: Callable[..., list[Made]], operands: Sequence[Given], counts: Sequence[int]) -> list[Any]:
    """The results of f for one matrix after the other, where any operand is a stack of them.

    `counts` are the axes that f has of each operand; f takes leaves and gives results.
    """
    stacks = [x.shape[: len(x.shape) - count] for x, count in zip(operands, counts, strict=True)]
    if not any(stacks):
        return [as_result(made, operands) for made in f(*[x.leaves for x in operands])]
    whole = broadcast(stacks, name)
    sizes = [prod(x.last(count)) for x, count in zip(operands, counts, strict=True)]
    results = []
    for index in product(*map(range, whole)):
        parts = []
        for x, stack, size in zip(operands, stacks, sizes, strict=True):
            place = 0
            for i, n in zip(index[len(index) - len(stack) :], stack, strict=True):
                place = place * n + (i if n != 1 else 0)
            parts.append(x.leaves[place * size : (place + 1) * size])
        results.append(f(*parts))
    if not results:  # the shapes are those that any regular matrix gives
        made = f(*[regular(x.last(count)) for x, count in zip(operands, counts, strict=True)])
        return [as_result(Made([], whole + part.shape), operands) for part in made]
    return [
        as_result(Made([leaf for part in parts for leaf in part.leaves], whole + parts[0].shape), operands)
        for parts in zip(*results, strict=True)
    ]


def of_square(name: str, a: Any, f: Callable[[int, Array, Sequence[Any]], list[Made]]) -> list[Any]:
    """The results of f(n, matrix, its leaves) for a square matrix, or for each of a stack of them."""
    x = given(a, name)
    check_matrix(x, name)
    n = x.shape[-1]
    return over_stacks(name, lambda leaves: f(n, array(leaves), leaves), [x], [2])


def regular(shape: Shape) -> list[float]:
    """The identity matrix, or a vector of ones."""
    if len(shape) < 2:
        return [1.0] * prod(shape)
    return [float(i == j) for i in range(shape[0]) for j in range(shape[1])]


def made(found: Array, shape: Shape, leaves: Sequence[Sequence[Any]]) -> Made:
    """An array as a result of operands with these leaves: numbers out of any graph, where these are."""
    nodes = [x for part in leaves for x in part if isinstance(x, Node)]
    numbers = found.leaves()
    if found.node is None and nodes and not is_tracing() and not any(isinstance(x, Node) for x in numbers):
        common = reduce(and_, [x._flags for x in nodes])
        return Made([detached(float(x), common) for x in numbers], shape)
    return Made(numbers, shape)


def known(x: Array) -> Sequence[float] | None:
    """The numbers of an array if they are known and finite: what is not finite gives what is not finite."""
    if x.data is None:
        return None
    numbers = [y._data if isinstance(y, Node) else y for y in x.data]
    return numbers if all(map(isfinite, numbers)) else None


def matrix(leaves: Sequence[Any]) -> Array:
    return array(leaves)
