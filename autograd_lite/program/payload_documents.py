"""Loops and arrays of a program as parts of its JSON document, and back, with every number checked."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.program.gathers import Additions, Column, Entry, Gather, Gathers, Scatter
from autograd_lite.program.instructions import Argument, Instruction, Result
from autograd_lite.program.kernels import KERNELS
from autograd_lite.program.payloads import Item, Kernel, Loop, Numbers, Payload, Stack, While, Whole
from autograd_lite.support.files import Json, shortened

NAMES = {
    "item": Item, "stack": Stack, "numbers": Numbers, "whole": Whole, "loop": Loop, "gather": Gather,
    "gathers": Gathers, "scatter": Scatter, "kernel": Kernel, "call": Loop, "while": While,
}  # fmt: skip
LARGEST = 10**8
"""So many numbers the array of a loop may have: a short document must not fill the memory."""
DEEPEST = 50
"""So many loops may be inside of each other."""

Sizes = Sequence[int | None]
"""For each value so far, the size of the array that it is; None: it is a number."""

Body = tuple[list[Argument], list[Instruction], list[Result]]


def payload_entry(payload: Payload, program_entry: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """The fields of a payload in a document, beside its name and the operands."""
    if isinstance(payload, Numbers):
        return {"numbers": [x.hex() for x in payload.numbers]}
    if isinstance(payload, Loop):
        return {**payload._asdict(), "columns": [list(c) for c in payload.columns], "body": program_entry(payload.body)}
    if isinstance(payload, Item | Gather | Gathers | Scatter | Kernel):
        return payload._asdict()  # of tuples, which are lists in a document
    if isinstance(payload, Whole):
        return {"argument": payload.argument, "size": payload.size, "first": payload.first}
    return {}


def checked_payload(
    name: str,
    operands: Sequence[int],
    entry: Json,
    sizes: Sizes,
    arguments: Sequence[Argument],
    body_of: Callable[[Json], Any],
    number_of: Callable[[Json], float],
) -> Payload:
    """The payload of an instruction, whose operands are values before it; ValueError where it fits no such operands."""
    kind = NAMES[name]
    fields = set(kind._fields) - ({"size"} if kind is Stack else set())  # type: ignore[attr-defined]
    if kind is Whole and isinstance(entry, dict) and entry.keys() == {"argument"}:  # as files had it before
        entry = {**entry, "size": arguments[as_count(entry["argument"])].size, "first": 0}
    if not isinstance(entry, dict) or entry.keys() != fields:
        raise ValueError(f"{name} has the fields {shortened(entry)}, not {', '.join(sorted(fields)) or 'none'}")
    found = [sizes[i] for i in operands]
    if kind is Item:
        (size,) = found
        if size is None or as_count(entry["offset"]) >= size:
            raise ValueError(f"an item reads {shortened(entry)} of an array of {size} numbers")
        return Item(as_count(entry["offset"]))
    if kind is Stack:
        check_numbers(found, name)
        return Stack(len(operands))
    if kind is Numbers:
        return Numbers(tuple([number_of(x) for x in listed(entry["numbers"])]))
    if kind is Whole:
        k = as_count(entry["argument"])
        if k >= len(arguments) or arguments[k].batched:
            raise ValueError(f"an array is argument {k}, which is none or has samples")
        size, first = as_count(entry["size"]), as_count(entry["first"])
        if first + size > arguments[k].size:
            raise ValueError(f"an array is {size} numbers from {first} on of an argument of {arguments[k].size}")
        return Whole(k, size, first)
    if kind is Gather:
        array, index = found
        check_numbers([index], name)
        return checked_places([entry[field] for field in Gather._fields], array)
    if kind is Gathers:
        array, indices = found
        length, first, apart = (as_count(entry[field]) for field in ("length", "first", "apart"))
        checked_column([0, first, apart], length, [indices])
        return Gathers(length, first, apart, checked_places(listed(entry["places"]), array))
    if kind is Kernel:
        return checked_kernel(entry, found)
    if kind is Scatter:
        return checked_scatter(entry, found)
    loop = checked_loop(entry, found, body_of)
    if kind is While:
        if loop.length != 1 or loop.reverse or loop.columns or loop.outputs or loop.residuals or not loop.carries:
            raise ValueError(f"a while has {loop.carries} carries, and x or y")
        return While(*loop)
    if name == "call" and not loop.is_call:
        raise ValueError(f"a call runs {loop.length} times, with {loop.carries} carries")
    return loop


def checked_places(entry: list[Any], size: int | None) -> Gather:
    offset, stride, total = entry
    if not as_count(total):
        raise ValueError(f"a gather reads none of {shortened(entry)}")
    checked_column([0, offset, stride], total, [size])
    return Gather(offset, stride, total)


def checked_column(entry: list[Any], length: int, sizes: Sizes) -> Column:
    """A column that is within its array, in so many steps."""
    k, offset, stride = entry
    if not all(isinstance(x, int) and not isinstance(x, bool) for x in (k, offset, stride)) or not 0 <= k < len(sizes):
        raise ValueError(f"a column reads {shortened(entry)}")
    size = sizes[k]
    if size is None or (length and not all(0 <= offset + t * stride < size for t in (0, length - 1))):
        raise ValueError(f"a column reads {shortened(entry)} of an array of {size} numbers")
    return Column(k, offset, stride)


def checked_scatter(entry: dict[str, Any], sizes: Sizes) -> Scatter:
    size, based = as_count(entry["size"]), entry["based"]
    if size > LARGEST or not isinstance(based, bool) or (based and sizes[0] != size):
        raise ValueError(f"a scatter makes {size} numbers of {sizes[:1]}, based: {shortened(based)}")
    groups = []
    for length, reverse, entries in listed(entry["groups"]):
        if not as_count(length) or not isinstance(reverse, bool):
            raise ValueError(f"a scatter adds {shortened(length)} times, in reverse: {shortened(reverse)}")
        found = []
        for value, index, offset, stride, total in listed(entries):
            if index is None:
                checked_column([0, offset, stride], length, [size])
                as_count(total)
            else:
                checked_places([offset, stride, total], size)
            known = None if index is None else checked_column(index, length, sizes)
            found.append(Entry(checked_column(value, length, sizes), known, offset, stride, total))
        groups.append(Additions(length, reverse, tuple(found)))
    return Scatter(size, based, tuple(groups))


def checked_kernel(entry: dict[str, Any], found: Sizes) -> Kernel:
    kernel = KERNELS.get(entry["name"])
    sizes, offsets = (tuple([as_count(x) for x in listed(entry[field])]) for field in ("sizes", "offsets"))
    if kernel is None or len(sizes) != kernel.counts[0]:
        raise ValueError(f"there is no kernel {shortened(entry['name'])} of {len(sizes)} sizes")
    if sum(sizes) > LARGEST or kernel.output(*sizes) > LARGEST:
        raise ValueError(f"the kernel {kernel.name} has the sizes {shortened(list(sizes))}, which is too much")
    if not kernel.allowed(*sizes):
        raise ValueError(f"the kernel {kernel.name} has the sizes {list(sizes)}, which do not fit each other")
    needed = kernel.inputs(*sizes)
    if len(needed) != len(found) or len(offsets) != len(found):
        raise ValueError(f"the kernel {kernel.name} reads {len(needed)} arrays, but has {len(found)}")
    for size, start, part in zip(found, offsets, needed, strict=True):
        if size is None or start + part > size:
            raise ValueError(f"the kernel {kernel.name} reads {part} numbers from {start} on, of an array of {size}")
    return Kernel(kernel.name, sizes, offsets)


def checked_loop(entry: dict[str, Any], found: Sizes, body_of: Callable[[Json], Any]) -> Loop:
    length, carries, arrays, outputs, residuals = (
        as_count(entry[field]) for field in ("length", "carries", "arrays", "outputs", "residuals")
    )
    if not isinstance(entry["reverse"], bool) or not length:
        raise ValueError(f"a loop runs {length} times, in reverse: {shortened(entry['reverse'])}")
    whole = tuple([as_count(k) for k in entry["whole"]])
    inner, shared = found[carries : carries + arrays], found[carries + arrays :]
    check_numbers([*found[:carries], *shared], "a loop")
    known = [size for size in inner if size is not None]
    if len(known) != arrays or not all(k < arrays for k in whole):
        raise ValueError(f"a loop reads {arrays} arrays, but has {len(known)}")
    columns = tuple([checked_column(column, length, known) for column in entry["columns"]])
    body = body_of(entry["body"])
    takes = [argument.size for argument in body.arguments]
    gives = [len(result.values) for result in body.results]
    batched = any(part.batched for part in (*body.arguments, *body.results))
    fits = takes == [carries, len(columns), len(shared), *[known[k] for k in whole]]
    if batched or not fits or gives != [carries, outputs, residuals]:
        raise ValueError(f"the body of a loop takes {takes} and gives {gives}, which is not what the loop has")
    loop = Loop(body, length, entry["reverse"], carries, arrays, columns, whole, outputs, residuals)
    if loop.size > LARGEST:
        raise ValueError(f"a loop makes {loop.size} numbers, more than {LARGEST}")
    return loop


def check_numbers(sizes: Sizes, name: str) -> None:
    if any(size is not None for size in sizes):
        raise ValueError(f"{name} has an array in the place of a number")


def listed(x: Json) -> list[Any]:
    if not isinstance(x, list):
        raise TypeError(f"it has {shortened(x)} in place of a list")
    return x


def as_count(x: object) -> int:
    if not isinstance(x, int) or isinstance(x, bool) or x < 0:
        raise ValueError(f"a count reads {shortened(x)}")
    return x
