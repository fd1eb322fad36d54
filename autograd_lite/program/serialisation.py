"""Programs as JSON documents, and back.

A document may come from anywhere: every name, number and count in it is checked, and nothing is executed.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from autograd_lite.core.graph import NUMBER
from autograd_lite.program.instructions import ROWS, Argument, Instruction, Parts, Result, batched_values

FORMAT, VERSION = "autograd_lite.program", 1
LARGEST = 10**8
"""So many numbers the arguments of a document may hold: a damaged one must not fill the memory."""


def to_document(
    arguments: Iterable[Argument], instructions: Iterable[Instruction], results: Iterable[Result]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "arguments": [[*a[:3], list(a.numbers)] if a.numbers else list(a[:3]) for a in arguments],
        "instructions": [
            [row.name, list(operands)] + ([] if constant is None else [constant.hex()])
            for row, operands, constant in instructions
        ],
        "results": [[list(r.values), r.batched] for r in results],
    }


def parsed(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is no JSON: {error}; pass what to_json returned") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"this JSON holds no {FORMAT}; pass what to_json returned")
    return document


def from_document(document: dict[str, Any], origin: str) -> Parts:
    """The parts of the program in a document; `origin` names the document in messages."""
    try:
        if document["version"] != VERSION:
            raise ValueError(f"its version is {document['version']!r}, this library reads version {VERSION}")
        return checked_parts(document)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        raise ValueError(
            f"{origin} does not hold a valid program: {error}; save it again with this version of the library"
        ) from None


def checked_parts(document: dict[str, Any]) -> Parts:
    arguments = [argument_of(entry) for entry in document["arguments"]]
    count = sum(a.size for a in arguments)
    if count > LARGEST:
        raise ValueError(f"its arguments hold {count} numbers, more than {LARGEST}")
    instructions = [instruction_of(entry, number) for number, entry in enumerate(document["instructions"], count)]
    batched = batched_values(arguments, instructions)
    results = []
    for values, each in document["results"]:
        if not (isinstance(each, bool) and all(is_count(i) and i < len(batched) for i in values)):
            raise ValueError(f"a result reads {[values, each]!r}")
        if not each and any(batched[i] for i in values):
            raise ValueError("a result that is not batched holds values that are")
        results.append(Result(tuple(values), each))
    return arguments, instructions, results


def argument_of(entry: Sequence[Any]) -> Argument:
    name, size, batched, *rest = entry
    numbers = tuple(rest[0]) if rest else ()
    named = len(rest) <= 1 and len(numbers) in (0, size) and all(isinstance(x, str) for x in numbers)
    if not (isinstance(name, str) and is_count(size) and isinstance(batched, bool) and named):
        raise ValueError(f"an argument reads {[name, size, batched, *rest]!r}")
    return Argument(name, size, batched, numbers)


def instruction_of(entry: Sequence[Any], number: int) -> Instruction:
    """The instruction whose result has that number: its operands are values before it."""
    name, operands = entry[0], tuple(entry[1])
    if not isinstance(name, str) or name not in ROWS:
        raise ValueError(f"the table has no row {name!r} (a row of your own is entered before a program with it loads)")
    row = ROWS[name]
    if row.arity is not None and len(operands) != row.arity:
        raise ValueError(f"{name} takes {row.arity} operands, not {len(operands)}")
    if row.arity is None and (len(operands) % row.sequences or (row.empty is None and not operands)):
        raise ValueError(f"{name} has no value for {len(operands)} operands")
    if not all(is_count(i) and i < number for i in operands):
        raise ValueError(f"instruction {number} uses values {operands!r}, which are not computed before it")
    if (len(entry) == 3) != (row is NUMBER):
        raise ValueError(f"instruction {number} ({name}) has a wrong payload")
    return Instruction(row, operands, float.fromhex(entry[2]) if row is NUMBER else None)


def is_count(x: object) -> bool:
    return isinstance(x, int) and not isinstance(x, bool) and x >= 0
