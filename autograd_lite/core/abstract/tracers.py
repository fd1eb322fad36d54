"""Traced values: nodes in place of numbers that are not known yet, while a function is traced into a program.

Above `graph`.  A number asked for would be frozen into the program, so it raises,
naming the user's line and what to do.
"""

import math
import re
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from mypy_extensions import mypyc_attr

from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.fast.pool import number_node

from autograd_lite.core.graph import (  # isort: skip
    CONSTANT, LEAF, NUMERIC, STATE, TRACED, Node, operands_of,
)  # fmt: skip
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.primitives import Primitive
from autograd_lite.support.user_lines import users_line, users_text


@mypyc_attr(native_class=False)
class TracingError(TypeError):
    """A traced value was asked for its number."""


READ_LATER: Final = "a Value closed over is an input of the program, read at each call"
CHOOSE: Final = (
    "choose between values with where(condition, a, b), combine conditions with logical_and, logical_or and "
    "logical_not, and compare with less, less_equal and equal"
)
COMPUTE: Final = (
    "compute with the value itself, with autograd_lite.exp and its like in place of math.exp, and return what you want "
    "to see; a number that shapes the program, as a count does, is bound before: functools.partial(f, n=3)"
)
DERIVE: Final = "differentiate by grad or value_and_grad, or by gradients(..., create_graph=True)"


COMPARING: Final = re.compile(
    r"\.(?:(a?max|a?min)|(clip|maximum|minimum|sign|where)|((?:arg)?sort|argmax|argmin|median))\("
)
"""NumPy's functions that compare elements: those of a whole array, of each element, and those that put in order."""


def of_numpy(do: str) -> str:
    """What to do; where the user's line calls a function of NumPy that compares, what to take in its place."""
    found = COMPARING.search(users_text()) if do is CHOOSE else None
    if found is None:
        return do
    whole, each, ordering = found.groups()
    if whole:
        return f"take autograd_lite.{whole[-3:]}(x) in the place of NumPy's {whole}"
    if each:
        return (
            f"take autograd_lite.{each} in the place of NumPy's, on each element, as "
            f"numpy.vectorize(autograd_lite.{each}, otypes=[object]) does, with conditions made by less and equal"
        )
    return f"NumPy's {ordering} needs numbers: sort or pick before, and pass the order as an argument for take"


def complain(what: str, because: str = "a traced value has no number", do: str = COMPUTE) -> NoReturn:
    """Raise a TracingError that names the user's line."""
    do = of_numpy(do)
    raise TracingError(f"{because}, but {what}, at {users_line()}; {do}")


def is_tracing() -> bool:
    """Whether a program is traced, which computes at each call what is a number outside of the graph now."""
    return bool(STATE.tracing) and TRACE.get() is not None


def is_read_later(node: Node) -> bool:
    """Whether a node depends on a Value that the function of a running trace closes over."""
    if not STATE.tracing:
        return False
    trace = TRACE.get()
    return trace is not None and bool(trace.reads(node))


def check_traced(node: Node, what: str, do: str = COMPUTE) -> None:
    """Raise where a node has no number yet."""
    if node._flags & TRACED:
        complain(what, do=do)


def check_number(node: Node, what: str, do: str = COMPUTE, freezes: str = "") -> None:
    """The same, and where a node has a number that the program of a running trace reads later."""
    check_traced(node, what, do)
    if is_read_later(node):
        complain(f"{what}{freezes}", READ_LATER, do)


def check_differentiable(node: Node, what: str) -> None:
    """Raise where nothing flows back through a node, or where it has no number yet."""
    if node._flags & TRACED:
        complain(f"{what} was called on it", do=DERIVE)
    if node._flags & CONSTANT:
        how = {"detached": "a result of detach() or no_grad()", "constant": "a number"}
        raise RuntimeError(
            f"{what} found no graph to differentiate: {node!r} is "
            f"{how.get(node._row.name, 'computed from constants alone')}; build it from Values outside of no_grad()"
        )


@mypyc_attr(native_class=False)
class RuleError(TypeError):
    """A rule of a user's is wrong."""


def check_only_operands(name: str, results: Sequence[Any], operands: Sequence[Any], start: int) -> None:
    """Raise where a function with a rule of its own used a Value from before the time `start`, its operands apart.

    No gradient would reach that Value.  Constants may be used, as they need none.
    """
    seen = {x for x in operands if isinstance(x, Node)}
    stack = [x for x in results if isinstance(x, Node)]
    while stack:
        node = stack.pop()
        if node in seen or node._flags & CONSTANT:
            continue
        seen.add(node)
        if time_of(node) <= start:
            raise RuleError(
                f"{name} has a derivative of its own, but uses a Value that is not among its operands, so that no "
                f"gradient would reach it; make it an operand"
            )
        stack.extend(operands_of(node))


def traced_node(flags: int, row: Primitive = LEAF) -> Node:
    """A node without a number: an input of a program."""
    node = number_node(math.nan, flags | TRACED)
    node._row = row
    node._flags &= ~NUMERIC
    return node


def traced_partials(row: Primitive, nodes: tuple[Node, ...]) -> list[float | None]:
    """The partials of a row in traced operands: nan where something flows."""
    rules = row.partials if isinstance(row.partials, tuple) else (math.nan,) * len(nodes)
    return [None if p is None or x._flags & CONSTANT else math.nan for p, x in zip(rules, nodes, strict=True)]
