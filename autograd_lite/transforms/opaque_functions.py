"""Functions of users, run by rules: on constants of the library where they compute with these, else on plain numbers.

On constants everything else that a function uses is noticed (`check_only_operands`), and `x**2` has the bits that it
has in a program.  A function that asks for numbers, as SciPy's do, is opaque: while a program is traced it becomes
instructions that call it back.
"""

import functools
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType, MethodType
from typing import Any, NoReturn

from autograd_lite.core.abstract.tracers import RuleError, check_only_operands, check_traced
from autograd_lite.core.contexts.modes import enable_grad
from autograd_lite.core.fast.clock import time_now
from autograd_lite.core.graph import CONSTANT, ORDERED, TRACED, Node
from autograd_lite.core.operands import number
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.recording import many
from autograd_lite.core.value import constant
from autograd_lite.transforms.propagation import Propagation
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived

Flat = Callable[[list[Any]], list[Any]]
"""A function from a list of numbers or nodes to one; None for a result that is nothing."""

REMEMBERED = 2**16
"""Numbers that a function of several results keeps, so that it is called once for all of them."""


def on_nodes(name: str, f: Flat, operands: list[Any], used: Sequence[Any] = ()) -> list[Any] | None:
    """The results of f on nodes; None where it is opaque.  Raises RuleError where it uses other Values than these."""
    start = time_now()
    try:
        found = f(operands)
    except RuleError:
        raise
    except (TypeError, AttributeError):  # TracingErrors are TypeErrors
        return None
    check_only_operands(name, found, [*operands, *used], start)
    return found


def called_on_numbers(name: str, f: Flat, numbers: Sequence[Any]) -> list[float | None]:
    """The results of f on numbers."""
    with enable_grad():
        found = on_nodes(name, f, [constant(float(x)) for x in numbers])
        if found is None:
            start = time_now()
            found = f(list(numbers))
            check_only_operands(name, found, (), start)
    return [None if x is None else as_number(name, x) for x in found]


def as_number(name: str, x: Any) -> float:
    if isinstance(x, Node):
        check_traced(x, f"{name}, which was called with numbers alone, computed with it")
        return x._data
    found = number(x)
    if found is None:
        raise RuleError(f"{name} gives numbers, but its function or a rule of it gave {x!r}; return numbers or Values")
    return found


# -- called back by programs


def unknown_partials(out: Any, operands: Sequence[Any]) -> list[float | None]:
    """Of rows that have rules in place of partials, or none at all; a row without any partial would be flat."""
    return [math.nan] * len(operands)


class Results:
    """The results of a function, computed once for those who ask for them one by one."""

    def __init__(self, name: str, f: Flat, count: int) -> None:
        self.name, self.f, self.count = name, f, count
        self.found: dict[bytes, list[float]] = {}

    def at(self, numbers: Sequence[float]) -> list[float]:
        try:
            key = struct.pack(f"{len(numbers)}d", *numbers)  # which tells 0.0 from -0.0
        except struct.error:
            raise TypeError(f"{self.name} computes with floats alone, but got {numbers!r}; pass floats") from None
        found = self.found.get(key)
        if found is None:
            found = [0.0 if x is None else x for x in called_on_numbers(self.name, self.f, numbers)]
            if len(found) != self.count:
                raise RuleError(
                    f"{self.name} gave {len(found)} numbers, and {self.count} before; give as many each time"
                )
            if len(self.found) * (len(numbers) + self.count) >= REMEMBERED:
                self.found.clear()
            self.found[key] = found
        return found


class Component:
    """The k-th result of a function."""

    def __init__(self, results: Results, k: int) -> None:
        self.results, self.k = results, k

    def __call__(self, *numbers: float) -> float:
        return self.results.at(numbers)[self.k]


class CallPayload:
    """What differentiates a node of a call, each of which is a number.

    `emit` gives the instruction of a program that computes the node; `pull_floats` and `pull` what it passes on to its
    operands, with floats and as a graph; `push_floats` and `push` its tangent.
    """

    is_number = True
    is_kept = True
    """Whether loops keep its number for their derivatives."""

    def expand(self, expansion: object, node: Node) -> NoReturn:
        raise TypeError(
            f"taylor needs the partials of {node._row.name}, which has a rule for whole cotangents or tangents; give "
            f"it partials with custom_derivative"
        )


class Opaque(CallPayload):
    """Of a node that the opaque function `name` computed: it has no derivative.  `row` is that of its instruction."""

    def __init__(self, name: str, row: Primitive) -> None:
        self.name, self.row = name, row

    def emit(self, flattener: Any, operands: tuple[int, ...]) -> int:
        return flattener.emit(self.row, operands)  # type: ignore[no-any-return]

    def refuse(self, node: Node) -> None:
        if not node._flags & CONSTANT:  # loops go through constants too
            raise RuleError(
                f"the derivative of {self.name} is wanted, but a Python function of plain numbers computes it; "
                f"write it in functions of this library, or give it a rule with custom_vjp or custom_jvp"
            )

    def pull_floats(self, node: Node, adjoint: Any, arrived: dict[Node, Any]) -> list[tuple[Node, Any]]:
        self.refuse(node)
        return []

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> list[tuple[Node, Arrived]]:
        if walk.ends_at(node, arrived.total(node, walk.propagation)):
            return []
        return self.pull_floats(node, None, {})

    def push_floats(self, node: Node, tangents: dict[Node, Any]) -> None:
        self.refuse(node)

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> None:
        self.refuse(node)


def called_back(name: str, f: Flat, count: int, operands: Sequence[Node]) -> list[Node]:
    """The results of an opaque function as nodes, which programs compute by calling it."""
    results = Results(name, f, count)
    names = [name] if count == 1 else [f"{name}_{k}" for k in range(count)]
    rows = [
        Primitive(one, len(operands), Component(results, k), unknown_partials, called_back=True)
        for k, one in enumerate(names)
    ]
    return [opaque_node(row, operands) for row in rows]


def opaque_node(row: Primitive, operands: Sequence[Node]) -> Node:
    """The node of a row that is called back; its number is nan while it is traced."""
    is_traced = any(x._flags & TRACED for x in operands)
    data = math.nan if is_traced else row.raw([x._data for x in operands])
    partials = [None if x._flags & CONSTANT else math.nan for x in operands]
    name = row.value.results.name  # type: ignore[attr-defined]
    own = Primitive(row.name, row.arity, row.value, row.partials, called_back=True, payload=Opaque(name, row))
    node = many(own, data, tuple(operands), list(partials))
    node._flags |= ORDERED
    return node


def check_captured(name: str, *functions: Any) -> None:
    """Raise where an opaque function holds a traced Value, whose number it cannot have when it is called back."""
    held = [x for f in functions for x in captured(f)]
    check_only_operands(name, [x for x in held if isinstance(x, Node) and x._flags & TRACED], (), time_now())


def captured(f: Any) -> Iterator[Any]:
    """What a function holds: in its closure, defaults, bound arguments and attributes, and Values among its globals."""
    from inspect import getclosurevars

    stack, seen = [f], set[int]()
    while stack:
        x = stack.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        yield x
        if isinstance(x, (list, tuple, set)):
            stack += x
        elif isinstance(x, dict):
            stack += x.values()
        elif isinstance(x, functools.partial):
            stack += [x.func, *x.args, *x.keywords.values()]
        elif isinstance(x, MethodType):
            stack += [x.__func__, *vars(x.__self__).values()] if hasattr(x.__self__, "__dict__") else [x.__func__]
        elif isinstance(x, FunctionType):
            held = getclosurevars(x)
            stack += [*held.nonlocals.values(), *[y for y in held.globals.values() if isinstance(y, Node)]]
            stack += [*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
        elif x is f and hasattr(x, "__dict__"):
            stack += vars(x).values()
