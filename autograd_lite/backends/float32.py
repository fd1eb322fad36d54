"""Which programs native code computes in float32: `compile(f, dtype="float32")`."""

from collections.abc import Iterator
from typing import Any

from autograd_lite.program.gathers import Gather, Gathers
from autograd_lite.program.payloads import Kernel, Loop
from autograd_lite.program.program import Program
from autograd_lite.support.extras import missing

COUNTED = 2**24
"""The whole numbers up to here are float32, and not all beyond."""


def checked_dtype(dtype: Any, backend: str) -> str:
    """The name of a dtype, for a back end."""
    name = getattr(dtype, "__name__", None) or str(dtype)
    if name in ("float", "float64"):
        return "float64"
    if name != "float32":
        raise ValueError(f"compile got dtype={dtype!r}, in which no program computes; choose 'float64' or 'float32'")
    if backend not in ("auto", "llvm"):
        raise ValueError(f'the back end "{backend}" computes in float64 alone; choose "llvm" with dtype="float32"')
    return name


def check_float32(program: Program, backend: str, library: str) -> None:
    """Raise where there is no code for a program that computes in float32."""
    if library:
        raise TypeError(
            f'dtype="float32" is for arrays of NumPy, but got one of {library}; pass numpy.asarray of it, or leave out '
            f"dtype: {library} computes in that of its arrays"
        )
    if backend != "llvm":
        raise missing("llvmlite", 'dtype="float32"', "jit")
    for payload in payloads_of(program.core()):
        if isinstance(payload, Kernel):
            raise ValueError(
                f"{payload.kernel.name} of linear algebra computes in float64 alone, but is in a function that was "
                f'compiled with dtype="float32"; compile that part of it without dtype'
            )
        bound = payload.bound if isinstance(payload, Gather) else 0
        bound = payload.places.bound if isinstance(payload, Gathers) else bound
        if bound > COUNTED:
            raise ValueError(
                f"a computed index reads one of {bound:,} numbers, but float32 counts only to {COUNTED:,}; compile "
                f"this function without dtype"
            )


def payloads_of(program: Program) -> Iterator[object]:
    """The payloads of all instructions, also of those in loops."""
    for row, _, _ in program.instructions:
        if row.payload is not None:
            yield row.payload
            if isinstance(row.payload, Loop):
                yield from payloads_of(row.payload.body)
