"""Functions in, functions out: gradients, and what all transforms share.

Each call runs the function on fresh Values and walks the graph that it recorded, with the sweeps of `graph`;
`.grad` is neither read nor written.  Inside another transform, or where an operand is a Value, the results
are Values, so that all of them nest in any order.  `jacobians` builds on this floor.
"""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from autograd_lite.core.create_graph import adjoints
from autograd_lite.core.fast.clock import time_now, time_of
from autograd_lite.core.graph import BATCHED, CONSTANT, Node
from autograd_lite.core.modes import MODE, recording
from autograd_lite.core.primitives import Primitive, number
from autograd_lite.core.reverse import float_adjoints
from autograd_lite.core.table import identity
from autograd_lite.core.tracers import check_differentiable
from autograd_lite.core.value import Value, constant
from autograd_lite.trees import Shape, flatten, size, unflatten, with_parameters


class _Level(threading.local):
    depth = 0  # how many transforms are running a function
    start = 0  # the time at which the outermost of them began
    mapped = 0  # how many vmaps are tracing a sample that stands for all


_LEVEL = _Level()


@contextmanager
def inside() -> Iterator[None]:
    """While the function of a transform runs: transforms inside it record graphs, even under no_grad."""
    if _LEVEL.depth == 0:
        _LEVEL.start = time_now()
    _LEVEL.depth += 1
    try:
        with recording():
            yield
    finally:
        _LEVEL.depth -= 1


def differentiated(values: Sequence[Node]) -> bool:
    """Whether any of them was made in a transform that is running: its gradient may be asked for."""
    return _LEVEL.depth > 0 and any(time_of(x) > _LEVEL.start and not x._flags & CONSTANT for x in values)


@contextmanager
def mapped() -> Iterator[None]:
    """While a sample that stands for all runs through a function: each sample has inputs of its own."""
    _LEVEL.mapped += 1
    try:
        yield
    finally:
        _LEVEL.mapped -= 1


def is_mapped() -> bool:
    """Whether a sample that stands for all is running through a function."""
    return _LEVEL.mapped > 0


def fresh(x: Any) -> Value:
    """A new input with the number of x; where x has a graph, it stays connected to that."""
    if not isinstance(x, Value):
        result = Value(x)
    elif x._flags & CONSTANT and MODE.trace is None:
        result = Value(x.data)
    else:
        result = identity(x)
        result._flags &= ~CONSTANT  # what was detached while a program is traced is an input like any other
    if _LEVEL.mapped:
        result._flags |= BATCHED
    return result


def gradients(output: Value, inputs: Iterable[Value], create_graph: bool = False) -> list[Any]:
    """The gradients d(output)/d(input), one for each input; nothing is stored in `.grad`.

    Floats, or with `create_graph` Values that can be differentiated again.  0.0 where the output does not
    depend on an input.  Raises RuntimeError on a detached output, or where `create_graph` meets data that was
    assigned after the graph was recorded.

    >>> x = Value(3.0)
    >>> gradients(x * x * x, [x])
    [27.0]
    >>> (slope,) = gradients(x * x * x, [x], create_graph=True)
    >>> gradients(slope, [x])
    [18.0]
    """
    if not isinstance(output, Value):
        raise TypeError(f"gradients needs a Value as output, but got {output!r}; pass the result of a computation")
    if not isinstance(inputs, Iterable):
        raise TypeError(f"gradients takes the inputs in a list, but got {inputs!r}; write [x] for one")
    inputs = list(inputs)  # which may come from a generator
    for x in inputs:
        if not isinstance(x, Value):
            raise TypeError(f"gradients needs Values as inputs, but got {x!r}; pass a list of Values")
    if not (create_graph and output.is_traced):
        check_differentiable(output, "gradients")
    return pulled([output], [1.0], inputs, create_graph)


def pulled(roots: Sequence[Any], seeds: Sequence[Any], inputs: Sequence[Node], record: bool) -> list[Any]:
    """The gradients of sum(seed x root), as Values or floats; roots may be plain numbers."""
    pairs = [(r, s) for r, s in zip(roots, seeds, strict=True) if isinstance(r, Value) and not r._flags & CONSTANT]
    outputs, weights = [r for r, _ in pairs], [s for _, s in pairs]
    if not record:
        return float_adjoints(outputs, [as_float(s) for s in weights], list(inputs))
    results = adjoints(outputs, weights, inputs) if outputs else [None] * len(inputs)
    return [as_value(0.0 if g is None else g) for g in results]


def as_float(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


def as_value(x: Any) -> Value:
    return x if isinstance(x, Value) else constant(float(x))


class Call:
    """One call of a transformed function: its chosen arguments as fresh inputs, its outputs, its graph."""

    def __init__(self, f: Callable[..., Any], argnums: int | tuple[int, ...], args: tuple[Any, ...], kwargs: Any):
        self.single = isinstance(argnums, int)
        self.shapes: list[Shape] = []
        self.inputs: list[Value] = []
        self.nested = _LEVEL.depth > 0
        arguments = list(args)
        chosen = chosen_arguments(argnums, args, f)
        with inside():
            for i in chosen:
                arguments[i] = self.input(args[i], f"argument {i} of {name_of(f)}")
            self.result = f(*arguments, **kwargs)

    def input(self, argument: Any, name: str) -> Any:
        """The argument with fresh inputs in the places of its numbers."""
        leaves, shape = flatten(argument, name)
        values = [fresh(x) for x in leaves]
        self.nested |= holds_values(shape, iter(leaves))
        self.inputs += values
        self.shapes.append(shape)
        return unflatten(shape, iter(values), with_parameters)

    def scalar(self, f: Callable[..., Any]) -> Any:
        """The result, which has to be one number."""
        if isinstance(self.result, Value) or number(self.result) is not None:
            return self.result
        raise TypeError(
            f"the gradient of {name_of(f)} needs one number as its result, but got {self.result!r} of type "
            f"{type(self.result).__name__}; return a Value, or take its jacobian"
        )

    def split(self, f: Callable[..., Any]) -> Any:
        """Of a result that is a pair, what is not differentiated; the result is the other half from now on."""
        if not isinstance(self.result, tuple) or len(self.result) != 2:
            raise TypeError(
                f"with has_aux, {name_of(f)} returns a tuple (value, aux), but it returned {self.result!r}; "
                f"return both, or leave has_aux out"
            )
        self.result, aux = self.result
        leaves, shape = flatten(aux, f"aux of {name_of(f)}")
        return unflatten(shape, iter([self.plain(x) for x in leaves]))

    def like_inputs(self, leaves: list[Any]) -> Any:
        """Numbers, one for each input, in the structure of the chosen arguments."""
        source = iter(leaves)
        results = [unflatten(shape, source) for shape in self.shapes]
        return results[0] if self.single else tuple(results)

    def plain(self, x: Any) -> Any:
        """A leaf of the result as the caller gets it: a float at the outermost level."""
        return x if self.nested or not isinstance(x, Value) else x.data


def chosen_arguments(argnums: int | tuple[int, ...], args: tuple[Any, ...], f: Callable[..., Any]) -> tuple[int, ...]:
    """The arguments that argnums names, each once."""
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for i in chosen:
        if not -len(args) <= i < len(args):
            raise TypeError(
                f"argnums names argument {i}, but {name_of(f)} was called with {len(args)} positional "
                f"argument{'s' if len(args) != 1 else ''}; pass it by position or change argnums"
            )
    if len({i % len(args) for i in chosen}) != len(chosen):
        raise ValueError(f"argnums is {argnums!r}, which names an argument twice; name each once")
    return chosen


def holds_values(shape: Shape, leaves: Iterator[Any]) -> bool:
    """Whether any leaf is a Value, the parameters of Modules apart."""
    if shape[0] in ("list", "tuple", "dict", "samples"):
        return sum(holds_values(child, leaves) for child in shape[2]) > 0
    found = [isinstance(x, Value) for x in islice(leaves, size(shape))]
    return shape[0] != "module" and any(found)


def name_of(f: Callable[..., Any]) -> str:
    return f.name if isinstance(f, Primitive) else getattr(f, "__name__", type(f).__name__)


def parameter_names(f: Callable[..., Any]) -> list[str]:
    """The names of the parameters that can be given by position; none where f does not tell."""
    if isinstance(f, Primitive):
        return [] if f.arity is None else f.operand_names()
    from inspect import signature  # a seventh of the time of importing this package, and few programs need it

    try:
        parameters = signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def numbered(names: Sequence[str], count: int) -> list[str]:
    """So many names: the known ones, and x2, x3 where there are no more.

    >>> numbered(["w", "x"], 3)
    ['w', 'x', 'x2']
    """
    return [*names[:count], *(f"x{i}" for i in range(len(names), count))]


def transformed(f: Callable[..., Any], wrapper: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The wrapper with the name and the doc of f, and the axes over which f is mapped."""
    if not callable(f):
        raise TypeError(f"{name} takes a function, but got {f!r}; pass the function itself, not its result")
    functools.update_wrapper(wrapper, f, updated=())
    wrapper.__name__ = wrapper.__qualname__ = f"{name}({name_of(f)})"
    wrapper.in_axes = getattr(f, "in_axes", None)  # type: ignore[attr-defined]
    return wrapper


def value_and_grad(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """A function that returns (f(...), its gradient in the arguments `argnums`).

    The arguments are numbers, Values, NumPy arrays, Modules, or nested lists, tuples and dicts of these; the
    gradient has the structure of the argument (a Module's is a dict keyed like its state_dict), a tuple of
    them for a tuple of argnums.  With `has_aux`, f returns (value, aux) and the result is ((value, aux),
    gradient): aux is whatever numbers are wanted beside the value, and is not differentiated.  Raises TypeError
    unless f returns one number, or with `has_aux` such a pair.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    >>> value_and_grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [5.0]})
    (10.0, {'a': 5.0, 'b': [2.0]})
    >>> value_and_grad(lambda x: (x * x, {"twice": x + x}), has_aux=True)(3.0)
    ((9.0, {'twice': 6.0}), 6.0)
    """

    def with_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = Call(f, argnums, args, kwargs)
        aux = call.split(f) if has_aux else None
        out = call.scalar(f)
        slopes = pulled([out], [1.0], call.inputs, call.nested)
        value = call.plain(out) if isinstance(out, Value) else float(out)
        return (value, aux) if has_aux else value, call.like_inputs(slopes)

    return transformed(f, with_gradient, "value_and_grad")


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """A function that returns the gradient of f in the arguments `argnums`; see `value_and_grad`.

    With `has_aux`, f returns (value, aux) and the result is (gradient, aux).

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(grad(lambda x: x**3)))(2.0)
    6.0
    """
    both = value_and_grad(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, slopes = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return transformed(f, gradient, "grad")
