"""Loops over pytrees, under JAX's names.

Without tracing they are loops of Python and record every scalar.  While a program is traced, the body is recorded once,
and the loop is one instruction of the program, whatever its length.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import isqrt
from typing import Any, NamedTuple, TypeGuard

from autograd_lite.control.array_nodes import Column, item
from autograd_lite.control.array_places import columns_of
from autograd_lite.control.blocks import in_blocks
from autograd_lite.control.gather_nodes import stack
from autograd_lite.control.loop_nodes import loop_node
from autograd_lite.control.loop_steps import RecordedSteps
from autograd_lite.control.maps import structure_without_samples
from autograd_lite.control.step_graphs import Inside, Step
from autograd_lite.control.unbounded_loops import recorded_while
from autograd_lite.core import table
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.graph import BATCHED, ORDERED
from autograd_lite.core.operands import number
from autograd_lite.core.value import Value, passed_on, traced
from autograd_lite.transforms.batching import ArgumentPart, Parts, parts_with_axes
from autograd_lite.transforms.levels import Draws, Scalar, drawn_number, is_mapped, node_apart, passing, returned
from autograd_lite.transforms.signatures import checked_function, name_of
from autograd_lite.trees import PyTreeDef, flatten, is_array, summary
from autograd_lite.trees.array_leaves import of_no_dimensions
from autograd_lite.trees.pytree import leaves_like

StepFunction = Callable[[Any, Any], tuple[Any, Any]]


class StepOfLeaves(NamedTuple):
    """A step as a function of leaves: of the carry, and of x; `structure` is the treedef of the carry."""

    f: StepFunction
    structure: PyTreeDef
    name: str

    def __call__(self, carry: Sequence[Scalar], x: Any) -> tuple[list[Scalar], list[Scalar], PyTreeDef]:
        """The leaves of the new carry and of y, and the treedef of y."""
        result = self.f(self.structure.unflatten(list(carry), copies=True), x)
        if not isinstance(result, tuple) or len(result) != 2:
            raise TypeError(
                f"a step of {self.name} returns (carry, y), but it returned {summary(result)}; return a pair, "
                f"with None where there is no y"
            )
        new, y = result
        leaves = leaves_like(new, self.structure, f"carry that a step of {self.name} returned")
        return leaves, *flatten(y, f"y of {self.name}")


def scan(
    f: StepFunction,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    checkpoint: bool | int | None = None,
) -> tuple[Any, Any]:
    """The loop `for x in xs: carry, y = f(carry, x)`, as (the last carry, all y); JAX's `lax.scan`.

    `init` is the first carry, any pytree; each step returns one of the same structure.  `xs` is an array, whose axis 0
    counts the steps, or a list with an item for each, or a tuple or dict of these; None where there is only a `length`.
    All numbers of the carry and of x arrive as Values.  The y of the steps come back as `vmap` gives its results: as
    arrays where any of xs came in an array, else in a list.  With `reverse` the steps run from the last x to the first.

    With `checkpoint` only every k-th carry is kept for the gradient, k being the root of the number of steps, or the
    integer that is given, and the steps between are computed again: 100,000 steps need the memory of some 600.

    While a program is traced, a loop is one instruction: neither the time to compile nor the memory of the code grows
    with the number of steps.  Its gradient is a loop backwards over the stored carries.

    Raises TypeError where f returns no pair, ValueError where the structure of the carry changes, where xs are of
    different lengths, or where neither xs nor length tells how many steps there are.

    >>> scan(lambda total, x: (total + x, total * 2.0), 0.0, [1.0, 2.0, 3.0])
    (6.0, [0.0, 2.0, 6.0])
    """
    checked_function("scan", f)
    return named_scan(f"scan({name_of(f)})", f, init, xs, length, reverse, checkpoint)


def named_scan(
    name: str,
    f: StepFunction,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    checkpoint: bool | int | None = None,
) -> tuple[Any, Any]:
    """`scan`, whose messages call it by the name of the function that the user called."""
    data, n = data_of_steps(xs, length, name)
    size = n if checkpoint is None or checkpoint is False else as_size(checkpoint, n, name)
    if checkpoint and n > 1:
        return in_blocks(partial(named_scan, name), f, init, data, n, size, reverse)
    leaves, structure = flatten(init, f"init of {name}")
    step = StepOfLeaves(f, structure, name)
    if n and (trace := TRACE.get()) is not None and not trace.scalar:
        return recorded_steps(step, leaves, data, n, reverse)
    with passing():
        carry, rows, structure_of_y = unrolled(step, leaves, data, n, reverse)
    if not n:
        carries = [traced(0) for _ in leaves]
        structure_of_y = structure_without_samples(
            lambda x: f(structure.unflatten(carries, copies=True), x)[1], [data or parts_with_axes(None, None)]
        )
    final = structure.unflatten(carry)
    return returned(final), returned(collected(rows, structure_of_y, data))


def unrolled(
    step: StepOfLeaves, init: list[Scalar], data: Parts | None, n: int, reverse: bool
) -> tuple[list[Value], list[list[Value]], PyTreeDef | None]:
    """The last carry, the y of each step, and their structure, step by step."""
    steps = RecordedSteps()
    carry = [stepped(x) for x in init]
    steps.keep_in(carry)
    rows: list[list[Value]] = [[]] * n
    y_structure: PyTreeDef | None = None
    for t in reversed(range(n)) if reverse else range(n):
        x = None if data is None else data.map(lambda part: step_values(part.sample(t), step.name))  # noqa: B023
        new, ys, found = step(carry, x)
        y_structure = same_y(y_structure, found, step.name)
        rows[t] = [stepped(y) for y in ys]
        carry = [stepped(x) for x in new]
        steps.end()
    return carry, rows, y_structure


def as_size(checkpoint: object, n: int, name: str) -> int:
    """How many steps are a block."""
    if checkpoint is True:
        return isqrt(n)
    if not is_integer(checkpoint) or checkpoint < 1:
        raise TypeError(
            f"checkpoint of {name} is True or a number of steps, but got {checkpoint!r}; pass an int from 1 on"
        )
    return int(checkpoint)


def data_of_steps(xs: Any, length: int | None, name: str) -> tuple[Parts | None, int]:
    """The data of the steps, and how many there are."""
    if length is not None:
        check_count(length, f"the length of {name}")
    if xs is None:
        if length is None:
            raise ValueError(f"{name} has neither xs nor length; pass one of them, to tell how many steps there are")
        return None, int(length)
    data = parts_with_axes(xs, 0)
    data = data._replace(parts=[part_of_xs(part, name) for part in data.parts])
    lengths = dict.fromkeys([n for part in data.parts if (n := part.samples) is not None])
    if len(lengths) != 1:
        found = " and ".join([str(n) for n in lengths]) or "no"
        raise ValueError(f"the xs of {name} have {found} steps; give all of them one length")
    (n,) = lengths
    if length not in (None, n):
        raise ValueError(f"{name} has a length of {length}, but xs of {n} steps; leave the length out")
    return data, n


def check_count(x: Any, what: str) -> None:
    if is_integer(x) and x >= 0:
        return
    do = "pass an int that is not negative"
    if isinstance(x, Value) and x.is_traced:  # an int that was passed to a compiled function
        do = "bind it before, by functools.partial(f, n=3), or write fori_loop, whose bounds may be computed"
    raise TypeError(f"{what} is a number of steps, but got {x!r}; {do}")


def is_integer(x: object) -> TypeGuard[int]:
    """An int, or one of NumPy."""
    return hasattr(x, "__index__") and not isinstance(x, bool) and not is_array(x)


def part_of_xs(part: ArgumentPart, name: str) -> ArgumentPart:
    """A part of xs; None stays None in each step."""
    if part.content is None:
        return ArgumentPart(None, None)
    if isinstance(part.content, list) or getattr(part.content, "ndim", None):
        return part
    raise TypeError(
        f"the xs of {name} hold {summary(part.content)}, which has no items to step through; pass arrays or lists, as "
        f"list(range(n)), and close over what is the same in all steps"
    )


def step_values(x: Any, name: str) -> Any:
    """x with its numbers as Values of this step."""
    leaves, treedef = flatten(x, f"x of {name}")
    return treedef.unflatten([stepped(leaf) for leaf in leaves])


def stepped(x: Scalar) -> Value:
    """A number as a step of a loop hands it on: a node of its own, so that adjoints add up as in the compiled loop."""
    return node_apart(x if isinstance(x, Value) else passed_on(float(x)))


def same_y(known: PyTreeDef | None, found: PyTreeDef, name: str) -> PyTreeDef:
    if known is not None and known != found:
        raise ValueError(f"y of {name} is {known!r} in one step and {found!r} in another; give all steps one structure")
    return found


def collected(rows: Sequence[Sequence[Scalar]], structure: PyTreeDef | None, data: Parts | None) -> Any:
    """The y of all steps."""
    arrays = data is not None and any(is_array(content) for content, _ in data.parts)
    if structure is None:
        return []
    if not structure.num_leaves and len(structure.nodes) == 1:
        return structure.unflatten([])  # None: there is no y
    return structure.of_arrays((len(rows),), rows) if arrays else [structure.unflatten(row) for row in rows]


# -- while a program is traced


def recorded_steps(
    step: StepOfLeaves, init: list[Scalar], data: Parts | None, n: int, reverse: bool
) -> tuple[Any, Any]:
    """The loop as a node, and what it gives."""
    init = [node_apart(x) if isinstance(x, Value) else x for x in init]  # before xs, which may hold the same numbers
    columns: list[Column] = []
    flags = ORDERED | (BATCHED if is_mapped() else 0)
    xs: list[Value] = []

    def sample(part: ArgumentPart) -> Any:
        found, build = columns_of(part, n, step.name)
        columns.extend(found)
        leaves = [traced(flags) for _ in found]
        xs.extend(leaves)
        return build(leaves)

    x = None if data is None else data.map(sample)
    inside = Inside()
    carry = [traced(flags) for _ in init]
    draws = Draws()
    with draws:
        carry_out, ys, structure = step(carry, x)
    for leaf, numbers_drawn in zip([leaf for leaf, _ in draws.drawn], drawn_by(draws, n, reverse), strict=True):
        xs.append(leaf)
        columns.append(Column(stack(numbers_drawn), 0, 1))
    numbers = [y if isinstance(y, Value) else float(y) for y in (*carry_out, *ys)]
    TRACE.get().steps.update(carry, xs)
    body = Step(carry, [*xs], numbers[: len(carry)], numbers[len(carry) :])
    node = loop_node(body, init, n, reverse, columns, inside)
    rule = node._row.payload
    final = step.structure.unflatten([item(node, rule.final(k)) for k in range(len(carry))])
    places = [rule.y_column(node, j) for j in range(len(ys))]
    rows = [[item(node, column.offset + t * column.stride) for column in places] for t in range(n)] if ys else []
    if not ys and len(structure.nodes) > 1:
        rows = [[]] * n
    return final, collected(rows, structure, data)


def drawn_by(draws: Draws, n: int, reverse: bool) -> list[list[Value]]:
    """For each number that a step draws, those of all steps, drawn in the order in which the steps run."""
    rows = [[drawn_number(source) for _, source in draws.drawn] for _ in range(n if draws.drawn else 0)]
    return [list(column) for column in zip(*(rows[::-1] if reverse else rows), strict=True)]


# -- loops made of scans


def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """f of each x, one after the other; JAX's `lax.map`.  `vmap` computes many at once.

    >>> from autograd_lite.control import loops
    >>> loops.map(lambda x: x * x, [1.0, 2.0])
    [1.0, 4.0]
    """
    checked_function("map", f)
    return named_scan(f"map({name_of(f)})", lambda carry, x: (carry, f(x)), [], xs)[1]


def fori_loop(lower: int | Value, upper: int | Value, body: Callable[[Any, Any], Any], init: Any) -> Any:
    """The loop `for i in range(lower, upper): carry = body(i, carry)`; JAX's `lax.fori_loop`.

    i arrives as a Value, as the numbers of the carry do.  The bounds are ints, or Values that are whole numbers; all
    else raises TypeError.  In a compiled function a bound may be an argument: such a loop is a `while_loop` without a
    bound, which has derivatives in forward mode only.

    >>> fori_loop(1, 5, lambda i, product: i * product, 1.0)
    24.0
    >>> from autograd_lite import compile
    >>> doubled = compile(lambda x, n: fori_loop(0, n, lambda i, y: 2.0 * y, x))
    >>> doubled(1.0, 3), doubled(1.0, 10)
    (8.0, 1024.0)
    """
    checked_function("fori_loop", body)
    name = f"fori_loop({name_of(body)})"
    lower, upper = of_no_dimensions(lower), of_no_dimensions(upper)
    steps = partial(named_scan, name)

    def counted(state: tuple[Value, Any]) -> tuple[Value, Any]:
        i, carry = state
        i = table.stop_gradient(i)
        return i + 1.0, same_carry(carry, body(i, carry), f"a step of {name}")

    if any(isinstance(bound, Value) and bound.truth() is None for bound in (lower, upper)):
        return while_loop(lambda state: table.less(state[0], upper), counted, (lower, init))[1]
    lower, upper = [whole_number(bound) for bound in (lower, upper)]
    if lower >= upper:
        return steps(lambda carry, _: (carry, None), init, length=0)[0]
    if TRACE.get() is not None:  # a list of all i would take memory
        return steps(lambda state, _: (counted(state), None), (float(lower), init), length=upper - lower)[0][1]
    return steps(lambda carry, i: (body(i, carry), None), init, [float(i) for i in range(lower, upper)])[0]


def whole_number(bound: Any) -> int:
    if is_integer(bound):
        return int(bound)
    if isinstance(bound, Value) and bound.data.is_integer():
        return int(bound.data)
    raise TypeError(
        f"the bounds of fori_loop are whole numbers, but got {bound!r}; pass an int, or a Value that is one, or "
        f"write a while_loop where a condition ends the loop"
    )


def as_condition(x: Any) -> Scalar:
    """What a condition returned, as a number."""
    x = of_no_dimensions(x)
    if isinstance(x, Value):
        return x
    found = number(x)
    if found is None:
        raise TypeError(
            f"the condition of while_loop returns a bool or a number, but it returned {summary(x)}; compare numbers, "
            f"by less, less_equal or equal in a compiled function"
        )
    return found


def same_carry(carry: Any, new: Any, source: str) -> Any:
    """The new carry that `source` returned; ValueError where it has another structure than the carry before."""
    leaves_like(new, flatten(carry, "carry")[1], f"carry that {source} returned")
    return new


def while_loop(
    condition: Callable[[Any], Any], body: Callable[[Any], Any], init: Any, max_steps: int | None = None
) -> Any:
    """The loop `while condition(carry): carry = body(carry)`; JAX's `lax.while_loop`.

    With `max_steps` it ends after so many steps at the latest.  In a traced function, and so in a compiled one, such a
    loop is a scan of so many steps, of which those after the last change nothing, neither a value nor a derivative.
    Without a bound it runs there until the condition is false, and has derivatives in forward mode only (`jvp`):
    reverse mode, which needs the carries of all steps, raises TypeError.  `fixed_point` and `root` have both.

    >>> while_loop(lambda x: x < 100.0, lambda x: 2.0 * x, 1.0)
    128.0
    """
    checked_function("while_loop", condition)
    checked_function("while_loop", body)
    if max_steps is not None:
        check_count(max_steps, "max_steps of while_loop")
    name = f"while_loop({name_of(body)})"
    source, steps_of_loop = f"the body of {name}", partial(named_scan, name)
    if TRACE.get() is None:
        steps = RecordedSteps()
        carry = steps_of_loop(lambda carry, _: (carry, None), init, length=0)[0]
        steps.keep_in(flatten(carry, "carry of while_loop")[0])
        while (max_steps is None or len(steps.times) <= max_steps) and as_condition(condition(carry)):
            carry = steps_of_loop(lambda carry, _: (same_carry(carry, body(carry), source), None), carry, length=1)[0]
            steps.end()
        return carry
    if max_steps is None:
        leaves, structure = flatten(init, "init of while_loop")

        def carry_of(leaves: Sequence[Scalar]) -> Any:
            return structure.unflatten(list(leaves), copies=True)

        found = recorded_while(
            lambda carry: as_condition(condition(carry_of(carry))),
            lambda carry: leaves_like(body(carry_of(carry)), structure, f"carry that {source} returned"),
            leaves,
        )
        return structure.unflatten(found)

    def step(state: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
        running, carry = state
        running = table.logical_and(running, as_condition(condition(carry)))
        old, structure = flatten(carry, "carry of while_loop")
        new = leaves_like(body(carry), structure, f"carry that {source} returned")
        return (running, structure.unflatten([table.cond(running, a, b) for a, b in zip(new, old, strict=True)])), None

    return steps_of_loop(step, (1.0, init), length=max_steps)[0][1]
