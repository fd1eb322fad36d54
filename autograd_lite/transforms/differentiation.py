"""Gradients of functions, and what a call of any transform does.

Each call runs the function on fresh Values and walks the graph that it recorded; `.grad` is neither read nor written.
Inside another transform, or where an operand is a Value, the results are Values, so that all of them nest in any order.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from typing import Any

from autograd_lite.core.abstract.tracers import check_differentiable, is_tracing
from autograd_lite.core.contexts.modes import PAUSED, TRACE
from autograd_lite.core.create_graph import adjoints
from autograd_lite.core.graph import CONSTANT, Node
from autograd_lite.core.operands import number
from autograd_lite.core.reverse import float_adjoints
from autograd_lite.core.value import Value, constant
from autograd_lite.transforms import branches  # noqa: F401  # enters the rules for `cond`, which the core looks up
from autograd_lite.transforms.levels import (
    Scalar,
    all_fresh,
    all_passed,
    as_passed,
    inside,
    is_number_again,
    nested,
    passed,
)
from autograd_lite.transforms.signatures import (
    Function,
    checked_function,
    name_of,
    numbered_names,
    parameter_names,
    transformed,
)
from autograd_lite.trees import PyTreeDef, flatten, flatten_numbers
from autograd_lite.trees.array_leaves import is_array
from autograd_lite.trees.changes import Content, tell_change
from autograd_lite.trees.nested_lists import is_leaf
from autograd_lite.trees.registry import MODULE
from autograd_lite.trees.treedef import LEAF

Argnums = int | tuple[int, ...]


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
    output = element_of_array(output)
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
    return reverse_mode([output], [1.0], inputs, create_graph)


def reverse_mode(
    outputs: Sequence[Scalar], cotangents: Sequence[Scalar], inputs: Sequence[Node], create_graph: bool
) -> list[Any]:
    """The gradients of sum(cotangent x output), as Values or floats; outputs may be plain numbers."""
    roots: list[Node] = []
    seeds: list[Scalar] = []
    for x, s in zip(outputs, cotangents, strict=True):
        if isinstance(x, Value) and not x._flags & CONSTANT:
            roots.append(x)
            seeds.append(s)
    if not create_graph:
        return float_adjoints(roots, [as_float(s) for s in seeds], list(inputs))
    results = adjoints(roots, seeds, inputs) if roots else [None] * len(inputs)
    zero = constant(0.0)  # one for all: a Jacobian of many inputs is mostly zeros
    return [zero if g is None else as_value(g) for g in results]


def element_of_array(x: Any) -> Any:
    """The element of an array of no dimensions, which `np.where`, `np.squeeze` and `np.tensordot` make of numbers."""
    return x.item() if not isinstance(x, Value) and is_array(x) and x.shape == () else x


def as_float(x: Scalar) -> float:
    return x.data if isinstance(x, Value) else float(x)


def as_value(x: Scalar) -> Value:
    return x if isinstance(x, Value) else constant(float(x))


class Call:
    """One call of a transformed function: its chosen arguments as fresh inputs, its result, its graph."""

    def __init__(self, f: Function, argnums: Argnums, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.f = f
        self.single = isinstance(argnums, int)
        self.treedefs: list[PyTreeDef] = []
        self.inputs: list[Value] = []
        self.nested = nested()
        chosen = chosen_arguments(argnums, args, f)
        arguments = [x if i in chosen else passed(x) for i, x in enumerate(args)]
        self.result = self.run_inside(arguments, kwargs and {name: passed(x) for name, x in kwargs.items()}, chosen)

    def run_inside(self, arguments: list[Any], kwargs: dict[str, Any], chosen: Sequence[int]) -> Any:
        if self.nested and not PAUSED.is_set():
            return self.run(arguments, kwargs, chosen)  # which is inside already
        with inside():
            return self.run(arguments, kwargs, chosen)

    def run(self, arguments: list[Any], kwargs: dict[str, Any], chosen: Sequence[int]) -> Any:
        for i in chosen:
            arguments[i] = self.input(arguments[i], i)
        if not is_tracing():
            return self.f(*arguments, **kwargs)
        before = [Content(arguments[i]) for i in chosen]
        result = self.f(*arguments, **kwargs)
        TRACE.get().inputs.difference_update(self.inputs)
        names = numbered_names(parameter_names(self.f), len(arguments))
        for i, content in zip(chosen, before, strict=True):
            tell_change(arguments[i], content, names[i], name_of(self.f))
        return result

    def input(self, argument: Any, i: int) -> Any:
        """Argument i with fresh inputs in the places of its numbers."""
        if is_leaf(argument):
            leaves, treedef = [argument], LEAF
        else:
            leaves, treedef = flatten_numbers(argument, f"argument {i} of {name_of(self.f)}")
        if is_tracing():
            TRACE.get().name(leaves)
        values = all_fresh(leaves)
        if not self.nested and Value in map(type, leaves):  # parameters of Modules do not count
            kinds = chain.from_iterable(repeat(node.kind, node.leaves) for node in treedef.nodes)
            pairs = zip(leaves, kinds, strict=True)
            self.nested = any(type(x) is Value and kind is not MODULE and not is_number_again(x) for x, kind in pairs)
        self.inputs += values
        self.treedefs.append(treedef)
        found = treedef.unflatten(values, copies=True)
        if is_tracing() and len(values) > 1:
            TRACE.get().came(values)
            found = TRACE.get().array(found)
        return found

    def outputs(self) -> tuple[list[Scalar], PyTreeDef]:
        return flatten_numbers(self.result, f"result of {name_of(self.f)}")

    def scalar(self) -> Scalar:
        result = element_of_array(self.result)
        x = result if isinstance(result, Value) else number(result)
        if x is None:
            raise TypeError(
                f"the gradient of {name_of(self.f)} needs one number as its result, but got {self.result!r} of type "
                f"{type(self.result).__name__}; return a Value, or take its jacobian"
            )
        return x

    def take_aux(self) -> Any:
        """Of a result that is a pair, what is not differentiated; the result is the other half from now on."""
        if not isinstance(self.result, tuple) or len(self.result) != 2:
            raise TypeError(
                f"with has_aux, {name_of(self.f)} returns a tuple (value, aux), but it returned {self.result!r}; "
                f"return both, or leave has_aux out"
            )
        self.result, aux = self.result
        leaves, treedef = flatten(aux, f"aux of {name_of(self.f)}")
        return treedef.unflatten(map(self.plain, leaves))

    def like_inputs(self, leaves: Sequence[Scalar]) -> Any:
        """Numbers, one for each input, in the structure of the chosen arguments."""
        leaves = all_passed(leaves)
        if self.single:
            return self.treedefs[0].unflatten(leaves)
        return tuple([treedef.unflatten(part) for treedef, part in split_leaves(leaves, self.treedefs)])

    def plain(self, x: Scalar) -> Scalar:
        """A leaf of the result as the caller gets it: a float at the outermost level."""
        return x if self.nested else as_passed(x.data if isinstance(x, Value) else x)


def split_leaves(leaves: Iterable[Scalar], treedefs: Iterable[PyTreeDef]) -> Iterator[tuple[PyTreeDef, list[Scalar]]]:
    """Each of several treedefs, with the leaves that belong to it."""
    source = iter(leaves)
    for treedef in treedefs:
        yield treedef, list(islice(source, treedef.num_leaves))


def chosen_arguments(argnums: Argnums, args: tuple[Any, ...], f: Function) -> tuple[int, ...]:
    """The arguments that argnums names, each once, counted from 0."""
    if type(argnums) is int and 0 <= argnums < len(args):
        return (argnums,)
    for i in argnums if isinstance(argnums, (tuple, list, set, frozenset, range)) else (argnums,):
        if not isinstance(i, int):
            raise TypeError(
                f"argnums counts arguments from 0, but got {i!r}; give positions, as argnums=1 or argnums=(0, 2)"
            )
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for i in chosen:
        if not -len(args) <= i < len(args):
            raise TypeError(
                f"argnums names argument {i}, but {name_of(f)} was called with {len(args)} positional "
                f"argument{'s' if len(args) != 1 else ''}; pass it by position or change argnums"
            )
    found = tuple([i % len(args) for i in chosen])
    if len(set(found)) != len(found):
        raise ValueError(f"argnums is {argnums!r}, which names an argument twice; name each once")
    return found


def with_gradient(f: Function, argnums: Argnums, has_aux: bool) -> Function:
    """What `value_and_grad` and `grad` call."""

    def both(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = Call(f, argnums, args, kwargs)
        aux = call.take_aux() if has_aux else None
        out = call.scalar()
        slopes = reverse_mode([out], [1.0], call.inputs, call.nested)
        value = call.plain(out)
        return (value, aux) if has_aux else value, call.like_inputs(slopes)

    return both


def value_and_grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that returns (f(...), its gradient in the arguments `argnums`).

    The arguments are numbers, Values, NumPy arrays, Modules, or nested lists, tuples, dicts and dataclasses of
    these; None and strings in them are left alone, and floats in the other arguments arrive as constants.  The
    gradient has the structure of the argument (a Module's is a dict keyed like its state_dict, a read-only mapping
    where compiled), a tuple of them for a tuple of argnums.  With `has_aux`, f returns (value, aux) and the result
    is ((value, aux), gradient): aux is whatever numbers are wanted beside the value, and is not differentiated.
    Raises TypeError unless f returns one number, or with `has_aux` such a pair.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    >>> value_and_grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [5.0]})
    (10.0, {'a': 5.0, 'b': [2.0]})
    >>> value_and_grad(lambda x: (x * x, {"twice": x + x}), has_aux=True)(3.0)
    ((9.0, {'twice': 6.0}), 6.0)
    """

    return transformed(f, with_gradient(f, argnums, has_aux), "value_and_grad", value_and_grad, f, argnums, has_aux)


def grad(f: Function, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """A function that returns the gradient of f in the arguments `argnums`; see `value_and_grad`.

    With `has_aux`, f returns (value, aux) and the result is (gradient, aux).

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(grad(lambda x: x**3)))(2.0)
    6.0
    """
    checked_function("grad", f)
    both = with_gradient(f, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, slopes = both(*args, **kwargs)
        return (slopes, value[1]) if has_aux else slopes

    return transformed(f, gradient, "grad", grad, f, argnums, has_aux)
