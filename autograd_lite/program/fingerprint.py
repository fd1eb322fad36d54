"""What a program computes, as bytes: the same for equal programs, in every process."""

import marshal
from typing import Any

from autograd_lite.core import table
from autograd_lite.core.primitives import INTERNAL, Primitive
from autograd_lite.program.program import Program

Described = tuple[Any, ...]


def is_own(row: Primitive) -> bool:
    """Whether a row is one of the library, which every process has."""
    return getattr(table, row.name, None) is row or INTERNAL.get(row.name) is row


def fingerprint(program: Program) -> bytes | None:
    """Everything but the names of arguments; None with a row of a user, which may be another one in each process."""
    rows: dict[Primitive, int] = {}
    bodies: dict[int, int] = {}
    described: list[Described] = []
    describe_in(program.core(), rows, bodies, described)
    if not all(map(is_own, rows)):
        return None
    tables = [
        list(map(plain_tuples, part)) for part in (program.tables, program.shapes(), map(tuple, program.places()))
    ]
    content = [row.name for row in rows], described, tables if program.tables else []
    return marshal.dumps(content, 2)  # version 2 writes equal values as equal bytes


def describe_in(program: Program, rows: dict[Primitive, int], bodies: dict[int, int], found: list[Described]) -> int:
    """The place of a program among those that are described; loops share bodies."""
    if id(program) in bodies:
        return bodies[id(program)]
    instructions: list[Described] = []
    for row, operands, constant in program.instructions:
        if row.payload is None:
            instructions.append((rows.setdefault(row, len(rows)), operands, constant))
        else:
            fields = [
                describe_in(x, rows, bodies, found) if isinstance(x, Program) else plain_tuples(x) for x in row.payload
            ]
            instructions.append((type(row.payload).__name__, operands, fields))
    arguments = [(argument.size, argument.batched) for argument in program.arguments]
    found.append((arguments, instructions, [tuple(result) for result in program.results]))
    bodies[id(program)] = len(bodies)
    return bodies[id(program)]


def plain_tuples(x: Any) -> Any:
    """Plain data without the classes of its tuples."""
    return tuple(map(plain_tuples, x)) if isinstance(x, tuple) else x
