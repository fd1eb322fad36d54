"""What is inside of a container by name, as Python writes it, and containers in words."""

from typing import Any

from autograd_lite.trees.registry import Kind, kind_of


def item_name(name: str, *key: object) -> str:
    """What an item of a container is called; one of an array has as many keys as that has axes.

    >>> item_name("w", 2), item_name("params", "w"), item_name("X", 0, 1)
    ('w[2]', "params['w']", 'X[0, 1]')
    """
    return f"{name}[{', '.join(map(repr, key))}]" if key else name


def joined(*parts: str) -> str:
    """A path of the parts that are not empty."""
    return ".".join(part for part in parts if part)


def in_words(kind: Kind, aux: Any, size: int) -> str:
    """A container in words, for messages."""
    match kind.name:
        case "array":
            return f"an array of shape {aux}"
        case "dict":
            return f"a dict with the keys {list(aux)}"
        case "module":
            return f"a dict with the keys {list(aux.names)}"
        case "static":
            return repr(aux)
        case "samples":
            return "what is mapped over samples"
        case "record":
            return f"a {aux[0].__name__}"
        case "namedtuple":
            return f"a tuple of {size}"
    return f"a {kind!r} of {size}"


def summary(x: Any) -> str:
    """A value in a few words, for messages."""
    kind = kind_of(x)
    if isinstance(x, (list, tuple, dict)) and kind is not None:
        return in_words(kind, tuple(x), len(x))
    if hasattr(x, "shape"):
        return f"an array of shape {tuple(x.shape)}"
    text = repr(x)
    return f"{text if len(text) <= 60 else text[:57] + '...'} of type {type(x).__name__}"
