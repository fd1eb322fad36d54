"""A word before a long program is compiled: what makes it long, and what to write instead."""

import ast
import inspect
import textwrap

from autograd_lite.program.program import Program
from autograd_lite.support.user_lines import warn
from autograd_lite.transforms.signatures import Function, name_of

SECONDS = 33e-6
"""What native code takes to compile, for an instruction, about."""

PATIENCE = 5.0
"""Seconds from which on compiling deserves a warning."""


def warn_if_long(f: Function, program: Program) -> None:
    """Warn where compiling a program is about to take long."""
    count = len(program.instructions)
    if count * SECONDS > PATIENCE:
        place = loop_in(f)
        because = f", since the loop at {place} is written out step by step" if place else ""
        warn(
            f"compiling {name_of(f)} takes about {count * SECONDS:.0f} s: its program has {count:,} instructions"
            f"{because}; write loops as scan, which is one instruction whatever its length"
        )


def loop_in(f: Function) -> str:
    """The first loop in the source of a function, as "file:line"; "" where none is found."""
    try:
        inner = inspect.unwrap(f)
        lines, first = inspect.getsourcelines(inner)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, ValueError, SyntaxError):
        return ""
    kinds = (ast.For, ast.While, ast.ListComp, ast.GeneratorExp)
    loops = [node.lineno for node in ast.walk(tree) if isinstance(node, kinds)]
    return f"{inspect.getsourcefile(inner)}:{first + min(loops) - 1}" if loops else ""
