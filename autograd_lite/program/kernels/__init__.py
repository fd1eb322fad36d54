"""The algorithms of linear algebra, each written once, as loops over flat arrays of numbers in row-major order.

A kernel is a Python function of sizes and arrays, in the small part of Python that `backends.llvm.kernel_text` reads:
whole numbers that index, numbers that are added, subtracted, multiplied, divided and compared, `for`, `while` and `if`,
calls of `sqrt`, `log`, `abs` and of other kernels.  Python runs it on floats, and on Values, which opens it into
scalars; native code is made of the same text, with the same order of every addition, and so the same bits.  It never
divides by zero, because Python raises there: what has no value becomes `nan`.  Innermost loops run along rows, so that
their iterations can be lanes.
"""

from autograd_lite.program.kernels import factorisation_kernels, linear_kernels, system_kernels
from autograd_lite.program.kernels.kernel_registry import KERNELS, ArrayKernel, Floats

__all__ = ["KERNELS", "ArrayKernel", "Floats", "factorisation_kernels", "linear_kernels", "system_kernels"]
