"""Data for training: samples and targets are checked once, naming the row that is wrong, and become plain lists; and
what training does to data: splitting, shuffling, one-hot targets."""

import math
import random
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from autograd_lite.core.operands import number
from autograd_lite.nn.randomness import Seed, generator
from autograd_lite.nn.shapes import ArrayLike, NestedNumbers, as_lists, has_shape, shape_of, shape_text


class DataFrame(Protocol):
    """A table of pandas and its like."""

    def to_numpy(self) -> Any: ...


Data: TypeAlias = Sequence[NestedNumbers] | ArrayLike | DataFrame
"""A row for each sample: numbers, nested lists or arrays."""


def as_samples(X: Data, what: str = "X") -> list[Any]:
    """The rows of a table, or images, as lists of floats; raises ValueError on no rows, rows of different sizes, nan
    and inf, TypeError on what is no number."""
    rows = as_rows(X, what)
    shape, samples = shape_of(rows[0]), []
    for i, row in enumerate(rows):
        where = f"row {i} of {what}"
        usual = type(row) is list and set(map(type, row)) == {float}  # which is checked at once
        if shape != (len(row),) if usual else not has_shape(row, shape):
            found = shape_of(row)
            if not has_shape(row, found):
                raise ValueError(f"{where} is ragged: its lists differ in size; give them the same size")
            sizes = f"has the size {shape_text(found)}, but row 0 has {shape_text(shape)}"
            raise ValueError(f"{where} {sizes}; give all rows the same size")
        samples.append(row if usual and math.isfinite(sum(row)) else as_floats(row, where))
    return samples


def as_rows(X: Data, what: str) -> list[Any]:
    """The rows, as lists where they are arrays; raises TypeError on what has none, ValueError on no rows."""
    rows = as_lists(X.to_numpy() if hasattr(X, "to_numpy") else X)
    if isinstance(rows, (str, dict)) or not hasattr(rows, "__iter__"):
        raise TypeError(f"{what} is a list or an array with a row for each sample, but got {rows!r}; pass one")
    rows = [as_lists(row) for row in rows]
    if not rows:
        raise ValueError(f"{what} is empty; pass at least one sample")
    return rows


def as_floats(x: NestedNumbers, where: str) -> Any:
    """Nested lists of floats of the same structure; every number finite."""
    if isinstance(x, (list, tuple)):
        if set(map(type, x)) == {float} and math.isfinite(sum(x)):  # the usual row, at once
            return x if isinstance(x, list) else list(x)
        return [as_floats(y, where) for y in x]
    value = number(x)
    if value is None:
        raise TypeError(f"{where} holds {x!r} of type {type(x).__name__}; it may hold numbers only")
    if not math.isfinite(value):
        raise ValueError(f"{where} holds {value}; drop the row or fill the gap before training")
    return value


def as_classes(y: Data, count: int, what: str = "y") -> list[int]:
    """Class numbers from 0 to count - 1; raises ValueError with the row of the first that is none."""
    labels = []
    for i, label in enumerate(as_rows(y, what)):
        value = number(label)
        if value is None or value != math.floor(value) or not 0 <= value < count:
            classes = f"the model has {count} outputs, for the classes 0 to {count - 1}"
            more = "number the classes from 0, and give the model one output a class"
            raise ValueError(f"row {i} of {what} is {label!r}, but {classes}; {more}")
        labels.append(int(value))
    return labels


def one_hot(label: int, count: int) -> list[float]:
    """A list of zeros with a 1 at the label; raises ValueError where that is out of range.

    >>> one_hot(1, 3)
    [0.0, 1.0, 0.0]
    """
    if not 0 <= label < count:
        raise ValueError(f"the label {label!r} is not one of the {count} classes 0 to {count - 1}; check the data")
    return [1.0 if i == label else 0.0 for i in range(count)]


def train_test_split(
    X: Data, y: Data, test_size: float = 0.2, rng: Seed = None
) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """X_train, X_test, y_train, y_test: rows in random order, `test_size` of them held out.

    >>> train_test_split([[1], [2], [3], [4], [5]], [1, 2, 3, 4, 5], rng=0)[1::2]
    ([[4]], [4])
    """
    rows, targets = as_rows(X, "X"), as_rows(y, "y")
    check_lengths(rows, targets)
    held = math.ceil(test_size * len(rows)) if 0.0 < test_size < 1.0 else 0
    if not 0 < held < len(rows):
        raise ValueError(f"a share of {test_size!r} of {len(rows)} rows leaves an empty part; choose another")
    order = shuffled(len(rows), generator(rng))
    test, train = order[:held], order[held:]
    X_train, X_test, y_train, y_test = ([x[i] for i in part] for x in (rows, targets) for part in (train, test))
    return X_train, X_test, y_train, y_test


def check_lengths(X: Sequence[NestedNumbers], y: Sequence[NestedNumbers]) -> None:
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} rows, but y has {len(y)}; pass a target for each sample")


def shuffled(count: int, rng: random.Random) -> list[int]:
    """The numbers from 0 to count - 1 in random order: sorted by draws, which is twice as fast as a shuffle."""
    return sorted(range(count), key=[rng.random() for _ in range(count)].__getitem__)
