"""Names that a user tries: what is meant by one that is not here.

Other libraries spell the same things in another way, and fingers slip.  A suggestion is made where the name is a known
one but for case and underscores, where it is another library's name of something that is here, or where it is nearly
spelled like a known one.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")


def letters_of(name: str) -> str:
    """The name without case, underscores and other marks.

    >>> letters_of("Leaky_ReLU")
    'leakyrelu'
    """
    return "".join(filter(str.isalnum, name)).lower()


def meant(name: str, known: Iterable[str], elsewhere: Mapping[str, str] | None = None) -> str | None:
    """The known name that `name` is likely to mean; None where none is like it.

    `elsewhere` has names of other libraries, as `letters_of` spells them, and what is written here.

    >>> meant("Relu", ["relu", "elu"]), meant("l2", ["mse"], {"l2": "mse"}), meant("rleu", ["relu", "tanh"])
    ('relu', 'mse', 'relu')
    """
    found = {letters_of(x): x for x in known}
    given = letters_of(name)
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


def lookup(what: str, name: str, known: Mapping[str, T], elsewhere: Mapping[str, str] | None = None) -> T:
    """known[name]; raises ValueError with the known names, and the one that is meant, where there is none."""
    if name in known:
        return known[name]
    asked = question(name, known, elsewhere) if isinstance(name, str) else ""
    raise ValueError(f"there is no {what} {name!r}; the known ones are {', '.join(known)}{asked}")
