"""Calls of the kernels of linear algebra in native code: once for all samples, or for one sample after the other.

A kernel computes with numbers that are next to each other.  In a tile those of eight samples take turns, so that each
sample's are copied out of it, and its result back.
"""

from __future__ import annotations

from autograd_lite.backends.batch_order import LANES

from .emitters import Emitter
from .ir_text import SCALAR, VECTOR, Function
from .kernel_text import types_of
from .plan import KernelLayout


def write_kernel(f: Function, emitter: Emitter, layout: KernelLayout) -> None:
    """The call of a kernel that an instruction is."""
    kernel, sizes = layout.kernel.kernel, layout.kernel.sizes
    name = f"kernel.{kernel.name}"
    if name not in emitter.definitions:
        emitter.definitions[name] = f"declare void @{name}({types_of(kernel)})"
        emitter.kernels.add(kernel.name)
    own, *read = layout.arrays

    def call(operands: list[str], work: str, out: str) -> None:
        pointers = list(operands)
        for size in kernel.work(*sizes):
            pointers.append(work)
            work = f.offset(work, SCALAR, size)
        arguments = [*[f"i64 {size}" for size in sizes], *[f"ptr {x}" for x in (*pointers, out)]]
        f.do(f"call void @{name}({', '.join(arguments)})")

    operands = [array.address(f, offset) for array, offset in zip(read, layout.kernel.offsets, strict=True)]
    result = own.address(f)
    work = f.offset(f.pointer(own.buffer), own.type, f.fixed(layout.work))
    if own.type == SCALAR:
        call(operands, work, result)
        return
    with f.loop(LANES) as lanes:

        def lane(vectors: str, i: str) -> str:
            """The address of number i of one sample."""
            return f.offset(vectors, SCALAR, f.integer("add", f.integer("mul", i, LANES), lanes.counter))

        numbers: list[str] = []
        place = work
        for array, pointer, count in zip(read, operands, kernel.inputs(*sizes), strict=True):
            if array.type == VECTOR and count:
                with f.loop(count) as each:
                    x = f.value(f"load double, ptr {lane(pointer, each.counter)}")
                    f.do(f"store double {x}, ptr {f.offset(place, SCALAR, each.counter)}")
                pointer, place = place, f.offset(place, SCALAR, count)
            numbers.append(pointer)
        rest = f.offset(place, SCALAR, layout.kernel.size)
        call(numbers, rest, place)
        if layout.kernel.size:
            with f.loop(layout.kernel.size) as each:
                x = f.value(f"load double, ptr {f.offset(place, SCALAR, each.counter)}")
                f.do(f"store double {x}, ptr {lane(result, each.counter)}")
