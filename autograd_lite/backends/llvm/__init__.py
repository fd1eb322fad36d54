"""The back end `llvm`: a Program as native code, by llvmlite (extra `jit`).

fusion         sums of products as dots
rerolling      instructions of one form as loop nests
plan           memory layout and schedule
ir_text        LLVM IR as text
emitters       the rows of the table in IR
approximations functions in a few vector instructions, for `fastmath`
loops          loop nests and instructions in IR
sections       these split into functions
batch_sums     sums over samples, as calls of
accumulators   the functions that compute them
tiles          arrays transposed into vectors of samples and back
modules        the modules of a program
engine         compiled by LLVM
native_code    called from Python
"""

from __future__ import annotations

from autograd_lite.program.program import Program

from .native_code import NativeCode


def compile_llvm(program: Program, fastmath: bool = False) -> NativeCode:
    """Native code for a program whose rows are all lowered (`Program.lowered`).

    Strict code gives the bits of the eager engine, except that nothing raises. `fastmath` allows fused multiply-add
    everywhere, and approximations of exp, exp2, expm1, log, log1p, log2, sin, cos and hypot within 2 units in the last
    place, of log10 and tanh within 3 (`fast`).
    """
    return NativeCode(program, fastmath)


__all__ = ["NativeCode", "compile_llvm"]
