"""A word before a long program is made or compiled: what makes it long, and what to write instead."""

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any, Final

from autograd_lite.support.user_lines import PACKAGE, warn
from autograd_lite.transforms.signatures import Function, name_of

RECORDED: Final = 5e-6
"""Seconds that a number costs which a function recorded, until its program is made, about."""

COMPILED: Final = 33e-6
"""Seconds that native code takes to compile, for an instruction, about."""

PATIENCE = 5.0
"""Seconds from which on a first call deserves a warning."""

MOST: Final = 3
"""Loops that are named."""

STATEMENTS: Final = (ast.For, ast.While)
COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def takes_long(count: int, each: float) -> bool:
    return count * each > PATIENCE


def warn_if_long(f: Function, count: int, each: float, what: str) -> bool:
    """Warn where so many things are about to take long; whether it was."""
    if not takes_long(count, each):
        return False
    places = loops_of(f)
    because = f", since the loop at {' or '.join(places[:MOST])} is recorded step by step" if places else ""
    warn(
        f"the first call of {name_of(f)} takes about {count * each:.0f} s: it has {count:,} {what}{because}; write the "
        f"loop as scan, or as vmap where no step needs another one: they are one instruction whatever their length"
    )
    return True


def loops_of(f: Function) -> list[str]:
    """The first loop of a function, and of those that it calls, as "file:line", in the order in which it names them."""
    places: list[str] = []
    seen: set[CodeType] = set()
    waiting = [f]
    while waiting:
        inner = python_function(waiting.pop(0))
        if inner is None or inner.__code__ in seen or inner.__code__.co_filename.startswith(PACKAGE):
            continue
        seen.add(inner.__code__)
        place = loop_in(inner)
        if place and place not in places:
            places.append(place)
        waiting += called_by(inner)
    return places


def python_function(f: Any) -> FunctionType | None:
    """The function of Python that is wrapped, bound or given some arguments; None: there is none."""
    while not isinstance(f, FunctionType) or hasattr(f, "__wrapped__"):
        inner = f.func if isinstance(f, functools.partial) else getattr(f, "__wrapped__", None)
        inner = inner or getattr(f, "__func__", None) or inspect.getattr_static(type(f), "__call__", None)
        if inner is None or inner is f or isinstance(f, type):
            return None
        f = inner
    return f


def called_by(f: FunctionType) -> Iterator[Any]:
    """What a function names that may be called: globals, and what it closes over."""
    for name in f.__code__.co_names:
        if callable(x := f.__globals__.get(name)):
            yield x
    for cell in f.__closure__ or ():
        try:
            if callable(x := cell.cell_contents):
                yield x
        except ValueError:
            pass  # a cell that is empty yet


def loop_in(f: FunctionType) -> str:
    """The first loop in the source of a function, as "file:line", a statement if there is one; "": none."""
    try:
        lines, first = inspect.getsourcelines(f)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, ValueError, SyntaxError):
        return ""
    loops: list[int] = []
    for kinds in (STATEMENTS, COMPREHENSIONS):
        loops = loops or [node.lineno for node in ast.walk(tree) if isinstance(node, kinds)]
    return f"{inspect.getsourcefile(f)}:{first + min(loops) - 1}" if loops else ""
