"""Paths: the names of what is inside of nested containers and Modules, where no two things have the same."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

PART = re.compile(r"""\[(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\[\]'"])*\]|\.?[^.\[\]]+|.""", re.DOTALL)

T = TypeVar("T")


def inner_path(outer: str, key: object) -> str:
    """The path of what a container holds under a key: `.key` where that is plain text, else the key as Python writes
    it, in brackets.  So a key with a dot is not taken for two keys, nor the number 1 for the text "1".

    >>> inner_path("", "layers"), inner_path("layers", "0"), inner_path("d", "a.b"), inner_path("d", 1)
    ('layers', 'layers.0', "d['a.b']", 'd[1]')
    """
    if type(key) is str and key.isprintable() and key and not any(c in ".[]" for c in key):
        return f"{outer}.{key}" if outer else key
    return f"{outer}[{key!r}]"


def joined(outer: str, path: str) -> str:
    """The path of what has that path in what has the path `outer`; either may be empty.

    >>> joined("model", "layers.0"), joined("model", "['a.b']"), joined("", "w")
    ('model.layers.0', "model['a.b']", 'w')
    """
    return f"{outer}{'.' if outer and path and path[0] != '[' else ''}{path}"


def parts(path: str) -> list[str]:
    """The path in pieces, one for each key; together they are the path again.

    >>> parts("layers.0.w[2]"), parts("d['a.b'].w")
    (['layers', '.0', '.w', '[2]'], ['d', "['a.b']", '.w'])
    """
    return PART.findall(path)


def is_within(path: str, outer: str) -> bool:
    """Whether a path leads to what has the path `outer`, or into it.

    >>> is_within("layers.1.w", "layers.1"), is_within("layers.10.w", "layers.1"), is_within("w", "")
    (True, False, True)
    """
    return not outer or path == outer or (path.startswith(outer) and path[len(outer)] in ".[")


def renamed(state: Mapping[str, T], paths: Iterable[str]) -> Mapping[str, T]:
    """A state of these paths by their names, also one of files from before keys were in brackets."""
    now = {loose(path): path for path in paths}
    before = {loose(path): x for path, x in state.items()}
    if len(before) < len(state) or before.keys() != now.keys():
        return state
    return {now[key]: x for key, x in before.items()}


def loose(path: str) -> str:
    return ".".join([key.strip(".[]'\"") for key in parts(path)])


def check_distinct(paths: Sequence[str], things: Iterable[object], what: str) -> None:
    """Raises ValueError where two things have the same path, and shows both."""
    if len(set(paths)) == len(paths):
        return
    found: dict[str, object] = {}
    for path, x in zip(paths, things, strict=True):
        if path in found:
            both = f"{found[path]!r} and {x!r}"
            raise ValueError(
                f"{what} has two things under one name, {path!r}: {both}; give them keys that print differently, "
                f"such as strings or numbers"
            )
        found[path] = x
