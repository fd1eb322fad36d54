"""The back end `llvm`: a Program as native code, by llvmlite (extra `jit`).

simplify   what is one computation, joined     rolling    alike instructions as loops
plan       where values live, what runs when   text       LLVM IR as text
rows       the table in IR                     fast       approximations for `fastmath`
nests      loops and instructions              sections   these cut into functions
sums       sums over samples                   accumulators   the functions that add them up
tiles      arrays in and out of tiles          modules    all of it put together
engine     compiled by LLVM                    code       called from Python
"""

from __future__ import annotations

from autograd_lite.program import Program

from .code import NativeCode


def compile_llvm(program: Program, fastmath: bool = False) -> NativeCode:
    """Native code for a program whose rows are all lowered (`Program.lowered`).

    Strict code gives the bits of the eager engine, except that nothing raises. `fastmath` allows fused multiply-add
    everywhere, and approximations of exp, exp2, expm1, log, log1p, log2, sin, cos and hypot within 2 units in the last
    place, of log10 and tanh within 3 (`fast`).
    """
    return NativeCode(program, fastmath)


__all__ = ["NativeCode", "compile_llvm"]
