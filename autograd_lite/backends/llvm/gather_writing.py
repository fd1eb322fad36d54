"""Gathers and scatters as LLVM IR: numbers of arrays at computed places.

An index is a number of its own type: it is compared before it becomes an integer, so that no index, nan included, reads
outside of the array.
"""

from __future__ import annotations

import math

from autograd_lite.backends.batch_order import LANES
from autograd_lite.program.gathers import Column, Gather, Gathers, Scatter

from .arrays_of_loops import ArrayLayout
from .ir_text import INTEGERS, MASKS, SCALAR, VECTOR, Function, literal
from .result_copies import Copy

GATHER = f"""\
declare {VECTOR} @llvm.masked.gather.v{LANES}f64.v{LANES}p0(<{LANES} x ptr>, i32, <{LANES} x i1>, {VECTOR})
"""


def checked_place(f: Function, places: Gather, index: str, type: str) -> tuple[str, str]:
    """Whether an index is in bounds, and the place that it is, else the first one."""
    integers = INTEGERS[type]
    key = "place", index, places.bound, places.stride, type
    if key not in f.made:  # the numbers of a row are at one index
        f.made[key] = in_bounds(f, places, index, type)
    valid, row = f.made[key]
    return valid, f.value(f"add {integers} {row}, {integer(f, places.offset, type)}")


def in_bounds(f: Function, places: Gather, index: str, type: str) -> tuple[str, str]:
    """The same without the offset of the places."""
    integers = INTEGERS[type]
    zero = literal(0.0, type)
    bound = f.value(f"sitofp {integers} {integer(f, places.bound, type)} to {type}")
    below = f.compare("olt", type, index, zero)
    i = f.select(below, f.exact("fadd", type, index, bound), index, type)
    from_zero, within = f.compare("oge", type, i, zero), f.compare("olt", type, i, bound)
    inside = f.value(f"and {MASKS[type]} {from_zero}, {within}")
    whole = f.value(f"fptosi {type} {f.select(inside, i, zero, type)} to {integers}")
    back = f.value(f"sitofp {integers} {whole} to {type}")
    valid = f.value(f"and {MASKS[type]} {inside}, {f.compare('oeq', type, back, i)}")
    return valid, f.value(f"mul {integers} {whole}, {integer(f, places.stride, type)}")


def integer(f: Function, x: int, type: str) -> str:
    """An integer that depends on the length of data, in all lanes."""
    return f.splat(f.fixed(x), INTEGERS[type]) if type == VECTOR else f.fixed(x)


def load_at(f: Function, array: ArrayLayout, places: Gather, index: str, type: str) -> str:
    """The number of an array at a computed index; in code over samples, one for each lane."""
    valid, place = checked_place(f, places, index, type)
    nan = literal(math.nan, type)
    start = array.address(f)
    if type == SCALAR:
        found = f.value(f"load double, ptr {f.offset(start, SCALAR, place)}")
        return f.select(valid, found, nan, type)
    if array.type == VECTOR:
        lanes = ", ".join([f"i64 {lane}" for lane in range(f.lanes)])
        place = f.value(f"mul {INTEGERS[VECTOR]} {place}, {f.splat(str(f.lanes), INTEGERS[VECTOR])}")
        place = f.value(f"add {INTEGERS[VECTOR]} {place}, <{lanes}>")
    pointers = f.value(f"getelementptr double, ptr {start}, {INTEGERS[VECTOR]} {place}")
    arguments = f"<{LANES} x ptr> {pointers}, i32 8, {MASKS[VECTOR]} {valid}, {VECTOR} {nan}"
    return f.value(f"call {VECTOR} @llvm.masked.gather.v{LANES}f64.v{LANES}p0({arguments})")


def column_element(f: Function, array: ArrayLayout, column: Column, t: str, type: str) -> str:
    """The number of a column in step t, for all lanes alike if it does not differ."""
    start = array.address(f, column.offset)
    found = f.value(f"load {array.type}, ptr {f.offset(start, array.type, f.integer('mul', t, column.stride))}")
    return f.splat(found) if type != array.type else found


def write_gathers(f: Function, payload: Gathers, own: ArrayLayout, array: ArrayLayout, indices: ArrayLayout) -> None:
    """The numbers of an array at many indices."""
    if not payload.length:
        return
    start = own.address(f)
    with f.loop(f.fixed(payload.length)) as loop:
        index = column_element(f, indices, Column(0, payload.first, payload.apart), loop.counter, own.type)
        value = load_at(f, array, payload.places, index, own.type)
        f.do(f"store {own.type} {value}, ptr {f.offset(start, own.type, loop.counter)}")


def write_scatter(f: Function, payload: Scatter, own: ArrayLayout, *arrays: ArrayLayout) -> None:
    """Sums of numbers, added one by one in their order."""
    type = own.type
    start = own.address(f)

    def each(initial: bool) -> None:
        with f.loop(f.fixed(payload.size)) as loop:
            place = f.offset(start, type, loop.counter)
            if not initial:
                x = f.exact("fadd", type, f.value(f"load {type}, ptr {place}"), literal(0.0, type))
            elif payload.based:
                x = column_element(f, arrays[0], Column(0, 0, 1), loop.counter, type)
            else:
                x = literal(-0.0, type)
            f.do(f"store {type} {x}, ptr {place}")

    each(initial=True)
    for length, reverse, entries in payload.groups:
        fixed = [k for k, x in enumerate(entries) if x.indices is None and x.stride == 0]
        places = list(dict.fromkeys([entries[k].offset for k in fixed]))
        # sums that nothing else is added to in these steps stay in registers
        kept = places if len(fixed) == len(entries) else []
        addresses = [f.offset(start, type, f.fixed(place)) for place in kept]
        first = [(type, f.value(f"load {type}, ptr {address}")) for address in addresses]
        with f.loop(f.fixed(length), first) as loop:
            t = f.integer("sub", f.fixed(length - 1), loop.counter) if reverse else loop.counter
            for value, index, offset, stride, count in entries:
                x = column_element(f, arrays[value.array], value, t, type)
                if kept:
                    slot = kept.index(offset)
                    loop.carried[slot] = f.exact("fadd", type, loop.carried[slot], x)
                elif index is None:
                    add(
                        f,
                        x,
                        f.offset(start, type, f.integer("add", f.integer("mul", t, stride), f.fixed(offset))),
                        type,
                    )
                else:
                    i = column_element(f, arrays[index.array], index, t, type)
                    valid, place = checked_place(f, Gather(offset, stride, count), i, type)
                    if type == SCALAR:
                        # 0.0 changes no sum but -0.0, which the end of a scatter turns into 0.0
                        add(f, f.select(valid, x, literal(-0.0), type), f.offset(start, type, place), type)
                        continue
                    x = f.select(valid, x, literal(-0.0, type), type)
                    for lane in range(f.lanes):
                        one = f.value(f"extractelement {type} {x}, i64 {lane}")
                        own_place = f.value(f"extractelement {INTEGERS[type]} {place}, i64 {lane}")
                        at = f.integer("add", f.integer("mul", own_place, f.lanes), lane)
                        add(f, one, f.offset(start, SCALAR, at), SCALAR)
        for address, last in zip(addresses, loop.carried, strict=True):
            f.do(f"store {type} {last}, ptr {address}")
    each(initial=False)


def write_copy(f: Function, payload: Copy, array: ArrayLayout) -> None:
    """Numbers of an array in a result."""
    source = array.address(f, payload.first)
    target = f.offset(f.pointer(f"r{payload.result}"), SCALAR, f.fixed(payload.offset))
    count = f.fixed(payload.length)
    whole = f.integer("udiv", count, f.lanes)
    done = f.integer("mul", whole, f.lanes)
    for type, times, first, apart in ((VECTOR, whole, "0", f.lanes), (SCALAR, f.integer("sub", count, done), done, 1)):
        with f.loop(times) as loop:
            i = f.integer("add", first, f.integer("mul", loop.counter, apart))
            x = f.value(f"load {type}, ptr {f.offset(source, SCALAR, i)}, align 8")
            f.do(f"store {type} {x}, ptr {f.offset(target, SCALAR, i)}, align 8")


def add(f: Function, x: str, address: str, type: str) -> None:
    before = f.value(f"load {type}, ptr {address}")
    f.do(f"store {type} {f.exact('fadd', type, before, x)}, ptr {address}")
