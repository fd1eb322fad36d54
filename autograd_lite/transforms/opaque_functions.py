"""Functions of users, run by rules: on constants of the library where they compute with these, else on plain numbers.

On constants everything else that a function uses is noticed (`check_operands`), and `x**2` has the bits that it has
in a program.  A function that asks for numbers, as SciPy's do, is opaque: while a program is traced it becomes
instructions that call it back.
"""

import functools
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType, MethodType
from typing import Any, NoReturn

from autograd_lite.core.abstract.tracers import RuleError, check_operands, check_traced
from autograd_lite.core.contexts.modes import enable_grad
from autograd_lite.core.fast.clock import time_now
from autograd_lite.core.graph import CONSTANT, ORDERED, TRACED, Node, partials_of
from autograd_lite.core.primitives import Primitive, number
from autograd_lite.core.recording import many
from autograd_lite.core.value import constant

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
    check_operands(name, found, [*operands, *used], start)
    return found


def on_numbers(name: str, f: Flat, numbers: Sequence[Any]) -> list[float | None]:
    """The results of f on numbers."""
    with enable_grad():
        found = on_nodes(name, f, [constant(float(x)) for x in numbers])
        if found is None:
            start = time_now()
            found = f(list(numbers))
            check_operands(name, found, (), start)
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
            found = [0.0 if x is None else x for x in on_numbers(self.name, self.f, numbers)]
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


class NoDerivative:
    """The rules of a node that an opaque function computed: it has none."""

    def __init__(self, name: str) -> None:
        self.name = name

    def pull(self, node: Node, adjoints: list[Any], record: bool) -> list[tuple[Node, Any]]:
        if not node._flags & CONSTANT:  # loops go through constants too
            self.refuse()
        return []

    def push(self, node: Node, tangents: list[Any], record: bool) -> list[Any]:
        if not node._flags & CONSTANT:
            self.refuse()
        return [None]

    def refuse(self) -> NoReturn:
        raise RuleError(
            f"the derivative of {self.name} is wanted, but a Python function of plain numbers computes it; write it in "
            f"functions of this library, or give it a rule with custom_vjp or custom_jvp"
        )

    def partials(self, node: Node) -> list[float | None]:
        return partials_of(node)


def called_back(name: str, f: Flat, count: int, operands: Sequence[Node]) -> list[Node]:
    """The results of an opaque function as nodes, which programs compute by calling it."""
    results = Results(name, f, count)
    is_traced = any(x._flags & TRACED for x in operands)
    data = [math.nan] * count if is_traced else results.at([x._data for x in operands])
    partials = [None if x._flags & CONSTANT else math.nan for x in operands]
    nodes = []
    for k in range(count):
        row = Primitive(
            name if count == 1 else f"{name}_{k}", len(operands), Component(results, k), unknown_partials,
            called_back=True, rule=NoDerivative(name),
        )  # fmt: skip
        node = many(row, data[k], tuple(operands), list(partials))
        node._flags |= ORDERED
        nodes.append(node)
    return nodes


def check_captured(name: str, *functions: Any) -> None:
    """Raise where an opaque function holds a traced Value, whose number it cannot have when it is called back."""
    held = [x for f in functions for x in captured(f)]
    check_operands(name, [x for x in held if isinstance(x, Node) and x._flags & TRACED], (), time_now())


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
