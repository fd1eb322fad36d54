"""How deep transforms are nested, and the fresh inputs that each of them differentiates in."""

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any, Final, cast

from autograd_lite.core.contexts.modes import PAUSED, TRACE
from autograd_lite.core.contexts.scopes import Scope, Settings
from autograd_lite.core.contexts.variables import Mode
from autograd_lite.core.fast.clock import time_now, time_of
from autograd_lite.core.graph import BATCHED, COMMON, CONSTANT, NUMERIC, ORDERED, Node
from autograd_lite.core.recording import binary
from autograd_lite.core.table import identity
from autograd_lite.core.value import Value, passed_on, traced
from autograd_lite.trees import flatten, is_array
from autograd_lite.trees.array_leaves import array_of
from autograd_lite.trees.registry import WHOLE

Scalar = Value | float
"""A number, or a Value with the graph that it comes from."""

Source = Callable[[], float]
"""What draws a random number."""


START: Final = Mode("autograd_lite.start", None)
"""The time at which the outermost of the transforms began that are running a function, None where none is."""

PASSING: Final = Mode("autograd_lite.passing", False)
"""Whether a transform is running a function on numbers that it passed on."""

MAPPED: Final = Mode("autograd_lite.mapped", False)
"""Whether a vmap is tracing a sample that represents all."""


STEP: Final = Mode("autograd_lite.step", None)
"""What the step of a loop that is being recorded draws, None where there is no loop."""


class inside(Scope):
    """While the function of a transform runs: transforms inside it record graphs, even under no_grad."""

    def modes(self) -> Settings:
        start = START.get()
        started = (START, time_now() if start is None else start)
        return (started, (PAUSED, False)) if PAUSED.is_set() else (started,)


class resumed(Scope):
    """While a function runs once more: the outermost transform began at that time, at None no transform runs it."""

    def __init__(self, start: int | None) -> None:
        super().__init__()
        self.start = start

    def modes(self) -> Settings:
        return ((START, self.start),)


def nested() -> bool:
    """Whether a transform is running a function."""
    return START.get() is not None


def differentiated(values: Sequence[Node]) -> bool:
    """Whether any of them was made in a transform that is running: its gradient may be asked for."""
    start = START.get()
    return start is not None and any(time_of(x) > start and not x._flags & CONSTANT for x in values)


class mapped(Scope):
    """While a sample that represents all runs through a function: each sample has inputs of its own."""

    def modes(self) -> Settings:
        return ((MAPPED, True),)


def is_mapped() -> bool:
    """Whether a sample that represents all is running through a function."""
    return bool(MAPPED.get())


def passed(x: Any) -> Any:
    """A pytree as a transform passes it on to its function: a constant in the place of each float.

    So `**`, `%` and `//` are the table's, as in compiled code.  Ints, bools, strings, arrays, Modules and all that is
    no container stay what they are.
    """
    if isinstance(x, float):
        return passed_on(x)
    if isinstance(x, (Value, int)):
        return x
    leaves, treedef = flatten(x, whole=True)
    if not any(isinstance(y, float) for y in leaves):
        return x
    return treedef.unflatten([passed_on(y) if isinstance(y, float) else y for y in leaves], whole=WHOLE)


class Draws(Scope):
    """While a step of a loop is recorded, which represents all of them: each of them draws numbers of its own."""

    def __init__(self) -> None:
        self.drawn: list[tuple[Value, Source]] = []

    def modes(self) -> Settings:
        return ((STEP, self),)


class CallDraws(Draws):
    """The same while a call is recorded, which is like a loop of one step."""


class MapsInside(Exception):
    """A function that is recorded as a call maps over samples, which it can only in the graph around the call."""


def drawn_number(source: Source) -> Value:
    """While a program is traced: a number that is drawn anew at each call, for each sample, and in each step."""
    step = STEP.get()
    if step is None:
        value: Value = TRACE.get().draw(source, is_mapped())
        return value
    value = traced(ORDERED | (BATCHED if is_mapped() else 0))
    step.drawn.append((value, source))
    return value


def in_step() -> bool:
    """Whether a step of a loop is being recorded.  A map that asks so in a call ends its recording."""
    step = STEP.get()
    if isinstance(step, CallDraws):
        raise MapsInside
    return step is not None


class passing(Scope):
    """While a function runs on numbers that a transform passed on: what transforms in it give are numbers likewise."""

    def modes(self) -> Settings:
        return ((PASSING, True),)


def returned(x: Any) -> Any:
    """What a function on such numbers returned: for a user, a float in the place of each Value of numbers alone."""
    if PASSING.get() or nested():
        return x
    if isinstance(x, Value):
        return x.data if is_number_again(x) else x
    leaves, treedef = flatten(x, "result", whole=True)
    plain = [numbers_again(y) if is_array(y) else y.data if is_number_again(y) else y for y in leaves]
    return x if all(map(is_, plain, leaves)) else treedef.unflatten(plain, whole=WHOLE)


def numbers_again(x: Any) -> Any:
    """The same for the elements of an array."""
    leaves = x.ravel().tolist() if x.dtype == object else []
    if not any(map(is_number_again, leaves)):
        return x
    return array_of([y.data if is_number_again(y) else y for y in leaves], x.shape)


def as_passed(x: Scalar) -> Scalar:
    """A number that a transform gives: a float for a user, a constant for a function that another one runs."""
    return passed_on(x) if PASSING.get() and isinstance(x, float) else x


def all_passed(xs: Sequence[Scalar]) -> list[Scalar]:
    """`as_passed` of each."""
    return list(map(as_passed, xs)) if PASSING.get() else list(xs)


def node_apart(x: Value) -> Value:
    """A node of its own for a Value, from which on adjoints add up in the order in which nodes were made.

    So they do in compiled code where a step of a loop, or a gather, hands the number on.
    """
    result: Value = identity(x)
    result._flags |= ORDERED
    return result


def is_differentiable(x: Value) -> bool:
    """Whether a gradient may be asked for: of no constant, which while a program is traced its arguments are too."""
    trace = TRACE.get()
    return not x._flags & CONSTANT and (trace is None or trace.is_differentiated(x))


def put_in_order(x: Scalar, start: int) -> None:
    """Let adjoints add up in the order in which nodes were made, from a result on that was made since `start`."""
    if isinstance(x, Value) and time_of(x) > start and not x._flags & CONSTANT:
        x._flags |= ORDERED


def check_steps(order: Sequence[Node]) -> None:
    """Raise where a graph that is differentiated reads a step of a loop that was recorded before."""
    trace = TRACE.get()
    if trace is not None and not trace.steps.isdisjoint(order):
        raise no_number_of_a_step()


def no_number_of_a_step() -> TypeError:
    return TypeError(
        "a value of a step of a loop, or of a compiled function that is called, is used after it, but it is another "
        "number each time; return it, as y of the loop, in place of storing it"
    )


def is_number_again(x: object) -> bool:
    return isinstance(x, Value) and bool(x._flags & NUMERIC)


def fresh(x: Scalar) -> Value:
    """A new input with the number of x; where x has a graph, it stays connected to that."""
    trace = TRACE.get()
    if isinstance(x, Value) and (trace is not None or not x._flags & CONSTANT):
        result = cast(Value, binary(identity, x._data, x, None, 1.0, 0.0))
        result._flags &= ~COMMON  # what was detached while a program is traced is an input like any other
        if trace is not None:
            trace.inputs.add(result)
    else:
        result = Value(x.data if isinstance(x, Value) else x)
        if isinstance(x, Value):
            result._flags |= x._flags & ORDERED  # adjoints add up in the order that they have in a compiled loop
    if MAPPED.get():
        result._flags |= BATCHED
    return result


def all_fresh(xs: Sequence[Scalar]) -> list[Value]:
    """`fresh` of each."""
    if TRACE.get() is None and not MAPPED.get() and Value not in map(type, xs):
        return list(map(Value, xs))
    return [fresh(x) for x in xs]
