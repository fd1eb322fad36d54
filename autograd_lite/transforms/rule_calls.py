"""Calls of functions with rules of their own as nodes: one for the call, and of several outputs one for each.

Above `opaque_functions`.  The payload of such a node takes adjoints from the outputs to the operands and tangents from
the operands to the outputs.  While a program is traced, the node has what the
function computed as further operands, to which nothing flows: that is what becomes instructions.
"""

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import nullcontext
from functools import reduce
from typing import Any

from autograd_lite.core.abstract.tracers import RuleError, is_tracing
from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.create_graph import adjoints as recorded_adjoints
from autograd_lite.core.create_graph import check_unassigned
from autograd_lite.core.graph import BATCHED, CONSTANT, NUMBER, ORDERED, Node, operands_of, partials_of
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.recording import binary, detached, many, records_nothing
from autograd_lite.core.table import identity
from autograd_lite.core.value import constant
from autograd_lite.transforms.branches import either
from autograd_lite.transforms.levels import fresh, mapped
from autograd_lite.transforms.opaque_functions import (
    CallPayload,
    Flat,
    called_back,
    called_on_numbers,
    check_captured,
    on_nodes,
    unknown_partials,
)
from autograd_lite.transforms.propagation import Cotangents, Propagation, arrival, under
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived


class FlatRule(ABC):
    """A function of a list of numbers with its rules, for one call.

    All are given and give lists of floats or of nodes, one for each operand or output; a None among what `pull` and
    `push` give is nothing.
    """

    name: str
    count: int  # of operands

    @abstractmethod
    def compute(self, operands: list[Any]) -> list[Any]:
        """The outputs."""

    def record(self, operands: list[Any]) -> list[Any]:
        """The outputs, in a call that may be differentiated."""
        return self.compute(operands)

    @abstractmethod
    def outputs_of_opaque(self) -> int:
        """How many outputs there are, where that is to be known before they are computed."""

    @abstractmethod
    def pull(self, operands: list[Any], outputs: list[Any], adjoints: list[Any]) -> list[Any]:
        """The adjoints of the operands."""

    @abstractmethod
    def push(self, operands: list[Any], outputs: list[Any], tangents: list[Any]) -> list[Any]:
        """The tangents of the outputs."""

    def pull_numbers(self, operands: list[float], outputs: list[float], adjoints: list[float]) -> list[float | None]:
        """`pull` in a call that was recorded with these numbers."""
        n, m = len(operands), len(outputs)
        f: Flat = lambda xs: self.pull(xs[:n], xs[n : n + m], xs[n + m :])  # noqa: E731
        return called_on_numbers(self.name, f, [*operands, *outputs, *adjoints])

    def functions(self) -> Sequence[Any]:
        """The functions of the user's."""
        return ()

    def inspect(self, operands: list[Any], outputs: list[Any]) -> None:  # noqa: B027  (most have nothing to do)
        """Raise where an opaque `compute` hides that a function uses other Values; while a program is traced."""


def called(rule: FlatRule, operands: Sequence[Any]) -> list[Any]:
    """The outputs for operands that are numbers or Values: floats, or nodes where any operand is a Value."""
    if not any(isinstance(x, Node) for x in operands):
        return without_none(rule, called_on_numbers(rule.name, rule.compute, operands))
    nodes: list[Node] = [x if isinstance(x, Node) else constant(float(x)) for x in operands]
    apart = all(x._flags & CONSTANT for x in nodes)
    if is_tracing():
        inner = computed_constants(rule, rule.compute if apart else rule.record, nodes)
        return inner if apart else outputs(rule_node(rule, nodes, [x._data for x in inner], inner))
    numbers = [x._data for x in nodes]
    if apart or records_nothing():
        common = reduce(operator.and_, [x._flags for x in nodes])
        return [detached(x, common) for x in without_none(rule, called_on_numbers(rule.name, rule.compute, numbers))]
    found = without_none(rule, called_on_numbers(rule.name, rule.record, numbers))
    return outputs(rule_node(rule, nodes, found, [])) if found else []


def without_none(rule: FlatRule, found: list[float | None]) -> list[float]:
    for x in found:
        if x is None:
            raise RuleError(f"{rule.name} gives numbers, but it gave None; return a number")
    return found  # type: ignore[return-value]


def computed_constants(rule: FlatRule, f: Flat, nodes: Sequence[Node]) -> list[Node]:
    """The outputs as constants of the program that is traced, computed from the operands."""
    operands: list[Node] = [x if x._row is NUMBER else apart_from(x) for x in nodes]
    found = on_nodes(rule.name, f, operands)
    if found is None:
        check_captured(rule.name, *rule.functions())
        made = called_back(rule.name, rule.compute, rule.outputs_of_opaque(), operands)
        rule.inspect(list(operands), list(made))
        return made
    return [x if isinstance(x, Node) else constant(float(x)) for x in found]


def apart_from(x: Node) -> Node:
    """A constant for the rules of a call, which the derivatives of the program see through, as they do not a detach."""
    result = binary(identity, x._data, x, None, 0.0, 0.0)
    result._flags |= CONSTANT
    return result


class RuleCall(CallPayload):
    """Of a node that a call became: what arrives at one of several outputs is counted by the number of the output."""

    def __init__(self, rule: FlatRule, operands: list[float], results: list[float]) -> None:
        self.rule, self.operands, self.results = rule, operands, results
        self.is_kept = len(results) == 1  # of several results, those are kept which the nodes of outputs are

    def emit(self, flattener: Any, operands: tuple[int, ...]) -> int:
        return operands[-1]  # what the call computed

    def pull_floats(self, node: Node, adjoint: Any, arrived: dict[Node, Any]) -> list[tuple[Node, Any]]:
        terms = adjoint.terms if isinstance(adjoint, Cotangents) else {0: adjoint}
        adjoints = [terms.get(k, 0.0) for k in range(len(self.results))]
        with ieee_arithmetic():
            return self.terms(node, self.rule.pull_numbers(self.operands, self.results, adjoints))

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> list[tuple[Node, Arrived]]:
        propagation = walk.propagation
        if len(self.results) == 1:
            total = arrived.total(node, propagation)
            if walk.ends_at(node, total):
                return []
            totals = {0: total}
        else:
            found: dict[int, list[Any]] = {}
            for k, term in arrived.whole:
                found.setdefault(k, []).append(term)
            totals = {k: propagation.total(terms) for k, terms in found.items()}
        check_unassigned(node, operands_of(node))
        holds = either(propagation, map(arrival, totals.values()))
        adjoints = [propagation.result(totals[k]) if k in totals else 0.0 for k in range(len(self.results))]
        terms = self.terms(node, self.on_graph(node, self.rule.pull, adjoints, len(self.operands)))
        return [walk.term(node, x, under(propagation, term, holds)) for x, term in terms if x in walk.dependent]

    def terms(self, node: Node, found: Sequence[Any]) -> list[tuple[Node, Any]]:
        """The adjoints that a rule gave, with their operands."""
        operands = operands_of(node)[: len(self.operands)]
        self.check(found, len(operands), "adjoints, one for each operand")
        pairs = zip(operands, found, strict=True)
        return [(x, term) for x, term in pairs if term is not None and not x._flags & CONSTANT]

    def push_floats(self, node: Node, tangents: dict[Node, Any]) -> Any:
        n, m = len(self.operands), len(self.results)
        moved = [tangents.get(x, 0.0) for x in operands_of(node)[:n]]
        f: Flat = lambda xs: self.rule.push(xs[:n], xs[n : n + m], xs[n + m :])  # noqa: E731
        with ieee_arithmetic():
            return self.tangents(called_on_numbers(self.rule.name, f, [*self.operands, *self.results, *moved]))

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        check_unassigned(node, operands_of(node))
        operands = operands_of(node)[: len(self.operands)]
        holds = either(propagation, [arrival(tangents[x]) for x in operands if x in tangents])
        moved = [propagation.result(tangents[x]) if x in tangents else 0.0 for x in operands]
        found = self.on_graph(node, self.rule.push, moved, len(self.results))
        return self.tangents([None if x is None else under(propagation, x, holds) for x in found])

    def tangents(self, found: list[Any]) -> Any:
        """The tangents that a rule gave: of several outputs a list."""
        self.check(found, len(self.results), "tangents, one for each output")
        return found if len(found) > 1 else found[0]

    def partials(self, node: Node) -> list[float | None]:
        """What the rule makes of an adjoint of 1, for each operand; nan where there are several outputs."""
        if len(self.results) > 1:
            return partials_of(node)
        with ieee_arithmetic():
            found = self.rule.pull_numbers(self.operands, self.results, [1.0])
        wanted = zip(found, operands_of(node), strict=False)
        known = [None if x._flags & CONSTANT else term for term, x in wanted]
        return [*known, *[None for _ in operands_of(node)[len(known) :]]]

    def on_graph(self, node: Node, rule: Any, arrived: list[Any], count: int) -> list[Any]:
        """A rule applied to nodes, or called back where it is opaque."""
        n = len(self.operands)
        operands, results = list(operands_of(node)[:n]), outputs(node)
        seeds: list[Node] = [x if isinstance(x, Node) else constant(float(x)) for x in arrived]
        f: Flat = lambda xs: rule(operands, results, xs)  # noqa: E731
        with of_samples(node):
            found = on_nodes(self.rule.name, f, seeds, [*operands, *results])
        if found is not None:
            return found
        check_captured(self.rule.name, *self.rule.functions())

        def again(xs: list[Any]) -> list[Any]:
            return rule(xs[:n], self.rule.compute(xs[:n]), xs[n:])  # type: ignore[no-any-return]

        return list(called_back(f"derivative_of_{self.rule.name}", again, count, [*operands, *seeds]))

    def check(self, found: Sequence[Any], count: int, what: str) -> None:
        if len(found) != count:
            raise RuleError(f"{self.rule.name} has {count} {what}, but its rule gave {len(found)}; give as many")


class Output(CallPayload):
    """Of the node of an output of a call that has several."""

    def __init__(self, k: int) -> None:
        self.k = k

    def emit(self, flattener: Any, operands: tuple[int, ...]) -> int:
        return operands[-1]  # what the call computed

    def pull_floats(self, node: Node, adjoint: Any, arrived: dict[Node, Any]) -> list[tuple[Node, Any]]:
        return [(operands_of(node)[0], Cotangents({self.k: adjoint}))]

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> list[tuple[Node, Arrived]]:
        adjoint = arrived.total(node, walk.propagation)
        return [] if walk.ends_at(node, adjoint) else [(operands_of(node)[0], Arrived([(self.k, adjoint)], []))]

    def push_floats(self, node: Node, tangents: dict[Node, Any]) -> Any:
        return tangents[operands_of(node)[0]][self.k]

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        return tangents[operands_of(node)[0]][self.k]


def rule_node(rule: FlatRule, operands: list[Node], results: list[float], inner: list[Node]) -> Node:
    """The node of a call."""
    every = (*operands, *inner)
    call = RuleCall(rule, [x._data for x in operands], results)
    row = Primitive(rule.name, len(every), unknown, unknown_partials, payload=call)
    partials = [None if x._flags & CONSTANT else math.nan for x in operands]
    node = many(row, results[0], every, [*partials, *[None for _ in inner]])
    node._flags |= ORDERED
    return node


def outputs(node: Node) -> list[Node]:
    """The nodes of the outputs of a call."""
    count = len(node._row.payload.results)
    return [node] if count == 1 else [output(node, k) for k in range(count)]


def output(node: Node, k: int) -> Node:
    call: RuleCall = node._row.payload
    inner = operands_of(node)[len(call.operands) :]
    row = Primitive(f"{node._row.name}_{k}", 1 + len(inner[:1]), unknown, partials_of_output, payload=Output(k))
    return many(row, call.results[k], (node, *inner[k : k + 1]), [1.0, *[None for _ in inner[:1]]])


def of_samples(node: Node) -> mapped | nullcontext[None]:
    """While the rule of a node runs: transforms inside it have inputs of each sample where the node has."""
    return mapped() if node._flags & BATCHED else nullcontext()


def partials_of_output(out: Any, operands: Sequence[Any]) -> list[float | None]:
    """The partials of an output in the call, and in what the call computed; a function, so that no slots are used."""
    return [1.0, *[None for _ in operands[1:]]]


def unknown(*operands: float) -> float:
    """The value of rows that only nodes of calls have."""
    raise NotImplementedError("the outputs of a call with rules of its own are computed when it is recorded")


def transposed(linear: Flat, count: int, weights: list[Any]) -> list[Any]:
    """The gradient of the sum of weight x output of a linear function of so many numbers.

    On plain numbers from a column for each of them, else by a pass back through the graph of the function.
    """
    if not any(isinstance(x, Node) for x in weights):
        columns = [linear([float(i == j) for i in range(count)]) for j in range(count)]
        return [sum(w * x for w, x in zip(weights, column, strict=True) if x is not None) for column in columns]
    points = [fresh(1.0) for _ in range(count)]
    pairs = zip(linear(list(points)), weights, strict=True)
    used = [(x, w) for x, w in pairs if isinstance(x, Node) and not x._flags & CONSTANT]
    if not used:
        return [None] * count
    return recorded_adjoints([x for x, _ in used], [w for _, w in used], points)
