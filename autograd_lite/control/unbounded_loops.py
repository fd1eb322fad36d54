"""Loops that end by a condition, after as many steps as it takes, in the graph of a traced function.

Above `loop_nodes`.  Their carries are not kept, so they have derivatives in forward mode only: a tangent is a loop over
the carry and its tangents.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from autograd_lite.control.array_nodes import Terms, item, node_of
from autograd_lite.control.gather_nodes import stack_of_tangents
from autograd_lite.control.loop_nodes import RecordedLoop
from autograd_lite.control.step_graphs import Inside, RecordedStep, Step
from autograd_lite.core import table
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.graph import BATCHED, ORDERED, Node, operands_of
from autograd_lite.core.value import Value, traced
from autograd_lite.program import payloads
from autograd_lite.transforms.branches import propagation_for
from autograd_lite.transforms.differentiation import as_value
from autograd_lite.transforms.forward_mode import forward_pass
from autograd_lite.transforms.levels import Draws, Scalar, is_mapped
from autograd_lite.transforms.power_series import Expansion
from autograd_lite.transforms.propagation import Propagation
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived

INSTEAD = (
    "pass max_steps, with which it is a scan that keeps its carries, or use fixed_point or root where it iterates to "
    "convergence, whose derivatives need no steps"
)


class RecordedWhile(RecordedLoop):
    """The payload of such a loop.  The first number of its carry is 1, and 0 when it is over."""

    kind = payloads.While

    def __init__(self, body: RecordedStep) -> None:
        super().__init__(body, 1, False, [])

    def final(self, k: int) -> int:
        return k

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        raise no_rule("reverse mode (grad, vjp, jacobian in reverse)", f"take forward mode (jvp), {INSTEAD}")

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        operands, step, m = operands_of(node), self.step, len(self.step.carry)
        inside, rules = Inside(self.nodes, self.body.spans), propagation_for(step.outputs)
        present = {k for k in range(m) if operands[k] in tangents}
        reached: set[int] | None = None
        while reached is None or not reached <= present:
            present |= reached or set()
            carry = step.leaves(m)
            seeds: dict[Node, Any] = {step.carry[k]: rules.start(carry[k]) for k in present}
            seeds |= {x: rules.start(propagation.result(tangents[x])) for x in self.shared if x in tangents}
            seeds |= {x: tangents[x] for x in self.body.arrays if x in tangents}
            found = forward_pass(self.nodes, seeds, rules.tangent)
            reached = {k for k, x in enumerate(step.carry_out) if isinstance(x, Node) and x in found}
        moved = sorted(present)
        outs = [rules.result(found[x]) if isinstance(x, Node) and x in found else 0.0 for x in step.carry_out]
        first = [propagation.result(tangents[operands[k]]) if operands[k] in tangents else 0.0 for k in moved]
        both = Step([*step.carry, *[carry[k] for k in moved]], [], [*step.carry_out, *[outs[k] for k in moved]], [])
        loop = while_node(both, [*operands[:m], *first], inside)
        return stack_of_tangents([item(loop, m + moved.index(k)) if k in present else None for k in range(m)])

    def expand(self, expansion: Expansion, node: Node) -> NoReturn:
        raise no_rule("a Taylor series", INSTEAD)


def no_rule(what: str, do: str) -> TypeError:
    return TypeError(
        f"{what} through a while_loop without a bound was asked for in a traced function, but it needs the carries of "
        f"all steps, of which nobody knows how many there are; {do}"
    )


def while_node(step: Step, init: Sequence[Any], inside: Inside) -> Value:
    body = RecordedStep(step, inside)
    rule = RecordedWhile(body)
    return node_of(rule, [*[as_value(x) for x in init], *rule.arrays, *rule.shared], body.flags)


def recorded_while(
    condition: Callable[[Sequence[Scalar]], Scalar],
    body: Callable[[Sequence[Scalar]], list[Scalar]],
    init: list[Scalar],
) -> list[Value]:
    """The last carry of the loop; functions of leaves."""
    inside, draws = Inside(), Draws()
    flags = ORDERED | (BATCHED if is_mapped() else 0)
    running, *carry = [traced(flags) for _ in range(1 + len(init))]
    with draws:
        goes_on = table.logical_and(running, condition(list(carry)))
        new = [table.cond(goes_on, a, b) for a, b in zip(body(list(carry)), carry, strict=True)]
    TRACE.get().steps.update([running, *carry])
    if draws.drawn:
        raise TypeError(
            "the body of a while_loop without a bound draws random numbers, but how many it needs is not known before "
            "it runs; pass max_steps, or draw outside of the loop"
        )
    node = while_node(Step([running, *carry], [], [goes_on, *new], []), [1.0, *init], inside)
    return [item(node, 1 + k) for k in range(len(init))]
