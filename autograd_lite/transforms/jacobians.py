"""Derivatives along directions, and all of them at once: Jacobian products, Jacobians, Hessians.

Above `differentiation`.  Forward mode takes tangents through the graph of one call, reverse mode cotangents.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from math import copysign, prod
from typing import Any

from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.graph import Node
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.value import Value, constant
from autograd_lite.transforms.differentiation import Argnums, Call, as_float, as_value, grad, reverse_mode, split_leaves
from autograd_lite.transforms.forward_mode import tangents as forward
from autograd_lite.transforms.levels import Scalar, as_passed, check_steps, is_number_again
from autograd_lite.transforms.signatures import Function, checked_function, name_of, transformed
from autograd_lite.trees import PyTreeDef
from autograd_lite.trees.pytree import leaves_like
from autograd_lite.trees.registry import ARRAY, TUPLE
from autograd_lite.trees.treedef import container_of

Matrix = Sequence[Sequence[Scalar]]


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """(f(*primals), its derivative along the tangents), in forward mode; source: Griewank and Walther, ch. 3.

    The tangents have the structure of the primals, ValueError otherwise; the derivative has that of the result.

    >>> jvp(lambda x, y: x * y, (3.0, 4.0), (1.0, 0.0))
    (12.0, 4.0)
    """
    if not isinstance(primals, (list, tuple)):
        raise TypeError(f"jvp takes the primals in a tuple, one an argument, but got {primals!r}; write (x,) for one")
    call = Call(f, tuple(range(len(primals))), tuple(primals), {})
    direction = leaves_like(tangents, container_of(TUPLE, None, call.treedefs), "tangents of jvp")
    call.nested |= any(isinstance(x, Value) and not is_number_again(x) for x in direction)
    outputs, treedef = call.outputs()
    (derivative,) = forward_mode(outputs, call.inputs, [direction], call.nested)
    return treedef.unflatten(map(call.plain, outputs)), treedef.unflatten(map(as_passed, derivative))


def forward_mode(
    outputs: Sequence[Scalar], inputs: Sequence[Value], directions: Iterable[Sequence[Scalar | None]], record: bool
) -> list[list[Any]]:
    """The tangents of the outputs for each direction of the inputs (None: not moved), from one sort of the graph."""
    order = topological_order([x for x in outputs if isinstance(x, Value)], since=age_of(inputs))
    check_steps(order)
    results = []
    zero = constant(0.0)
    for direction in directions:
        pairs = [(x, t) for x, t in zip(inputs, direction, strict=True) if t is not None]
        seeds: dict[Node, Any] = {x: t if record else as_float(t) for x, t in pairs}
        leaves = forward(order, seeds, outputs, record)
        results.append([t if isinstance(t, Value) else value_of(t, zero) for t in leaves] if record else leaves)
    return results


def value_of(x: float, zero: Value) -> Value:
    """A number as a Value; one for all zeros, as a Jacobian of many inputs is mostly zeros."""
    return zero if x == 0.0 and copysign(1.0, x) > 0.0 else as_value(x)


def vjp(f: Function, *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """(f(*primals), pullback), where pullback(cotangent) gives the gradient of <cotangent, f> in each primal.

    The cotangent has the structure of the result, ValueError otherwise.

    >>> out, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 4.0)
    >>> out, pullback([1.0, 10.0])
    ([12.0, 7.0], (14.0, 13.0))
    """
    call = Call(f, tuple(range(len(primals))), primals, {})
    outputs, treedef = call.outputs()

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        seeds = leaves_like(cotangent, treedef, "cotangent of the pullback")
        record = call.nested or any(isinstance(x, Value) and not is_number_again(x) for x in seeds)
        return call.like_inputs(reverse_mode(outputs, seeds, call.inputs, record))  # type: ignore[no-any-return]

    return treedef.unflatten(map(call.plain, outputs)), pullback


def jacobian(f: Function, argnums: Argnums = 0, mode: str = "auto") -> Function:
    """A function that returns all partial derivatives of all results of f in the arguments `argnums`.

    `mode` is "forward" (a sweep an input), "reverse" (a sweep an output), or "auto", whichever is fewer.  The
    structure of the result of f, each of its numbers replaced by the structure of the argument; between
    arrays, an array of shape (*result, *argument).

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 4.0])
    [[4.0, 3.0], [1.0, 1.0]]
    """
    if mode not in ("auto", "forward", "reverse"):
        raise ValueError(f'jacobian has the modes "auto", "forward" and "reverse", but got {mode!r}; choose one')

    def all_partials(*args: Any, **kwargs: Any) -> Any:
        call = Call(f, argnums, args, kwargs)
        outputs, treedef = call.outputs()
        if any(t.holds_samples() for t in (treedef, *call.treedefs)):
            raise ValueError(
                f"{name_of(f)} maps over samples, whose jacobian would relate every sample with every other; map "
                f"the jacobian instead: vmap(jacobian(...))"
            )
        n, m = len(call.inputs), len(outputs)
        if mode == "forward" or (mode == "auto" and n < m):
            directions = ([1.0 if i == j else None for i in range(n)] for j in range(n))
            columns = forward_mode(outputs, call.inputs, directions, call.nested)
            rows = [[as_passed(column[i]) for column in columns] for i in range(m)]
        else:
            rows = [list(map(as_passed, reverse_mode([x], [1.0], call.inputs, call.nested))) for x in outputs]
        parts = [[part for _, part in split_leaves(row, call.treedefs)] for row in rows]
        blocks = [jacobian_block(treedef, inner, [part[k] for part in parts]) for k, inner in enumerate(call.treedefs)]
        return blocks[0] if call.single else tuple(blocks)

    return transformed(f, all_partials, "jacobian", jacobian, f, argnums, mode)


def jacobian_block(out: PyTreeDef, argument: PyTreeDef, rows: Matrix) -> Any:
    """The partials of the result in one argument: in the structure of the result, that of the argument."""
    source = iter(rows)
    parts = [
        argument.of_arrays(shape, list(islice(source, prod(shape)))) if is_array else argument.unflatten(next(source))
        for shape, is_array in out.array_leaves()
    ]
    return out.unflatten(parts, whole=[ARRAY])


def hessian(f: Function, argnums: int = 0) -> Function:
    """A function that returns all second derivatives of f: forward mode over the recorded gradient.

    The structure of the argument over itself; for an array of shape s, an array of shape (*s, *s).

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0])
    [[8.0, 6.0], [6.0, 0.0]]
    """
    checked_function("hessian", f)
    second = jacobian(grad(f, argnums), argnums, mode="forward")
    return transformed(f, second, "hessian", hessian, f, argnums)


def hvp(f: Function) -> Function:
    """hvp(f)(x, v) is the Hessian of f at x times v, at a small multiple of the cost of f.

    Further arguments go to f: hvp(f)(x, v, y) differentiates f(x, y) in x.  Forward over reverse; source:
    Pearlmutter, Fast exact multiplication by the Hessian (1994).

    >>> hvp(lambda x: x[0] ** 2 * x[1])([3.0, 4.0], [1.0, 0.0])
    [8.0, 6.0]
    """
    checked_function("hvp", f)
    slope = grad(f)

    def product(x: Any, v: Any, *args: Any, **kwargs: Any) -> Any:
        return jvp(lambda x: slope(x, *args, **kwargs), (x,), (v,))[1]

    axes = getattr(f, "in_axes", None)
    result = transformed(f, product, "hvp", hvp, f)
    result.in_axes = (axes[0], *axes) if isinstance(axes, (tuple, list)) else axes
    return result
