"""Linear algebra under NumPy's names and shapes, over nested lists and arrays of numbers and Values.

A matrix is one node of the graph, and one instruction of a compiled function, whatever its size; what it is made of and
what comes out of it are Values.  Each algorithm is written once, as loops (`program.kernels`), which Python runs
and native code is made of, so all engines give the same bits.  The derivatives are the known ones of each function,
written in these algorithms again (`control.array_rules`), so that they hold at every order.

Nested lists give nested lists; where any operand is an array, results are arrays.  Leading axes count the matrices of a
stack, and `vmap` works as everywhere.  Only real numbers.  `np.linalg` itself cannot work on arrays of Values: it wants
floats, and raises before it asks a Value.
"""

from autograd_lite.control.array_algebra import opened
from autograd_lite.linalg.factorisations import EighResult, LUResult, QRResult, cholesky, eigh, lu, qr
from autograd_lite.linalg.matrix_operands import LinAlgError
from autograd_lite.linalg.products import expm, matmul, norm, trace
from autograd_lite.linalg.systems import LstsqResult, SlogdetResult, det, inv, lstsq, slogdet, solve, solve_triangular

__all__ = [
    "EighResult", "LUResult", "LinAlgError", "LstsqResult", "QRResult", "SlogdetResult", "cholesky", "det", "eigh",
    "expm", "inv", "lstsq", "lu", "matmul", "norm", "opened", "qr", "slogdet", "solve", "solve_triangular", "trace",
]  # fmt: skip
