"""Functions in, functions out: gradients, Jacobian products, Jacobians, Hessians, custom rules.

Each call runs the function on fresh Values and walks the graph that it recorded, with the sweeps of `graph`;
`.grad` is neither read nor written.  Inside another transform, or where an operand is a Value, the results
are Values, so that all of them nest in any order.
"""

import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd_lite.context import recording
from autograd_lite.graph import BATCHED, CONSTANT, Node, adjoints, float_adjoints, tangents, topological_order
from autograd_lite.primitives import identity
from autograd_lite.rows import Primitive, number
from autograd_lite.structure import Shape, array_of, flatten, size, unflatten, with_parameters
from autograd_lite.value import Value, check_differentiable, constant


class _Level(threading.local):
    depth = 0  # how many transforms are running a function
    mapped = 0  # how many vmaps are tracing a sample that stands for all


_LEVEL = _Level()


@contextmanager
def inside() -> Iterator[None]:
    """While the function of a transform runs: transforms inside it record graphs, even under no_grad."""
    _LEVEL.depth += 1
    try:
        with recording():
            yield
    finally:
        _LEVEL.depth -= 1


@contextmanager
def mapped() -> Iterator[None]:
    """While a sample that stands for all runs through a function: each sample has inputs of its own."""
    _LEVEL.mapped += 1
    try:
        yield
    finally:
        _LEVEL.mapped -= 1


def fresh(x: Any) -> Value:
    """A new input with the number of x; where x has a graph, it stays connected to that."""
    if isinstance(x, Value):
        if x._flags & CONSTANT and not x.is_traced:
            return Value(x.data)
        result: Value = identity(x)
        if _LEVEL.mapped and x.is_traced:
            result._flags |= BATCHED
        return result
    return Value(x)


def gradients(output: Value, inputs: Sequence[Value], create_graph: bool = False) -> list[Any]:
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
        raise TypeError(
            f"gradients needs a Value as output, but got {output!r}; pass the result of a computation"
        )
    for x in inputs:
        if not isinstance(x, Value):
            raise TypeError(f"gradients needs Values as inputs, but got {x!r}; pass a list of Values")
    check_differentiable(output, "gradients")
    return pulled([output], [1.0], inputs, create_graph)


def pulled(roots: Sequence[Any], seeds: Sequence[Any], inputs: Sequence[Node], record: bool) -> list[Any]:
    """The gradients of sum(seed x root), as Values or floats; roots may be plain numbers."""
    pairs = [
        (r, s) for r, s in zip(roots, seeds, strict=True) if isinstance(r, Value) and not r._flags & CONSTANT
    ]
    outputs, weights = [r for r, _ in pairs], [s for _, s in pairs]
    if not record:
        return float_adjoints(outputs, [as_float(s) for s in weights], inputs)
    results = adjoints(outputs, weights, inputs) if outputs else [None] * len(inputs)
    return [as_value(0.0 if g is None else g) for g in results]


def as_float(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


def as_value(x: Any) -> Value:
    return x if isinstance(x, Value) else constant(float(x))


class Call:
    """One call of a transformed function: its chosen arguments as fresh inputs, its outputs, its graph."""

    def __init__(
        self, f: Callable[..., Any], argnums: int | tuple[int, ...], args: tuple[Any, ...], kwargs: Any
    ):
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for i in chosen:
            if not -len(args) <= i < len(args):
                raise TypeError(
                    f"argnums names argument {i}, but {name_of(f)} was called with {len(args)} positional "
                    f"argument{'s' if len(args) != 1 else ''}; pass it by position or change argnums"
                )
        self.single = isinstance(argnums, int)
        self.shapes: list[Shape] = []
        self.inputs: list[Value] = []
        leaves: list[Any] = []
        arguments = list(args)
        for i in chosen:
            found, shape = flatten(args[i], f"argument {i} of {name_of(f)}")
            values = [fresh(x) for x in found]
            arguments[i] = unflatten(shape, iter(values), with_parameters)
            leaves += found
            self.inputs += values
            self.shapes.append(shape)
        self.nested = _LEVEL.depth > 0 or any(isinstance(x, Value) and shape[0] != "module" for x in leaves)
        with inside():
            self.result = f(*arguments, **kwargs)

    def scalar(self, f: Callable[..., Any]) -> Any:
        """The result, which has to be one number."""
        if isinstance(self.result, Value) or number(self.result) is not None:
            return self.result
        raise TypeError(
            f"the gradient of {name_of(f)} needs one number as its result, but got {self.result!r} of type "
            f"{type(self.result).__name__}; return a Value, or take its jacobian"
        )

    def like_inputs(self, leaves: list[Any]) -> Any:
        """Numbers, one for each input, in the structure of the chosen arguments."""
        source = iter(leaves)
        results = [unflatten(shape, source) for shape in self.shapes]
        return results[0] if self.single else tuple(results)

    def plain(self, x: Any) -> Any:
        """A leaf of the result as the caller gets it: a float at the outermost level."""
        return x if self.nested or not isinstance(x, Value) else x.data


def name_of(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", type(f).__name__)


def transformed(f: Callable[..., Any], wrapper: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The wrapper with the name and the doc of f, and the axes over which f is mapped."""
    if not callable(f):
        raise TypeError(f"{name} takes a function, but got {f!r}; pass the function itself, not its result")
    functools.update_wrapper(wrapper, f, updated=())
    wrapper.__name__ = wrapper.__qualname__ = f"{name}({name_of(f)})"
    wrapper.in_axes = getattr(f, "in_axes", None)  # type: ignore[attr-defined]
    return wrapper


def value_and_grad(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0
) -> Callable[..., tuple[Any, Any]]:
    """A function that returns (f(...), its gradient in the arguments `argnums`).

    The arguments are numbers, Values, NumPy arrays, Modules, or nested lists, tuples and dicts of these; the
    gradient has the structure of the argument (a Module's is a dict keyed like its state_dict), a tuple of
    them for a tuple of argnums.  Raises TypeError unless f returns one number.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    >>> value_and_grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [5.0]})
    (10.0, {'a': 5.0, 'b': [2.0]})
    """

    def with_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = Call(f, argnums, args, kwargs)
        out = call.scalar(f)
        slopes = pulled([out], [1.0], call.inputs, call.nested)
        return call.plain(out) if isinstance(out, Value) else float(out), call.like_inputs(slopes)

    return transformed(f, with_gradient, "value_and_grad")


def grad(f: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """A function that returns the gradient of f in the arguments `argnums`; see `value_and_grad`.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(grad(lambda x: x**3)))(2.0)
    6.0
    """
    both = value_and_grad(f, argnums)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return transformed(f, gradient, "grad")


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents_in: Sequence[Any]) -> tuple[Any, Any]:
    """(f(*primals), its derivative along the tangents), in forward mode; source: Griewank and Walther, ch. 3.

    The tangents have the structure of the primals.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    call = Call(f, tuple(range(len(primals))), tuple(primals), {})
    directions, _ = flatten(list(tangents_in), "tangents")
    if len(directions) != len(call.inputs):
        raise ValueError(
            f"jvp needs a tangent for each of the {len(call.inputs)} numbers in the primals, but got "
            f"{len(directions)}; give the tangents the structure of the primals"
        )
    nested = call.nested or any(isinstance(x, Value) for x in directions)
    call.nested = nested
    leaves, out_shape = flatten(call.result, "result")
    moved = pushed(leaves, call.inputs, [directions], nested)[0]
    return (
        unflatten(out_shape, iter([call.plain(x) for x in leaves])),
        unflatten(out_shape, iter(moved)),
    )


def pushed(
    outputs: list[Any], inputs: list[Value], directions: Sequence[Sequence[Any]], record: bool
) -> list[list[Any]]:
    """The tangents of the outputs for each direction of the inputs, from one sort of the graph."""
    order = topological_order([x for x in outputs if isinstance(x, Value)])
    results = []
    for direction in directions:
        seeds: dict[Node, Any] = {
            x: t if record else as_float(t)
            for x, t in zip(inputs, direction, strict=True)
            if isinstance(t, Value) or t != 0.0
        }
        found = tangents(order, seeds, record)
        leaves = [found.get(x, 0.0) if isinstance(x, Value) else 0.0 for x in outputs]
        results.append([as_value(t) for t in leaves] if record else leaves)
    return results


def vjp(f: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """(f(*primals), pullback), where pullback(cotangent) gives the gradient of <cotangent, f> in each primal.

    The cotangent has the structure of the result.

    >>> out, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> out, pullback([1.0, 10.0])
    ([12.0, 7.0], (14.0, 13.0))
    """
    call = Call(f, tuple(range(len(primals))), primals, {})
    leaves, shape = flatten(call.result, "result")

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds, _ = flatten(cotangent, "cotangent")
        if len(seeds) != len(leaves):
            raise ValueError(
                f"the pullback needs a cotangent for each of the {len(leaves)} numbers in the result, not "
                f"{len(seeds)}; give it the structure of the result"
            )
        record = call.nested or any(isinstance(x, Value) for x in seeds)
        return call.like_inputs(pulled(leaves, seeds, call.inputs, record))  # type: ignore[no-any-return]

    return unflatten(shape, iter([call.plain(x) for x in leaves])), pullback


def jacobian(
    f: Callable[..., Any], argnums: int | tuple[int, ...] = 0, mode: str = "auto"
) -> Callable[..., Any]:
    """A function that returns all partial derivatives of all results of f in the arguments `argnums`.

    `mode` is "forward" (a sweep an input), "reverse" (a sweep an output), or "auto", whichever is fewer.  The
    structure of the result of f, each of its numbers replaced by the structure of the argument; between
    arrays, an array of shape (*result, *argument).

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 4.0])
    [[4.0, 3.0], [1.0, 1.0]]
    """
    if mode not in ("auto", "forward", "reverse"):
        raise ValueError(
            f'jacobian has the modes "auto", "forward" and "reverse", but got {mode!r}; choose one'
        )

    def all_partials(*args: Any, **kwargs: Any) -> Any:
        call = Call(f, argnums, args, kwargs)
        outputs, out_shape = flatten(call.result, "result")
        n, m = len(call.inputs), len(outputs)
        forward = mode == "forward" or (mode == "auto" and n < m)
        if forward:
            directions = [[1.0 if i == j else 0.0 for i in range(n)] for j in range(n)]
            columns = pushed(outputs, call.inputs, directions, call.nested)
            rows = [[columns[j][i] for j in range(n)] for i in range(m)]
        else:
            rows = [pulled([x], [1.0], call.inputs, call.nested) for x in outputs]
        source = iter(call.shapes)
        starts = [sum(size(s) for s in call.shapes[:k]) for k in range(len(call.shapes))]
        blocks = [
            block(out_shape, shape, iter([row[start : start + size(shape)] for row in rows]))
            for start, shape in zip(starts, source, strict=True)
        ]
        return blocks[0] if call.single else tuple(blocks)

    return transformed(f, all_partials, "jacobian")


def block(out: Shape, shape: Shape, rows: Iterator[list[Any]]) -> Any:
    """The partials of one result in one argument: the structure of the result over that of the argument."""
    if out[0] != "array":
        if out[0] == "leaf":
            return unflatten(shape, iter(next(rows)))
        return unflatten(nested_leaves(out), iter([block(child, shape, rows) for child in out[2]]))
    table = [next(rows) for _ in range(size(out))]
    position = 0

    def over(inner: Shape) -> Any:
        nonlocal position
        if inner[0] in ("leaf", "array"):
            width = size(inner)
            part = [x for row in table for x in row[position : position + width]]
            position += width
            return array_of(part, out[1] + (inner[1] if inner[0] == "array" else ()))
        return unflatten(nested_leaves(inner), iter([over(child) for child in inner[2]]))

    return over(shape)


def nested_leaves(shape: Shape) -> Shape:
    """A container of that kind whose children are all leaves."""
    return (shape[0], shape[1], tuple([("leaf",)] * len(shape[2])))


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """A function that returns all second derivatives of f: forward mode over the recorded gradient.

    The structure of the argument over itself; for an array of shape s, an array of shape (*s, *s).

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0])
    [[8.0, 6.0], [6.0, 0.0]]
    """
    return transformed(f, jacobian(grad(f, argnums), argnums, mode="forward"), "hessian")


def hvp(f: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """hvp(f)(x, v) is the Hessian of f at x times v, at a small multiple of the cost of f.

    Forward over reverse; source: Pearlmutter, Fast exact multiplication by the Hessian (1994).

    >>> hvp(lambda x: x[0] ** 2 * x[1])([3.0, 4.0], [1.0, 0.0])
    [8.0, 6.0]
    """
    slope = grad(f)

    def product(x: Any, v: Any) -> Any:
        return jvp(slope, (x,), (v,))[1]

    return transformed(f, product, "hvp")


def custom_derivative(f: Callable[..., Any], partials: Callable[..., tuple[Any, ...]]) -> Primitive:
    """A function with a rule of your own: `partials(out, *operands)` gives one partial for each operand.

    Both are written in functions of this library; f takes numbers as separate operands and returns one.  The
    result is a row like those of the table: eager, differentiable again, and compiled.

    >>> from autograd_lite.primitives import exp, log1p
    >>> softplus = custom_derivative(lambda x: log1p(exp(x)), lambda out, x: (1 - exp(-out),))
    >>> grad(softplus)(0.0)
    0.5
    """
    for argument in (f, partials):
        if not callable(argument):
            raise TypeError(
                f"custom_derivative takes two functions, but got {argument!r}; pass f and its partials"
            )
    arity = len(inspect.signature(f).parameters)
    name = name_of(f) if name_of(f) != "<lambda>" else "custom"

    def checked(out: Any, operands: Sequence[Any]) -> list[Any]:
        found = partials(out, *operands)
        if not isinstance(found, (tuple, list)) or len(found) != arity:
            raise TypeError(
                f"the partials of {name} must be a tuple of {arity}, one an operand, but got {found!r}; "
                f"return (d/dx, ...)"
            )
        return list(found)

    return Primitive(
        name, arity, f, checked, formula=f"{name}({', '.join(inspect.signature(f).parameters)})", lowering=f
    )
