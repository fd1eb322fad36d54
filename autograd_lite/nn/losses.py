"""Losses: how far outputs are from targets, as one Value to minimise.

Each takes the outputs of one sample with its target, or lists of both for a batch, and a `reduction`: "mean",
"sum" or "none".  The losses of classification take logits, the outputs of a linear last layer, so that nothing
overflows and no digits are lost, however large the logits are.
"""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, SupportsInt, TypeAlias

from autograd_lite.core.operands import Operand, Scalar, number
from autograd_lite.core.table import (
    abs,
    dot,
    equal,
    log,
    log1p,
    logsumexp,
    mean,
    relu,
    softplus,
    square,
    where,
    xlog1py,
    xlogy,
)  # fmt: skip
from autograd_lite.core.table import sum as total
from autograd_lite.nn.activations import surprisal_of
from autograd_lite.nn.shapes import NestedNumbers, all_numbers, as_lists
from autograd_lite.support.suggestions import lookup

RENAMED = (
    "binary_cross_entropy takes a logit, while a probability is what others give it; write "
    "binary_cross_entropy_with_logits for logits, or binary_log_loss for probabilities"
)

FORMER = {"binary_cross_entropy": "binary_cross_entropy_with_logits"}
"""The names of losses in earlier versions."""

Loss: TypeAlias = Callable[..., Any]


def mse(output: NestedNumbers, target: NestedNumbers, reduction: str = "mean") -> Any:
    """Mean squared error: the mean of (output - target)^2 over all numbers.

    >>> mse([1.0, 2.0], [0.0, 4.0])
    2.5
    """
    return reduce_losses([square(p - y) for p, y in pairs(output, target)], reduction)


def half_squared(output: NestedNumbers, target: NestedNumbers, reduction: str = "sum") -> Any:
    """The lectures' quadratic cost: half the sum of (output - target)^2, whose derivative is output - target.

    >>> half_squared([1.0, 2.0], [0.0, 4.0])
    2.5
    """
    return reduce_losses([0.5 * square(p - y) for p, y in pairs(output, target)], reduction)


def binary_cross_entropy_with_logits(output: NestedNumbers, target: NestedNumbers, reduction: str = "mean") -> Any:
    """-y ln p - (1 - y) ln(1 - p) with p = sigmoid(output), for targets y in {0, 1} or between.

    Computed as softplus(-z) and softplus(z), weighted with y and 1 - y: exact in both tails.

    >>> binary_cross_entropy_with_logits(0.0, 1)
    0.6931471805599453
    """
    both = pairs(output, target, "binary_cross_entropy_with_logits")
    return reduce_losses([_weighted(softplus, z, y) for z, y in both], reduction)


def binary_cross_entropy(output: NestedNumbers, target: NestedNumbers, reduction: str = "mean") -> Any:
    """`binary_cross_entropy_with_logits` under its name of earlier versions, which warns.

    PyTorch's `BCELoss` and the lectures give a probability to what they call binary cross-entropy: that is
    `binary_log_loss` here.
    """
    warnings.warn(RENAMED, DeprecationWarning, stacklevel=2)
    return binary_cross_entropy_with_logits(output, target, reduction)


def binary_log_loss(probability: NestedNumbers, target: NestedNumbers, reduction: str = "mean") -> Any:
    """-y ln p - (1 - y) ln(1 - p) of probabilities p, for targets y in {0, 1} or between, as PyTorch's `BCELoss`.

    From a logit `binary_cross_entropy_with_logits` keeps more digits.  Raises ValueError where p is outside of
    [0, 1], or where what is certain does not happen, whose loss is infinite.

    >>> round(binary_log_loss(0.75, 1), 6)
    0.287682
    """
    return reduce_losses([_of_probability(p, y) for p, y in pairs(probability, target, "binary_log_loss")], reduction)


def _of_probability(p: Scalar, y: Scalar) -> Any:
    if isinstance(y, Operand) or y not in (0, 1):
        return -(xlogy(y, p) + xlog1py(1.0 - y, -p))
    return -log(p) if y else -log1p(-p)


def hinge(output: NestedNumbers, target: NestedNumbers, reduction: str = "mean") -> Any:
    """Soft margin: max(0, 1 - y p) for targets y in {-1, 1}.

    >>> hinge(0.25, -1)
    1.25
    """
    return reduce_losses([relu(1.0 - y * p) for p, y in pairs(output, target, "hinge")], reduction)


def perceptron(output: NestedNumbers, target: NestedNumbers, reduction: str = "mean") -> Any:
    """relu(-h) for targets 1 and relu(h) for 0: how far a perceptron's sum h is on the wrong side.

    >>> perceptron([2.0, -3.0], [0, 1], reduction="none")
    [2.0, 3.0]
    """
    return reduce_losses([_weighted(relu, h, y) for h, y in pairs(output, target, "perceptron")], reduction)


def _weighted(f: Callable[[Scalar], Any], z: Scalar, y: Scalar) -> Any:
    """y f(-z) + (1 - y) f(z), without the term whose weight is known to be 0."""
    if isinstance(y, Operand) or y not in (0, 1):  # one that is traced is not known
        return y * f(-z) + (1.0 - y) * f(z)
    return f(-z) if y else f(z)


def log_loss(probabilities: Sequence[Scalar], target: SupportsInt) -> Any:
    """-ln p_k of the right class k, from probabilities; from logits `softmax_cross_entropy` keeps more digits.

    >>> round(log_loss([0.4, 0.4, 0.2], 1), 2)
    0.92
    """
    return -log(probabilities[int(target)])


def softmax_cross_entropy(output: Sequence[Any], target: NestedNumbers, reduction: str = "mean") -> Any:
    """-ln p_k of the right class k, with p = softmax(output), from logits.

    A sample is a list of logits and the number of its class, or the probability of each class.  Computed by
    `surprisal`: a class that is certain costs its true tiny number, not 0.  Raises ValueError on a label that is no
    class, or where the probabilities are not as many as the logits; in a program such a label gives nan.

    >>> softmax_cross_entropy([0.0, 0.0, 0.0, 0.0], 2)
    1.3862943611198906
    """
    if number(output) is not None or isinstance(output, Operand):
        raise TypeError(
            f"softmax_cross_entropy takes the logits first and the label second, but got {output!r} and {target!r}; "
            f"write softmax_cross_entropy(logits, label)"
        )
    if isinstance(output[0], (list, tuple)) or getattr(output, "ndim", 1) == 2:
        return reduce_losses([_of_logits(z, y) for z, y in zip(output, as_lists(target), strict=True)], reduction)
    one = _of_logits(output, target)
    return one if reduction == "mean" else reduce_losses([one], reduction)


def _of_logits(logits: Iterable[Scalar], target: NestedNumbers) -> Any:
    values = list(logits)
    if isinstance(target, Operand):  # a label that is not known yet, in a program
        chosen = [equal(target, float(j)) for j in range(len(values))]
        right = total([where(c, z, 0.0) for c, z in zip(chosen, values, strict=True)])
        right = where(total(chosen), right, math.nan)  # a label that is no class is not a number
        return logsumexp([where(c, 0.0, z - right) for c, z in zip(chosen, values, strict=True)])
    label, count = number(target), len(values)
    if label is not None:
        if not 0.0 <= label < count or label != int(label):
            more = "number the classes from 0, and give the model an output for each"
            raise ValueError(f"softmax_cross_entropy got {count} logits and the label {target!r}; {more}")
        return surprisal_of(values, int(label))
    probabilities = list(all_numbers(target))
    if len(probabilities) != count:
        got = f"{count} logits and {len(probabilities)} probabilities"
        raise ValueError(f"softmax_cross_entropy got {got}; give one for each class")
    shares = [(k, t) for k, t in enumerate(probabilities) if isinstance(t, Operand) or t != 0]
    return dot([t for _, t in shares], [surprisal_of(values, k) for k, _ in shares])


def l2_penalty(parameters: Iterable[Scalar], strength: float) -> Any:
    """strength / 2 x the sum of squares: its gradient, strength x w, is weight decay.

    >>> l2_penalty([3.0, 4.0], 0.1)
    1.25
    """
    values = list(parameters)
    return 0.5 * strength * dot(values, values)


def l1_penalty(parameters: Iterable[Scalar], strength: float) -> Any:
    """strength x the sum of absolute values, which makes small parameters zero.

    >>> l1_penalty([3.0, -4.0], 0.1)
    0.7000000000000001
    """
    return strength * total([abs(p) for p in parameters])


LOSSES: dict[str, Loss] = {
    "mse": mse, "half_squared": half_squared, "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "binary_log_loss": binary_log_loss,
    "softmax_cross_entropy": softmax_cross_entropy, "hinge": hinge, "perceptron": perceptron,
}  # fmt: skip


ELSEWHERE = {
    "bce": "binary_cross_entropy_with_logits", "bcewithlogits": "binary_cross_entropy_with_logits",
    "bcewithlogitsloss": "binary_cross_entropy_with_logits", "bceloss": "binary_log_loss",
    "logistic": "binary_cross_entropy_with_logits", "ce": "softmax_cross_entropy",
    "crossentropy": "softmax_cross_entropy", "crossentropyloss": "softmax_cross_entropy",
    "categoricalcrossentropy": "softmax_cross_entropy", "nll": "softmax_cross_entropy", "nllloss": "log_loss",
    "l2": "mse", "l2loss": "mse", "mseloss": "mse", "meansquarederror": "mse", "squarederror": "mse", "svm": "hinge",
}  # fmt: skip
"""What other libraries call the losses, as `plain` spells it."""


def loss_of(given: str | Loss) -> Loss:
    """The loss of that name, or itself if it is a function.  Raises ValueError with the known names."""
    if isinstance(given, str) and given in FORMER:
        warnings.warn(RENAMED, DeprecationWarning, stacklevel=3)
        given = FORMER[given]
    return given if callable(given) else lookup("loss", given, LOSSES, ELSEWHERE)


def reduce_losses(losses: list[Any], reduction: str) -> Any:
    reductions: dict[str, Callable[..., Any]] = {"mean": mean, "sum": total, "none": list}
    reduce = lookup("reduction", reduction, reductions)
    return losses[0] if len(losses) == 1 and reduction != "none" else reduce(losses)


def pairs(output: NestedNumbers, target: NestedNumbers, ordered: str = "") -> Iterator[tuple[Any, Any]]:
    """(output, target) of each number; raises ValueError where the sizes differ.

    `ordered` names a loss in which the two have different parts: TypeError where plain numbers come first and
    Values second, which is the wrong order.
    """
    outputs, targets = list(all_numbers(output)), list(all_numbers(target))
    if len(outputs) != len(targets):
        got = f"{len(outputs)} outputs and {len(targets)} targets; give the model as many outputs as there are targets"
        raise ValueError(f"the loss compares each output with its target, but got {got}")
    if ordered and is_recorded(targets) and not is_recorded(outputs):
        raise TypeError(
            f"{ordered} takes the output of the model first and the target second, but got {output!r} and {target!r}; "
            f"write {ordered}(output, target)"
        )
    return zip(outputs, targets, strict=True)


def is_recorded(xs: list[Any]) -> bool:
    return any(isinstance(x, Operand) for x in xs)
