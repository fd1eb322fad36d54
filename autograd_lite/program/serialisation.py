"""Programs as JSON documents, and back.

A document may come from anywhere: every name, number and count in it is checked, and nothing is executed.
"""

import json
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from autograd_lite.core.graph import BATCH_SUM, NUMBER
from autograd_lite.program.instructions import ROWS, Argument, Instruction, Parts, Result, batched_values
from autograd_lite.program.payload_documents import (
    DEEPEST,
    NAMES,
    check_numbers,
    checked_payload,
    listed,
    payload_entry,
)
from autograd_lite.program.payloads import row_of
from autograd_lite.support.files import Json, shortened

FORMAT, VERSION = "autograd_lite.program", 2
WITHOUT_LOOPS = 1
"""The version that programs without loops are written in, for older versions of the library."""
UNUSED = 10**6
"""So many numbers the arguments may hold beside those that are used: a short document must not fill the memory."""
FIELDS = {"format", "version", "arguments", "instructions", "results"}


def to_document(
    arguments: Iterable[Argument], instructions: Sequence[Instruction], results: Iterable[Result]
) -> dict[str, Any]:
    entries = parts_entry(arguments, instructions, results)
    has_loops = any(row.payload is not None for row, _, _ in instructions)
    return {"format": FORMAT, "version": VERSION if has_loops else WITHOUT_LOOPS, **entries}


def parts_entry(
    arguments: Iterable[Argument], instructions: Iterable[Instruction], results: Iterable[Result]
) -> dict[str, Any]:
    instructions = list(instructions)
    for row in {row for row, _, _ in instructions}:
        if row.called_back:
            raise ValueError(
                f"a program with {row.name} cannot be written down, because it calls a Python function back; write "
                f"that function in functions of this library"
            )
    return {
        "arguments": [[*a[:3], list(a.numbers)] if a.numbers else list(a[:3]) for a in arguments],
        "instructions": [instruction_entry(x) for x in instructions],
        "results": [[list(r.values), r.batched] for r in results],
    }


def instruction_entry(instruction: Instruction) -> list[Any]:
    row, operands, constant = instruction
    if row.payload is not None:
        body_entry = lambda body: parts_entry(body.arguments, body.instructions, body.results)  # noqa: E731
        return [row.name, list(operands), payload_entry(row.payload, body_entry)]
    return [row.name, list(operands)] + ([] if constant is None else [constant.hex()])


def parsed(text: str) -> dict[str, Any]:
    if not isinstance(text, (str, bytes)):
        raise TypeError(f"a program is read from text, but got {text!r}; pass what to_json returned")
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
        if document["version"] not in (WITHOUT_LOOPS, VERSION):
            raise ValueError(f"its version is {document['version']!r}, this library reads version {VERSION}")
        if unknown := document.keys() - FIELDS:
            raise ValueError(f"it has the unknown field {min(unknown)!r}")
        return checked_parts(document, 0)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        why = shortened(f"it lacks {error}" if isinstance(error, KeyError) else str(error))
        raise ValueError(
            f"{origin} does not hold a valid program: {why}; save it again with this version of the library"
        ) from None


def checked_parts(document: dict[str, Any], depth: int) -> Parts:
    if depth > DEEPEST:
        raise ValueError(f"more than {DEEPEST} loops are inside of each other")
    arguments = [argument_of(entry) for entry in listed(document["arguments"])]
    entries = [listed(entry) for entry in listed(document["instructions"])]
    count, room = sum(a.size for a in arguments), UNUSED + sum(len(listed(entry[1])) for entry in entries)
    if count > room:
        raise ValueError(f"its arguments hold {count} numbers, more than the {room} that a document of this length may")

    def body_of(entry: Json) -> Any:
        program: Any = import_module("autograd_lite.program.program").Program  # which imports this module
        return program(*checked_parts(entry, depth + 1))  # type: ignore[arg-type]

    sizes: list[int | None] = [None] * count
    instructions: list[Instruction] = []
    for number, entry in enumerate(entries, count):
        if isinstance(entry[0], str) and entry[0] in NAMES:
            name, operands, *payload = entry
            check_operands(name, operands, number)
            (found,) = payload
            row = row_of(checked_payload(name, operands, found, sizes, arguments, body_of, number_of))
            instructions.append(Instruction(row, tuple(operands)))
        else:
            instructions.append(instruction_of(entry, number))
            check_numbers([sizes[i] for i in instructions[-1].operands], entry[0])
        sizes.append(getattr(instructions[-1].row.payload, "size", None))
    batched = batched_values(arguments, instructions)
    for number, (row, operands, _) in enumerate(instructions, count):
        if row is BATCH_SUM and not batched[operands[0]]:
            raise ValueError(f"instruction {number} sums value {operands[0]} over the samples, which is not batched")
    results = [result_of(entry, batched) for entry in listed(document["results"])]
    check_numbers([sizes[i] for result in results for i in result.values], "a result")
    return arguments, instructions, results


def result_of(entry: Json, batched: bytearray) -> Result:
    values, each = listed(entry)
    if not (isinstance(each, bool) and all(is_count(i) and i < len(batched) for i in listed(values))):
        raise ValueError(f"a result reads {shortened(entry)}")
    if not each and any(batched[i] for i in values):
        raise ValueError("a result that is not batched holds values that are")
    return Result(tuple(values), each)


def argument_of(entry: Json) -> Argument:
    name, size, batched, *rest = listed(entry)
    numbers = tuple(listed(rest[0])) if rest else ()
    named = len(rest) <= 1 and len(numbers) in (0, size) and all(isinstance(x, str) for x in numbers)
    if not (isinstance(name, str) and is_count(size) and isinstance(batched, bool) and named):
        raise ValueError(f"an argument reads {shortened(entry)}")
    return Argument(name, size, batched, numbers)


def instruction_of(entry: Sequence[Any], number: int) -> Instruction:
    """The instruction whose result has that number: its operands are values before it."""
    name, operands = entry[0], tuple(entry[1])
    if not isinstance(name, str) or name not in ROWS:
        own = "(a row of your own is entered before a program with it loads)"
        raise ValueError(f"the table has no row {shortened(repr(name), 60)} {own}")
    row = ROWS[name]
    if row.arity is not None and len(operands) != row.arity:
        raise ValueError(f"{name} takes {row.arity} operands, not {len(operands)}")
    if row.arity is None and (len(operands) % row.sequences or (row.empty is None and not operands)):
        raise ValueError(f"{name} has no value for {len(operands)} operands")
    check_operands(name, operands, number)
    if len(entry) != (3 if row is NUMBER else 2):
        raise ValueError(f"instruction {number} ({name}) has a wrong payload")
    if row.empty is not None and not operands:
        return Instruction(NUMBER, (), row.empty)  # the back ends have code for operands alone
    return Instruction(row, operands, number_of(entry[2]) if row is NUMBER else None)


def check_operands(name: str, operands: Sequence[Any], number: int) -> None:
    if not all(is_count(i) and i < number for i in operands):
        raise ValueError(f"instruction {number} uses values {shortened(operands)}, which are not computed before it")


def number_of(text: Json) -> float:
    """The float that is written as `float.hex` writes it: other readings of a damaged text are no numbers."""
    x = float.fromhex(text) if isinstance(text, str) else None
    if x is None or x.hex() != text:
        raise ValueError(f"a number reads {shortened(repr(text), 60)}, not as float.hex writes it")
    return x


def is_count(x: object) -> bool:
    return isinstance(x, int) and not isinstance(x, bool) and x >= 0
