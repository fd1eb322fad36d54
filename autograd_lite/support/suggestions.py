"""Names that a user tries: what is meant by one that is not here.

Other libraries spell the same things in another way, and fingers slip.  A suggestion is made where the name is a known
one but for case and underscores, where it is another library's name of something that is here, or where it is nearly
spelled like a known one.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

LOSSES: Final = {
    "bce": "binary_cross_entropy_with_logits", "bcewithlogits": "binary_cross_entropy_with_logits",
    "bcewithlogitsloss": "binary_cross_entropy_with_logits", "bceloss": "binary_log_loss",
    "logistic": "binary_cross_entropy_with_logits", "ce": "softmax_cross_entropy",
    "crossentropy": "softmax_cross_entropy", "crossentropyloss": "softmax_cross_entropy",
    "categoricalcrossentropy": "softmax_cross_entropy", "nll": "softmax_cross_entropy", "nllloss": "log_loss",
    "l2": "mse", "l2loss": "mse", "mseloss": "mse", "meansquarederror": "mse", "squarederror": "mse", "svm": "hinge",
}  # fmt: skip
"""What other libraries call the losses, as `plain` spells it."""


def plain(name: str) -> str:
    """The name without case, underscores and other marks.

    >>> plain("Leaky_ReLU")
    'leakyrelu'
    """
    return "".join(filter(str.isalnum, name)).lower()


def meant(name: str, known: Iterable[str], elsewhere: Mapping[str, str] | None = None) -> str | None:
    """The known name that `name` is likely to mean; None where none is like it.

    `elsewhere` has names of other libraries, as `plain` spells them, and what is written here.

    >>> meant("Relu", ["relu", "elu"]), meant("bce", ["mse"], LOSSES), meant("rleu", ["relu", "tanh"]), meant("x", [])
    ('relu', 'binary_cross_entropy_with_logits', 'relu', None)
    """
    found = {plain(x): x for x in known}
    given = plain(name)
    if given in found:
        return found[given]
    if elsewhere is not None and given in elsewhere:
        return elsewhere[given]
    near = get_close_matches(given, found, n=1, cutoff=0.7)
    return found[near[0]] if near else None


def question(name: str, known: Iterable[str], elsewhere: Mapping[str, str] | None = None) -> str:
    """The end of a message: "; did you mean 'relu'?", or nothing.

    >>> question("sofmax", ["softmax"])
    "; did you mean 'softmax'?"
    """
    found = meant(name, known, elsewhere)
    return f"; did you mean {found!r}?" if found else ""
