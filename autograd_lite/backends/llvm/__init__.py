"""The back end `llvm`: a Program as native code, by llvmlite (extra `jit`).

`plan` decides memory layout and schedule, after `fusion` (of sums of products) and `rerolling` (of loops). Rows become
LLVM IR (`ir_text`) in `emitters`, by `approximations` for `fastmath`; loops in `nest_writing`, split into functions by
`sections`; sums over samples in `batch_sums` and `accumulators`, arrays of samples in `tiles`. `modules` puts these
together, `engine` compiles them, and `native_code` is what Python calls.
"""

from __future__ import annotations

from autograd_lite.program.program import Program

from .constant_results import ConstantResults, mostly_constant
from .native_code import NativeCode


def compile_llvm(
    program: Program, fastmath: bool = False, threads: bool = True, dtype: str = "float64"
) -> NativeCode | ConstantResults:
    """Native code for a program.

    Strict code gives the bits of the eager engine, except that nothing raises. `fastmath` allows fused multiply-add
    everywhere, and approximations of exp, exp2, expm1, log, log1p, log2, sin, cos and hypot within 2 units in the last
    place, of log10 and tanh within 3 (`fast`).  Without `threads`, large batches run on the thread of the caller alone.
    In float32 each operation gives its result in float64, rounded.
    """
    constant = mostly_constant(program)
    if constant:
        return ConstantResults(program, constant, fastmath, threads, dtype)
    return NativeCode(program, fastmath, threads, dtype)


__all__ = ["NativeCode", "compile_llvm"]
