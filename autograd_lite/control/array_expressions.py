"""Expressions of NumPy's arrays in a traced function, recorded once for all elements.

Above `array_sums`.  An array of traced values is an object array as ever, of a class that NumPy asks before it computes
element by element.  An operation on arrays of arguments, of plain numbers and of values that all elements share is
recorded for one element; the sum of all is one node.  Whatever else is asked of such an expression raises Unnamed, and
the function is traced again, with a graph of every element.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from autograd_lite.control.adding_order import ordered_adjoints
from autograd_lite.control.array_nodes import Terms, node_of
from autograd_lite.control.array_places import column_at
from autograd_lite.control.array_sums import LeafUse, number_leaf, shared_leaf, total_of
from autograd_lite.control.gather_nodes import stack
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.graph import ARRAYED, BATCHED, CHOSEN, ORDERED, Node
from autograd_lite.core.operands import number
from autograd_lite.core.value import Value, traced
from autograd_lite.program.make_program import EXPRESSION
from autograd_lite.program.tracing import Unnamed
from autograd_lite.transforms.levels import in_step, is_mapped
from autograd_lite.transforms.reverse_mode import ARRAYS
from autograd_lite.trees import is_array
from autograd_lite.trees.array_leaves import as_ndarray, broadcast_object

ARRAYS.append(ordered_adjoints)


class Element(NamedTuple):
    """What an expression is in one of its elements, in leaves; what these are in all of them."""

    root: Any
    uses: dict[Node, LeafUse]


class Unexpanded:
    """What is found in place of the elements of an expression: it cannot be used."""

    is_number = True

    def emit(self, *_: Any) -> int:
        raise Unnamed

    def pull(self, *_: Any) -> Terms:
        raise Unnamed

    push = expand = pull


@cache
def array_class() -> type:
    """The class of arrays that record expressions."""
    import numpy

    class ExpressionArray(numpy.ndarray):
        element: Element | None = None

        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
            found = recorded_ufunc(ufunc, method, inputs, kwargs)
            if found is not None:
                return found
            if any(getattr(x, "element", None) for x in inputs):
                raise Unnamed
            if "out" in kwargs:
                kwargs["out"] = tuple(map(as_ndarray, kwargs["out"]))
            return getattr(ufunc, method)(*map(as_ndarray, inputs), **kwargs)

        def dot(self, other: Any, out: Any = None) -> Any:
            found = dot(self, other) if out is None else None
            return as_ndarray(self).dot(other, out) if found is None else found

        def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
            if func in (numpy.dot, numpy.inner, numpy.vdot) and len(args) == 2 and not kwargs:
                found = dot(*args)
                if found is not None:
                    return found
            found = super().__array_function__(func, types, args, kwargs)
            return as_expression(found) if type(found) is numpy.ndarray else found

    return ExpressionArray


def as_expression(x: Any) -> Any:
    """An array of traced values as one that records expressions."""
    if not is_array(x) or x.dtype.kind != "O" or x.size < EXPRESSION:
        return x
    return x.view(array_class())


def recorded_ufunc(ufunc: Any, method: str, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """The result of a function of NumPy as an expression, or the node of a sum; None where it is neither."""
    import numpy

    trace = TRACE.get()
    if trace is None or trace.expressions is None or in_step() or is_mapped():
        return None
    if method == "__call__" and list(kwargs) == ["out"]:  # as `numpy.var` has it
        (out,) = kwargs["out"]
        found = of_elements(ufunc, inputs) if getattr(out, "element", None) else None
        if found is not None:
            out.element = found.element
        return None if found is None else out
    if method == "__call__" and not kwargs:
        return dot(*inputs) if ufunc is numpy.matmul else of_elements(ufunc, inputs)
    if method == "reduce" and ufunc is numpy.add:
        (x,) = inputs
        rest = {name: y for name, y in kwargs.items() if name != "axis" and y is not None and y is not True}
        if x.ndim == 1 and kwargs.get("axis", 0) in (None, 0, -1, (0,)) and rest in ({}, {"keepdims": False}):
            return sum_of_expression(x)
    return None


def sum_of_expression(x: Any) -> Value | None:
    """The sum of a flat array."""
    element = element_of(x, x.shape) if x.size >= EXPRESSION else None
    return None if element is None else TRACE.get().total(x.size, *element, total_of)


def dot(a: Any, b: Any) -> Value | None:
    """The sum of the products of two flat arrays."""
    import numpy

    if not (is_array(a) and is_array(b) and a.ndim == b.ndim == 1 and a.shape == b.shape):
        return None
    found = recorded_ufunc(numpy.multiply, "__call__", (a, b), {})
    return None if found is None else sum_of_expression(found)


def of_elements(ufunc: Callable[..., Any], inputs: Sequence[Any]) -> Any:
    """A function of each element."""
    import numpy

    shapes = [getattr(x, "shape", ()) for x in inputs]
    shape = numpy.broadcast_shapes(*shapes)
    if numpy.prod(shape) < EXPRESSION or (ufunc is numpy.power and shapes[1]):
        return None
    elements = [element_of(x, shape) for x in inputs]
    uses: dict[Node, LeafUse] = {}
    roots = []
    for x in elements:
        if x is None:
            return None
        uses |= x.uses
        roots.append(x.root)
    with numpy.errstate(all="ignore"):  # nothing has a number yet
        root = ufunc(*roots)
    if not isinstance(root, Value):
        return None
    TRACE.get().has_expressions = True
    sources = dict.fromkeys([use.source for use in uses.values() if use.source is not None])
    found = broadcast_object(node_of(Unexpanded(), list(sources), ARRAYED), shape).view(array_class())
    found.element = Element(root, uses)
    return found


def element_of(x: Any, shape: tuple[int, ...]) -> Element | None:
    """One element of an operand; None where its elements are none of arguments, or are the results of choices."""
    found: tuple[Value, LeafUse] | None
    if isinstance(x, Value):
        if x._flags & (ORDERED | CHOSEN | BATCHED):
            return None
        found = shared_leaf(x)
        return Element(x, {}) if found is None else Element(found[0], dict([found]))
    if not is_array(x):
        return None if number(x) is None else Element(x, {})
    known: Element | None = getattr(x, "element", None)
    if known is not None:
        return known if x.shape == shape else None
    import numpy

    flat = numpy.broadcast_to(as_ndarray(x), shape).ravel()
    found = number_leaf(flat) if x.dtype.kind in "fiu" else of_arguments(flat.tolist()) if x.dtype.kind == "O" else None
    return None if found is None else Element(found[0], dict([found]))


def of_arguments(elements: list[Any]) -> tuple[Value, LeafUse] | None:
    """A leaf for numbers of one argument, or of what a transform differentiates in."""
    import numpy

    trace, first = TRACE.get(), elements[0]
    start = trace.place_of(first) if isinstance(first, Value) else None
    if start is None or first._flags & (ORDERED | CHOSEN | BATCHED):
        return None
    found = list(map(trace.places.get, elements))
    if None in found:
        return None
    table = numpy.array(found, dtype=numpy.int64)
    if (table[:, 0] != start[0]).any():
        return None
    source = trace.stack(start[0], stack)
    return traced(0), LeafUse(column_at(source, table[:, 1].tolist()), source, table[:, 1])
