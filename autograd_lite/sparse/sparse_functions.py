"""`sparse_jacobian` and `sparse_hessian`, and the patterns of both.

Above `plans`, `compressed` and `entry_code`: a plan and its code for each structure of the arguments, as `compile`
keeps programs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd_lite.backends.choice import BACKENDS, available, checked
from autograd_lite.backends.program_cache import Key, ProgramCache
from autograd_lite.core.fast.layers import ValueNumbers
from autograd_lite.program.arguments import Pieces
from autograd_lite.program.closures import Closures
from autograd_lite.sparse.patterns import SparsityPattern
from autograd_lite.support.extras import imported, required
from autograd_lite.support.forking import ProcessLock
from autograd_lite.transforms.differentiation import Argnums
from autograd_lite.transforms.levels import inside
from autograd_lite.transforms.signatures import (
    Function,
    Wrapper,
    checked_function,
    name_of,
    name_that_leads_to,
    numbered_names,
    parameter_names,
)
from autograd_lite.trees import PyTreeDef

if TYPE_CHECKING:
    from autograd_lite.sparse.ways import Choice

FORMATS = ("csr", "csc", "coo", "array", "triplets")

ROUTES = 1000
"""Shapes that are remembered."""


class Structure:
    """The derivative for one structure of arguments; its code is made at the first call that needs it."""

    def __init__(self, owner: SparseFunction, treedefs: tuple[PyTreeDef, ...], keywords: dict[str, PyTreeDef]) -> None:
        from autograd_lite.sparse.mapped_terms import of_mapped_terms
        from autograd_lite.sparse.scalar_graphs import ScalarGraph
        from autograd_lite.sparse.ways import Choice

        maps = owner.second and owner.method in ("auto", "direct")
        graph, plan = None, None
        try:
            graph = ScalarGraph(owner.f, owner.argnums, treedefs, keywords, scalar=owner.second, maps=maps)
        except Exception:  # elements of an array expression are used one by one, or the function is at fault
            if not maps:
                raise
        if graph is not None and graph.maps:
            with graph.trace, inside():
                plan = of_mapped_terms(graph)
        if graph is None or (graph.maps and plan is None):
            graph = ScalarGraph(owner.f, owner.argnums, treedefs, keywords, scalar=owner.second)
        with graph.trace, inside():
            self.choice: Choice = Choice(graph, owner.second, owner.method, owner.__name__, plan)
        self.closed_over = graph.closed_over
        self.closures = Closures(owner.f, graph.closed_over) if graph.closed_over else None
        self.chosen = graph.chosen
        self.count = len(graph.places)
        self.used = False
        self.run: Callable[[Any], Any] | None = None

    def is_stale(self) -> bool:
        """Whether another Value is in the place of one that the function closes over."""
        return self.closures is not None and self.closures.changed()


class SparseFunction(Wrapper):
    """A sparse derivative of a function; called like the function.

    `sparsity(*args)` gives its pattern for such arguments, and `why(*args)` names the method that is used for them.
    """

    second = False
    name = "sparse_jacobian"
    methods: tuple[str, ...] = ("auto", "direct", "forward", "reverse", "bidirectional")

    def __init__(self, f: Function, argnums: Argnums, format: str, method: str, backend: str, fastmath: bool) -> None:
        checked_function(self.name, f)
        for what, x, known in (("format", format, FORMATS), ("method", method, self.methods)):
            if x not in known:
                raise ValueError(f"{self.name} has no {what} {x!r}; choose {', '.join(map(repr, known))}")
        checked(backend, "auto", *BACKENDS)
        self.wrap(f)
        self.__name__ = self.__qualname__ = f"{self.name}({name_of(f)})"
        self.f, self.argnums, self.format, self.method = f, argnums, format, method
        self.backend, self.fastmath = backend, fastmath
        self.names = parameter_names(f)
        self.structures = ProgramCache(self.__name__, lambda count: numbered_names(self.names, count))
        self.routes: dict[tuple[Any, ...], Structure] = {}  # of single arrays, which need no taking apart
        self.lock = ProcessLock()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        numpy = imported("numpy")
        if len(args) == 1 and not kwargs and numpy is not None:
            (x,) = args
            if type(x) is numpy.ndarray and x.dtype == numpy.float64 and x.flags.c_contiguous:
                route = self.routes.get(x.shape)
                if route is not None and route.run is not None:
                    return route.run(x.reshape(-1))
        data, key = self.taken(args, kwargs)
        found = self.structure(key)
        if found.run is None:
            found.run = self.code(found)
        plain = len(args) == 1 and not kwargs and numpy is not None and type(args[0]) is numpy.ndarray and args[0].ndim
        if plain and not found.closed_over:
            if len(self.routes) >= ROUTES:
                self.routes.clear()
            self.routes[args[0].shape] = found
        return found.run(flat(data, found))

    def code(self, found: Structure) -> Callable[[Any], Any]:
        """The function of the flat inputs that gives the matrix."""
        from autograd_lite.sparse.matrices import Maker

        backend = self.backend
        if backend == "auto":
            backend = "llvm" if available("llvmlite") else "python"
        found.choice.check_memory(self.format == "array")
        values = found.choice.code(backend, self.fastmath)
        make = Maker(found.choice.pattern, self.format, self.name)
        return lambda x: make(values(x))

    def taken(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[list[Any]], Key]:
        """The numbers of each argument, in pieces, and the structure of all."""
        names = numbered_names(self.names, len(args))
        found: list[list[Any]] = []
        treedefs: list[PyTreeDef] = []
        for x, name in [*zip(args, names, strict=True), *((x, name) for name, x in sorted(kwargs.items()))]:
            pieces = Pieces()
            treedefs.append(pieces.argument(x, None, name))
            if pieces.has_values:
                raise TypeError(
                    f"{self.__name__} computes with numbers, but argument {name} holds Values; pass their data, or "
                    f"differentiate by {'hessian' if self.second else 'jacobian'}, which nests"
                )
            if pieces.library:
                raise TypeError(
                    f"{self.__name__} computes on NumPy arrays, but argument {name} is one of {pieces.library}; pass "
                    f"numpy.asarray of it"
                )
            found.append(pieces.data)
        count = len(args)
        keywords = tuple(zip(sorted(kwargs), treedefs[count:], strict=True))
        return found, Key(tuple(treedefs[:count]), keywords, False, "", False)

    def structure(self, key: Key) -> Structure:
        """What was made for that structure of arguments, at its first call."""
        found: Structure | None = self.structures.get(key)
        if found is None or found.is_stale():
            with self.lock.here():
                found = self.structures.get(key)
                if found is None or found.is_stale():
                    required("numpy", self.name, "sparse")
                    found = Structure(self, key.treedefs, dict(key.keywords))
                    gone = self.structures.add(key, found)
                    self.routes = {shape: x for shape, x in self.routes.items() if x not in gone}
        found.used = True
        return found

    def sparsity(self, *args: Any, **kwargs: Any) -> SparsityPattern:
        """The pattern of the matrix that a call with such arguments gives."""
        return self.structure(self.taken(args, kwargs)[1]).choice.pattern

    def why(self, *args: Any, **kwargs: Any) -> str:
        """How the entries are computed for such arguments, and with how many operations."""
        return self.structure(self.taken(args, kwargs)[1]).choice.why

    def __reduce__(self) -> str | tuple[Any, ...]:
        how = functools.partial(
            sparse_hessian if self.second else sparse_jacobian, argnums=self.argnums, format=self.format,
            method=self.method, backend=self.backend, fastmath=self.fastmath,
        )  # fmt: skip
        return name_that_leads_to(self) or (how, (self.f,))

    def __repr__(self) -> str:
        return f"<{self.__name__}, {len(self.structures)} patterns>"


class SparseHessian(SparseFunction):
    """The sparse Hessian of a function of one number."""

    second = True
    name = "sparse_hessian"
    methods = ("auto", "direct", "star", "substitution")


def flat(data: list[list[Any]], structure: Structure) -> Any:
    """The numbers of all leaves in one array: of the arguments that are differentiated, of the others, closed over."""
    import numpy

    first = [piece for k in structure.chosen for piece in data[k]]
    others = [piece for k, pieces in enumerate(data) if k not in structure.chosen for piece in pieces]
    closed = [[x.data for x in structure.closed_over]] if structure.closed_over else []
    whole = [x.array() if isinstance(x, ValueNumbers) else x for x in (*first, *others, *closed)]
    parts = [numpy.asarray(x, dtype=numpy.float64).ravel() for x in whole]
    if len(parts) == 1:
        return numpy.ascontiguousarray(parts[0])
    return numpy.concatenate(parts) if parts else numpy.zeros(0)


def sparse_jacobian(
    f: Function,
    argnums: Argnums = 0,
    *,
    format: str = "csr",
    method: str = "auto",
    backend: str = "auto",
    fastmath: bool = False,
) -> SparseFunction:
    """A function that returns the Jacobian of f as a sparse matrix, compiled with its pattern fixed.

    Rows are the numbers of the result of f, columns those of the arguments `argnums`, both in the order of their
    leaves.  The matrix has all entries of `jacobian_sparsity`, also where their value is 0.  `format` is "csr", "csc"
    or "coo" (arrays of `scipy.sparse`), "array" (of NumPy, dense), or "triplets": (rows, columns, values).

    `method` is "direct" (each entry from the graph of what it depends on), "forward" (products with groups of columns
    that share no row, by colouring), "reverse" (groups of rows), "bidirectional" (some rows, and groups of columns),
    or "auto": the one with the fewest operations, which `why(*args)` on the result names (through a `while_loop`
    without `max_steps`, of the ways that go forward).  Entries have the bits of
    `jacobian`, but for signs of zero; by colouring they are sums with products by 0, so that an entry that is inf or
    nan makes others of its group nan.  `backend` and `fastmath` are those of `compile`.

    f runs once for each structure of its arguments, without numbers.  Raises TracingError where f asks for a number,
    as in `if x > 0`: another pattern might follow; TypeError for Values as arguments, MemoryError, before it
    computes, where the entries would not fit.

    >>> slopes = sparse_jacobian(lambda x: [x[0] * x[1], x[1] * x[2]], format="triplets", backend="python")
    >>> rows, columns, values = slopes([2.0, 3.0, 5.0])
    >>> rows.tolist(), columns.tolist(), values.tolist()
    ([0, 0, 1, 1], [0, 1, 1, 2], [3.0, 2.0, 5.0, 3.0])
    """
    return SparseFunction(f, argnums, format, method, backend, fastmath)


def sparse_hessian(
    f: Function,
    argnums: Argnums = 0,
    *,
    format: str = "csr",
    method: str = "auto",
    backend: str = "auto",
    fastmath: bool = False,
) -> SparseHessian:
    """A function that returns the Hessian of f as a sparse matrix, compiled with its pattern fixed.

    Rows and columns are the numbers of the arguments `argnums`, in the order of their leaves; both triangles are there.
    Formats, errors and further arguments are those of `sparse_jacobian`.

    `method` is "direct" (from the terms of a sum, or the rows of the gradient), "star" (products with groups of
    columns, by star colouring), "substitution" (fewer groups, by acyclic colouring), or "auto": "direct" or "star",
    whichever has fewer operations.  Direct entries have the bits of the same entry of `hessian`, in both triangles,
    but for signs of zero.  With "star" one of the entries (i, j) and (j, i) is computed and serves for both.  With
    "substitution" an entry is a product minus entries found before, at most as many after another as `why` reports: its
    error is up to 1.1e-16 times the sum of the magnitudes of all of these, which entries of different magnitudes make
    a large one.

    >>> curvature = sparse_hessian(lambda x: x[0] ** 2 * x[1] + x[2] ** 2, format="array", backend="python")
    >>> curvature([3.0, 4.0, 5.0]).tolist()
    [[8.0, 6.0, 0.0], [6.0, 0.0, 0.0], [0.0, 0.0, 2.0]]
    """
    return SparseHessian(f, argnums, format, method, backend, fastmath)


def jacobian_sparsity(f: Function, argnums: Argnums = 0) -> Callable[..., SparsityPattern]:
    """A function that returns the sparsity pattern of the Jacobian of f: which results depend on which inputs.

    Exact as far as the structure tells, also through loops, gathers and maps: an entry is left out where the
    derivative is 0 whatever the numbers are.  Conservative at choices: of `where`, `cond`, `max` and their like all
    branches count.  Only the structure of the arguments matters, not their numbers.  Errors are those of
    `sparse_jacobian`.

    >>> pattern = jacobian_sparsity(lambda x: [x[0] * x[1], x[1] + x[2]])([0.0, 0.0, 0.0])
    >>> list(pattern)
    [(0, 0), (0, 1), (1, 1), (1, 2)]
    """
    return SparseFunction(f, argnums, "triplets", "auto", "auto", False).sparsity


def hessian_sparsity(f: Function, argnums: Argnums = 0) -> Callable[..., SparsityPattern]:
    """A function that returns the sparsity pattern of the Hessian of f: which inputs meet in a nonlinear operation.

    Exact and conservative as `jacobian_sparsity`.

    >>> pattern = hessian_sparsity(lambda x: x[0] * x[1] + 3.0 * x[2])([0.0, 0.0, 0.0])
    >>> list(pattern)
    [(0, 1), (1, 0)]
    """
    return SparseHessian(f, argnums, "triplets", "auto", "auto", False).sparsity
