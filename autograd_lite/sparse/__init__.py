"""Sparse derivatives: patterns, Jacobians and Hessians of which most entries are 0 (extra `sparse`).

`scalar_graphs` records a function, `repetition` finds what repeats in it and `terms` the terms of a sum; `derived`
differentiates one of each kind, and `plans` puts these together.  `compressed` takes products by `colouring` instead.
`ways` chooses by counted operations, `entry_code` makes code, `matrices` the results.
"""

from autograd_lite.sparse.patterns import SparsityPattern
from autograd_lite.sparse.sparse_functions import (
    hessian_sparsity,
    jacobian_sparsity,
    sparse_hessian,
    sparse_jacobian,
)

__all__ = ["SparsityPattern", "hessian_sparsity", "jacobian_sparsity", "sparse_hessian", "sparse_jacobian"]
