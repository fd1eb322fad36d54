"""The back end `llvm`: a Program as native code, by llvmlite (extra `jit`).

fusion         instructions that are one computation, joined
rerolling      instructions that are alike, as loops
plan           where values live, and what runs when
ir_text        LLVM IR as text
emitters       the rows of the table in IR
approximations functions in a few vector instructions, for `fastmath`
loops          loops and instructions in IR
sections       these cut into functions
batch_sums     sums over samples
accumulators   the functions that add these up
tiles          arrays in and out of tiles
modules        all of it put together
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
