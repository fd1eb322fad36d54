"""Checkpoints: a function whose graph is thrown away, and recorded again when it is differentiated.

Above `step_graphs`.  A call is one node, whose payload runs the function again; its results are items of it.
"""

from collections.abc import Sequence
from typing import Any

from autograd_lite.control.array_nodes import Terms, item, node_of, terms_by_place, with_number
from autograd_lite.control.step_graphs import Inside
from autograd_lite.core.contexts.modes import TRACE, enable_grad
from autograd_lite.core.graph import CONSTANT, Node, operands_of
from autograd_lite.core.reverse import float_pass
from autograd_lite.core.value import Value, passed_on
from autograd_lite.transforms.branches import propagation_for
from autograd_lite.transforms.differentiation import as_float
from autograd_lite.transforms.forward_mode import float_tangents, forward_pass
from autograd_lite.transforms.levels import START, Scalar, node_apart, resumed, returned
from autograd_lite.transforms.power_series import Expansion
from autograd_lite.transforms.propagation import Cotangents, Propagation
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived
from autograd_lite.transforms.series import Coefficient
from autograd_lite.transforms.signatures import Function, name_of, transformed
from autograd_lite.trees import PyTreeDef, flatten, flatten_numbers, is_array
from autograd_lite.trees.array_leaves import array_of
from autograd_lite.trees.registry import WHOLE

Outputs = list[Scalar]


def checkpoint(f: Function) -> Function:
    """f, of which only the arguments and the results are kept: its graph is recorded again for derivatives.

    Memory for time, as JAX's and PyTorch's `checkpoint`: the numbers inside of f are computed twice, and freed in
    between.  f has to compute the same numbers again, so it must not draw random ones.  In a compiled function nothing
    changes: what is kept there is decided by cost.  The last bits of second derivatives may differ.

    Raises RuntimeError in the derivative where f gives other numbers than before.

    >>> from autograd_lite import exp, grad
    >>> grad(checkpoint(lambda x: exp(exp(x))))(0.0)
    2.718281828459045
    """

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if TRACE.get() is not None:
            return as_recomputed(f(*args, **kwargs))
        leaves, treedef = flatten_numbers((args, kwargs), f"arguments of {name_of(f)}")
        inputs = [x for x in leaves if isinstance(x, Value)]
        call = Recomputed(f, treedef, [None if isinstance(x, Value) else float(x) for x in leaves])
        inside = Inside()
        result = call.run(inputs)
        outputs, structure = flatten(result, f"result of {name_of(f)}")
        _, free, _ = inside.closure(outputs, inputs)
        call.data = [x.data if isinstance(x, Value) else float(x) for x in outputs]
        call.count = len(inputs)
        operands = [*inputs, *[x for x in free if not x._flags & CONSTANT]]
        if all(x._flags & CONSTANT for x in operands):
            return returned(result)
        node = with_number(node_of(call, operands), 0.0)
        return structure.unflatten([with_number(item(node, i), x) for i, x in enumerate(call.data)])

    return transformed(f, wrapped, "checkpoint")


def as_recomputed(result: Any) -> Any:
    """What f gave while a program is traced: adjoints add up in the order that they have in a graph recorded again."""
    if isinstance(result, Value):
        return node_apart(result)
    if is_array(result) and result.dtype == object and getattr(result, "element", None) is None:
        return array_of([as_recomputed(x) for x in result.ravel().tolist()], result.shape)
    leaves, treedef = flatten(result, whole=True)
    is_leaf = len(leaves) == 1 and leaves[0] is result
    return result if is_leaf else treedef.unflatten([as_recomputed(x) for x in leaves], whole=WHOLE)


class Recomputed:
    """A call of a function: the payload of its node, whose operands are the arguments and what f closes over."""

    def __init__(self, f: Function, treedef: PyTreeDef, numbers: list[float | None]) -> None:
        self.f, self.treedef, self.numbers, self.name = f, treedef, numbers, name_of(f)
        self.data: list[float] = []
        self.count = 0
        self.start = START.get()

    def run(self, inputs: Sequence[Node]) -> Any:
        values = iter(inputs)
        leaves = [next(values) if x is None else passed_on(x) for x in self.numbers]
        args, kwargs = self.treedef.unflatten(leaves, copies=True)
        return self.f(*args, **kwargs)

    def again(self, inputs: Sequence[Node]) -> tuple[Outputs, list[Node], list[Node]]:
        """The results, the nodes that made them, and the nodes outside that they were made of."""
        inside = Inside()
        with enable_grad(), resumed(self.start):
            outputs, _ = flatten(self.run(inputs), f"result of {name_of(self.f)}")
        known = not any(isinstance(x, Value) and x.is_traced for x in outputs)  # else a page computes their numbers
        found = [x._data if isinstance(x, Value) else float(x) for x in outputs] if known else self.data
        if repr(found) != repr(self.data):
            raise RuntimeError(
                f"{name_of(self.f)} under checkpoint gave {self.data[:4]!r} before and {found[:4]!r} now; let it draw "
                f"no random numbers, and assign no data that it reads before the derivative is taken"
            )
        nodes, free, _ = inside.closure(outputs, inputs)
        return outputs, nodes, free

    def pull_floats(self, node: Node, adjoint: Cotangents, arrived: dict[Node, Any]) -> list[tuple[Node, Any]]:
        inputs = operands_of(node)[: self.count]
        outputs, nodes, free = self.again(inputs)
        ends = dict.fromkeys((*free, *inputs))
        seeds: dict[Node, Any] = {x: arrived.pop(x) for x in ends if x in arrived}  # sums go on, in their order
        for k, term in adjoint.terms.items():
            x = outputs[k]
            if isinstance(x, Node):
                seeds[x] = seeds[x] + term if x in seeds else term
        for _ in float_pass(nodes, seeds):
            pass
        return [(x, seeds[x]) for x in ends if x in seeds and not x._flags & CONSTANT]

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        inputs = operands_of(node)[: self.count]
        outputs, nodes, free = self.again(inputs)
        ends = [x for x in dict.fromkeys((*inputs, *free)) if x in walk.dependent]
        rules = propagation_for(outputs)
        inner = AdjointPass(rules, [*ends, *nodes], ends, step=True)
        for x in free:
            if x in walk.arrived and x in walk.dependent:
                inner.seed(x, walk.propagation.result(walk.arrived.pop(x).total(x, walk.propagation)))
        for root, terms in zip(outputs, terms_by_place(arrived.whole, len(outputs)), strict=True):
            for term, _ in terms:
                if isinstance(root, Node) and root in inner.dependent:
                    inner.seed(root, term)
        found = inner.adjoints()
        return [walk.term(node, x, walk.propagation.start(found[x])) for x in reversed(ends) if x in found]

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        outputs, nodes, _ = self.again(operands_of(node)[: self.count])
        rules = propagation_for(outputs)
        known = {x: rules.start(propagation.result(tangents[x])) for x in operands_of(node) if x in tangents}
        found = forward_pass(nodes, known, rules.tangent)
        return [
            propagation.start(rules.result(found[x]) if isinstance(x, Node) and x in found else 0.0) for x in outputs
        ]

    def expand(self, expansion: Expansion, node: Node) -> list[list[Coefficient]]:
        outputs, nodes, _ = self.again(operands_of(node)[: self.count])
        inner = expansion.within({x: expansion.series[x] for x in operands_of(node) if x in expansion.series})
        inner.record = expansion.record
        inner.follow(nodes)
        numbers = outputs if expansion.record else [as_float(x) for x in outputs]
        return [[x, *inner.coefficients(y)] for x, y in zip(numbers, outputs, strict=True)]

    def push_floats(self, node: Node, tangents: dict[Node, Any]) -> list[float]:
        outputs, nodes, _ = self.again(operands_of(node)[: self.count])
        found = float_tangents(nodes, {x: tangents[x] for x in operands_of(node) if x in tangents})
        return [found.get(x, 0.0) if isinstance(x, Node) else 0.0 for x in outputs]
