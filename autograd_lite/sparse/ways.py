"""Which way the entries of a matrix are computed: that with the fewest operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.sparse.compressed import Compressed, of_hessian, of_jacobian
from autograd_lite.sparse.dependence import Dependence
from autograd_lite.sparse.entry_code import Evaluation, Located
from autograd_lite.sparse.matrices import check_memory
from autograd_lite.sparse.patterns import SparsityPattern
from autograd_lite.sparse.plans import Plan, of_graph, of_outputs, of_terms
from autograd_lite.sparse.scalar_graphs import ScalarGraph

TIMES = 20
"""How many times the nodes of the whole graph the graphs of all outputs may have together."""

FIRST = 20_000
"""Nodes that they may have in any case."""

PER_ENTRY = 24
"""Bytes of an entry of a result: a number and two indices."""

RECORDED = 700
"""Bytes of an instruction while it is recorded."""


class Choice:
    """The plan for a graph, or products by colouring, and the pattern of both."""

    def __init__(self, graph: ScalarGraph, second: bool, method: str, name: str, plan: Plan | None = None) -> None:
        self.name = name
        self.shape = (graph.size if second else len(graph.outputs), graph.size)
        self.plan = plan
        self.compressed: Compressed | None = None
        self.considered: list[str] = []
        forward = second or graph.is_unbounded or graph.size < len(graph.outputs)
        repeats = not graph.has_payloads
        if plan is None and second and repeats and method in ("auto", "direct"):
            self.plan = of_terms(graph)
        if self.plan is None:
            if second:
                graph.gradient()
            self.choose(graph, second, forward, method)
        if self.plan is not None:
            self.located = Located(self.plan)
            self.pattern = SparsityPattern(self.located.rows, self.located.columns, self.shape)
        self.why = self.words()

    def choose(self, graph: ScalarGraph, second: bool, forward: bool, method: str) -> None:
        """Set the plan, or the products, for the outputs of a graph."""
        if method in ("auto", "direct") and not graph.has_payloads:
            self.plan = of_outputs(graph, forward, FIRST + TIMES * graph.nodes)
            if self.plan is not None:
                return
        dependence = Dependence(graph, self.name)
        entries = dependence.nnz
        what = f"{self.name} of {self.shape[0]:,} x {self.shape[1]:,} with {entries:,} entries"
        fewer = "differentiate in fewer arguments, or take products by jvp, vjp or hvp"
        check_memory(PER_ENTRY * entries, what, fewer)
        direct = 2 * dependence.steps
        if method == "direct" or (method == "auto" and direct <= 4 * dependence.nodes):
            check_memory(RECORDED * direct, what, fewer)
            self.plan = of_graph(graph, forward)
            return
        places = dependence.entries()
        self.pattern = SparsityPattern([i for i, _ in places], [j for _, j in places], self.shape)
        if second:
            kind = "acyclic" if method == "substitution" else "star"
            found = of_hessian(graph, places, kind)
        else:
            either = "forward" if graph.is_unbounded else "bidirectional"
            found = of_jacobian(graph, places, either if method == "auto" else method)
        if method == "auto" and direct < found.operations and RECORDED * direct < 2**30:
            self.considered = [f"{found.how} {found.operations:,}"]
            self.plan = of_graph(graph, forward)
        else:
            self.compressed = found
            if method == "auto":
                self.considered = [f"straight from the graph {direct:,}"]

    def words(self) -> str:
        chosen: Any = self.plan or self.compressed
        others = f" ({', '.join(self.considered)})" if self.considered else ""
        return f"{chosen.how}: {chosen.operations:,} operations{others}"

    def check_memory(self, dense: bool) -> None:
        """Raise where the result would not fit."""
        m, n = self.shape
        entries = PER_ENTRY * self.pattern.nnz + (8 * m * n if dense else 0)
        what = f"{self.name} of {m:,} x {n:,} with {self.pattern.nnz:,} entries"
        check_memory(
            entries,
            f"{what} as a dense array" if dense else what,
            "choose a sparse format" if dense else "differentiate in fewer arguments",
        )

    def code(self, backend: str, fastmath: bool) -> Callable[[Any], Any]:
        """The function of the flat inputs that gives the values, row by row."""
        if self.compressed is not None:
            return self.compressed.code(backend, fastmath)
        assert self.plan is not None
        return Evaluation(self.plan, self.located, backend, fastmath)
