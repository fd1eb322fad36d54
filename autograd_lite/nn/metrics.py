"""Decisions of classifiers, whether they are right, and the targets of each kind of loss."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core.operands import number
from autograd_lite.core.table import dot, equal, less, logical_and, logical_not, logical_or
from autograd_lite.core.table import max as largest
from autograd_lite.core.table import min as smallest
from autograd_lite.nn.data import Data, as_classes, as_floats, as_rows
from autograd_lite.nn.losses import (
    Loss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    binary_log_loss,
    hinge,
    perceptron,
    softmax_cross_entropy,
)
from autograd_lite.nn.shapes import NestedNumbers, Scalar, all_numbers, has_shape, shape_of

KINDS: dict[Loss, str] = {
    softmax_cross_entropy: "classes", binary_cross_entropy_with_logits: "binary", binary_cross_entropy: "binary",
    binary_log_loss: "probabilities", perceptron: "binary", hinge: "signs",
}  # fmt: skip
"""The kind of targets of each loss of classification; all others take numbers."""


def target_kind(loss: Loss) -> str:
    return KINDS.get(loss, "numbers")


def decision(output: Any, kind: str, target: bool = False) -> Any:
    """The decision of a model: the class of the largest logit, 1 or 0, 1 or -1, or the numbers as they are.

    With `target` it is the decision that a target means: of probabilities and soft labels the likelier one.

    >>> decision([0.1, 2.0, -1.0], "classes"), decision(-0.3, "signs")
    (1, -1)
    """
    if isinstance(output, list):
        return output.index(max(output)) if kind == "classes" else [decision(x, kind, target) for x in output]
    if kind in ("binary", "probabilities"):
        return 1 if output > middle(kind, target) else 0
    if kind == "signs":
        return 1 if output > 0.0 else -1
    return output


def middle(kind: str, target: bool = False) -> float:
    """The number between the two decisions."""
    return 0.5 if kind == "probabilities" or (kind == "binary" and target) else 0.0


def correctness(output: Any, target: Any, kind: str) -> Any:
    """1 where the decision for an output is that of the target, else 0, by primitives: for programs."""
    if kind == "numbers":
        return 0.0
    if kind == "classes":
        chosen = one_hot_argmax(list(output))
        if isinstance(target, (list, tuple)):
            return dot(chosen, one_hot_argmax(list(target)))
        return dot(chosen, [equal(target, float(j)) for j in range(len(chosen))])
    between, right = middle(kind), middle(kind, target=True)
    numbers = zip(all_numbers(output), all_numbers(target), strict=True)
    return smallest([equal(less(between, p), less(right, t)) for p, t in numbers])


def one_hot_argmax(xs: list[Scalar]) -> list[Any]:
    """1 at the first largest of the numbers, 0 elsewhere, by primitives."""
    top, seen = largest(xs), 0.0
    found: list[Any] = []
    for x in xs:
        tied = equal(x, top)
        found.append(logical_and(tied, logical_not(seen)))
        seen = logical_or(seen, tied)
    return found


def as_targets(y: Data, kind: str, output: NestedNumbers, what: str = "y") -> list[Any]:
    """The targets in the form that the loss takes, each checked; raises ValueError with the wrong row.  `output` is
    what the model gives for one sample: there must be a target for each of its numbers."""
    rows = as_rows(y, what)
    shape = shape_of(output)
    if kind == "classes":
        if not shape:
            needs = "softmax_cross_entropy needs an output for each class, but the model has one output"
            raise ValueError(f"{needs}; give it more, or take binary_cross_entropy_with_logits")
        if not shape_of(rows[0]):
            return as_classes(rows, shape[0], what)
    targets = [shaped(as_floats(row, f"row {i} of {what}"), shape) for i, row in enumerate(rows)]
    for i, row in enumerate(targets):
        where = f"row {i} of {what}"
        if kind == "classes" and (min(row) < 0.0 or abs(sum(row) - 1.0) > 1e-6):
            rule = "the probabilities of the classes are not negative and add up to 1"
            raise ValueError(f"{where} is {rows[i]!r}; {rule}")
        numbers = row if isinstance(row, list) else [row]
        if not has_shape(row, shape):
            gives = f"the model gives {shape[0] if shape else 1}; give it an output for each"
            raise ValueError(f"{where} has {len(numbers)} numbers, but {gives}")
        if kind in ("binary", "probabilities") and not all(0.0 <= x <= 1.0 for x in numbers):
            raise ValueError(f"{where} is {rows[i]!r}; this loss takes labels from 0 to 1")
        if kind == "signs" and not all(x in (-1.0, 1.0) for x in numbers):
            raise ValueError(f"{where} is {rows[i]!r}; this loss takes the labels -1 and 1")
    return targets


def shaped(row: Any, shape: tuple[int, ...]) -> Any:
    """A single number as the output has it: alone or in a list."""
    if shape == () and shape_of(row) == (1,):
        return row[0]
    return [row] if shape == (1,) and shape_of(row) == () else row


def accuracy(decisions: Sequence[NestedNumbers], targets: Sequence[NestedNumbers]) -> float:
    """The share of decisions that are right.  Raises ValueError on scores, which are no decisions yet.

    >>> accuracy([0, 1, 1, 2], [0, 1, 2, 2])
    0.75
    """
    _check_pairs("accuracy", decisions, targets)
    pairs = list(zip(as_rows(decisions, "decisions"), as_rows(targets, "targets"), strict=True))
    for found, true in pairs:
        x = number(found)
        if shape_of(found) != shape_of(true) or (x is not None and not x.is_integer()):
            got = f"accuracy counts the classes that were said rightly, but got {found!r} for {true!r}, a score"
            more = "take the class of the largest score, or let evaluate(model, X, y, loss) decide"
            raise ValueError(f"{got}; {more}")
    return sum(1 for found, true in pairs if found == true) / len(pairs)


def confusion_matrix(decisions: Sequence[int], targets: Sequence[int]) -> list[list[int]]:
    """How often each class (a row) was taken for each class (a column).

    >>> confusion_matrix([0, 1, 1, 2], [0, 1, 2, 2])
    [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    """
    _check_pairs("confusion_matrix", decisions, targets)
    count = 1 + int(max(max(decisions), max(targets)))
    as_classes(list(decisions), count, "decisions"), as_classes(list(targets), count, "targets")
    table = [[0] * count for _ in range(count)]
    for found, true in zip(decisions, targets, strict=True):
        table[true][found] += 1
    return table


def _check_pairs(what: str, decisions: Sequence[NestedNumbers], targets: Sequence[NestedNumbers]) -> None:
    if len(decisions) != len(targets) or not len(targets):
        got = f"{len(decisions)} and {len(targets)}; pass as many of both, at least one"
        raise ValueError(f"{what} compares decisions with targets, but got {got}")
