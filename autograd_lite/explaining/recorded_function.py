"""A function recorded for a page that computes: its graph on the numbers it starts from, and the program of everything
that the page shows.

The function runs once on values without numbers, as it does to be compiled; so no branch is frozen.  What it recorded
is computed again on numbers, node by node, for the lesson and for the picture.
"""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import getclosurevars, unwrap
from types import FrameType
from typing import Any, NamedTuple

from autograd_lite.control.loop_steps import StepPlace, steps_of
from autograd_lite.control.unbounded_loops import RecordedWhile
from autograd_lite.core.contexts.modes import enable_grad, ieee_arithmetic
from autograd_lite.core.create_graph import adjoints, argument, partials_as_graphs
from autograd_lite.core.graph import CONSTANT, NUMBER
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.value import Value, constant, traced
from autograd_lite.explaining.formulas import Applied, Slot, formula_value
from autograd_lite.explaining.lesson import Lesson, Origin
from autograd_lite.explaining.page_graph import PageGraph, on_numbers
from autograd_lite.program.instructions import Argument, Result
from autograd_lite.program.program import Program
from autograd_lite.sparse.scalar_graphs import ScalarTrace
from autograd_lite.transforms.levels import inside
from autograd_lite.transforms.opaque_functions import CallPayload
from autograd_lite.transforms.signatures import Function, name_of
from autograd_lite.trees import is_array, tree_map


class RecordedGraph(NamedTuple):
    """The graph of a result: `root` on numbers, and for each of its nodes the one that programs are made of."""

    root: Value
    twins: Mapping[Value, Value]
    named: Mapping[str, object]
    """What the function called its results on the way."""
    loops: Mapping[Value, StepPlace]
    """The steps of loops that nodes are of."""

    def twin(self, x: Value) -> Value:
        return self.twins.get(x, x)


def recorded_graph(
    f: Function, arguments: Sequence[Any], keywords: Mapping[str, Any], starts: Sequence[Value]
) -> RecordedGraph:
    """The graph of f, whose arguments hold the Values `starts`; loops are written out step by step.

    Raises TracingError where f asks a traced value for its number, TypeError where it does not return one number.
    """
    inputs = {x: traced(0) for x in starts}
    given, also = replaced(list(arguments), inputs), replaced(dict(keywords), inputs)
    with ScalarTrace(False, None) as trace, inside(), local_variables(f) as found:
        root = f(*given, **also)
    if not isinstance(root, Value):
        raise TypeError(
            f"explore shows one number that depends on the inputs, but {name_of(f)} returned {root!r} of type "
            f"{type(root).__name__}; return one Value, such as a sum or one item of a list"
        )
    order: list[Any] = topological_order([root], everything=True)
    check_rows(order, name_of(f))
    known: dict[Value, Value] = {y: x for x, y in inputs.items()}
    known.update({y: Value(source(), label="drawn") for y, source, _ in trace.draws})
    with ieee_arithmetic(), enable_grad():
        on_numbers(order, known)
    twins = {x: y for y, x in reversed(known.items())}  # the first one; others hand the number on
    places: Mapping[Any, StepPlace] = steps_of(order)
    loops = {known.get(y, y): place for y, place in places.items() if y.op}
    return RecordedGraph(known.get(root, root), twins, {name: replaced(x, known) for name, x in found.items()}, loops)


def replaced(x: Any, others: Mapping[Value, Value]) -> Any:
    """A list, a dict or an array with others in the place of Values."""
    if isinstance(x, Value):
        return others.get(x, x)
    return (
        tree_map(lambda y: replaced(y, others), x)
        if isinstance(x, (list, tuple, dict))
        else elements_replaced(x, others)
    )


def elements_replaced(x: Any, others: Mapping[Value, Value]) -> Any:
    if not is_array(x) or x.dtype != object:
        return x
    found = x.copy()
    for i, y in enumerate(x.flat):
        found.flat[i] = replaced(y, others)
    return found


def check_rows(order: Sequence[Any], name: str) -> None:
    """Raise where a node is no row of the table and no kernel: a page has nothing else to compute with."""
    for x in order:
        if isinstance(x.row.payload, CallPayload):
            has = "is a Python function of plain numbers" if x.row.called_back else "has a derivative of its own"
            raise ValueError(
                f"explore computes in the browser, in rows of the table, but {name} calls {x.row.name}, which {has}; "
                f"write it in functions of this library without such a rule, or step through one call with "
                f"explain(...).page()"
            )
        if x.row.lazy and any(p.row is NUMBER and p.data != p.data for p in x.parents):
            raise ValueError(
                f"explore computes with other numbers too, but {name} holds a choice between functions of which only "
                f"one was computed; pass the function, as explore(f, x=2.0)"
            )
        if isinstance(x.row.payload, RecordedWhile):
            raise ValueError(
                f"explore writes loops out step by step, but {name} has a while_loop whose number of steps depends on "
                f"its numbers; pass max_steps to the while_loop"
            )


@contextmanager
def local_variables(f: Function) -> Iterator[dict[str, Any]]:
    """What the variables of f hold as it returns: names for its results on the way."""
    found: dict[str, Any] = {}
    code = getattr(unwrap(getattr(f, "func", f)), "__code__", None)

    def look(frame: FrameType, event: str, result: object) -> None:
        if event == "return" and frame.f_code is code:
            found.update(frame.f_locals)

    if sys.getprofile() is not None:  # somebody measures the program: then there are fewer names
        yield found
        return
    sys.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)


def variables_around(f: Function) -> dict[str, object]:
    """What f uses of the functions around it and of its module."""
    try:
        found = getclosurevars(unwrap(getattr(f, "func", f)))
    except (TypeError, ValueError):
        return {}
    return {**found.globals, **found.nonlocals}


# -- the program


def lesson_programs(lesson: Lesson, graph: PageGraph, inputs: Sequence[Value]) -> tuple[Program, Program, list[int]]:
    """What computes the numbers of a lesson from the inputs, each once, what computes the result alone, and the places
    of all numbers of the lesson among those.

    Raises ValueError where the graph has frozen a branch, so that other numbers would come out wrong.
    """
    leaves, end = [graph.of(x) for x in inputs], graph.end
    nodes = {
        step.name: graph.of(x) for step, x in zip(lesson.steps, lesson.nodes, strict=True) if step.value is not None
    }
    ways = [way for step in lesson.steps for way in step.ways if isinstance(way.formula, Applied)]
    flowing = [x for x in dict.fromkeys([*nodes.values(), *graph.ends()]) if not x._flags & CONSTANT]
    # what a condition closes over is read later, as in a program: no branch is frozen
    with ScalarTrace(False, None), ieee_arithmetic(), enable_grad():
        slopes = dict(zip(flowing, adjoints([end], [1.0], flowing), strict=True))
        partials: dict[Value, list[Any]] = {}

        def number(origin: Origin) -> Any:
            node = origin.node
            if origin.what == "value":
                return graph.of(node)
            if origin.what == "gradient":
                return slopes.get(graph.of(node))
            if node not in partials:
                partials[node] = graph.terms(node, slopes) or partial_graphs(graph.of(node))
            return partials[node][origin.operand]

        numbers = [value_like(number(origin)) for origin in lesson.origins]
        checks = [value_like(formula_value(way.formula, nodes)) for way in ways if way.formula is not None]
    everything = one_array([*numbers, *checks], leaves)
    [(values, _)] = everything.results
    for way, i in zip(ways, range(len(numbers), len(values)), strict=True):
        if isinstance(way.local, Slot) and values[i] != values[int(way.local.place)]:
            way.check = Slot(math.nan, str(i))
    once = {value: k for k, value in enumerate(dict.fromkeys(values))}
    program = Program(everything.arguments, everything.instructions, [Result(tuple(once), False)])
    return program, one_array([end], leaves), [once[value] for value in values]


def value_like(x: Any) -> Value:
    return x if isinstance(x, Value) else constant(0.0 if x is None else float(x))


def partial_graphs(x: Value) -> list[Any]:
    """The partial of a node in each of its operands, as a graph; None where nothing flows."""
    if x.row.selects:
        chooser = argument(x.parents[0])
        return [None, x.row.selected(chooser, 1.0, 0.0), x.row.selected(chooser, 0.0, 1.0)]
    found = iter(partials_as_graphs(x))
    return [None if partial is None else next(found)[1] for partial in x.partials]


def one_array(outputs: Sequence[Value], inputs: Sequence[Value]) -> Program:
    """A program of one argument and one result."""
    found = Program.from_values(outputs, inputs)
    result = Result(tuple([i for each in found.results for i in each.values]), False)
    return Program([Argument("inputs", len(inputs), False)], found.instructions, [result])
