"""The network view of a module: columns of neurons, joined by weights, as lectures draw networks.

In the graph of one run every `dot` of parameters with inputs or outputs of other neurons is a neuron.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd_lite.core.table import sum as total
from autograd_lite.core.value import Value
from autograd_lite.drawing.grouping import enclosing
from autograd_lite.drawing.names import Names, find_names, module_text
from autograd_lite.drawing.number_format import count_text, numeral
from autograd_lite.drawing.selection import operands_first
from autograd_lite.drawing.sources import Values, own_pass
from autograd_lite.nn.module import Module
from autograd_lite.trees import flatten, is_array

POOLING = ("max", "mean")
ADVICE = "pass one sample: draw(model, inputs=[...])"


@dataclass
class Circle:
    """An input, or a neuron with its output."""

    key: str
    name: str
    column: int = 0
    value: float | None = None
    gradient: float | None = None
    shown: bool = True


@dataclass
class Weight:
    """A line between two circles."""

    tail: str
    head: str
    parameter: Value
    name: str
    value: float
    gradient: float | None


@dataclass
class NetworkView:
    title: str
    columns: list[list[Circle]] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)
    with_numbers: bool = False
    notes: list[str] = field(default_factory=list)


def inputs_of(module: Module) -> tuple[list[float], Module]:
    """As many zeros as the module takes inputs, judged by its first part that knows, and that part."""
    name = type(module).__name__
    for _, part in module.named_modules():
        sizes = getattr(part, "input_sizes", lambda: None)()
        if sizes is not None and len(sizes) == 1 and None not in sizes:
            return [0.0] * sizes[0], part
        if sizes is not None:
            expected = " x ".join("any" if n is None else str(n) for n in sizes)
            raise ValueError(
                f"draw cannot tell how large a sample of {name} is: {part.describe()} takes {expected}; pass one "
                f"sample: draw(model, inputs=...)"
            )
    raise ValueError(f"draw cannot tell how many inputs {name} takes, because it has no layer of weights; {ADVICE}")


def output_of(module: Module, inputs: Sequence[Any] | None, named: dict[str, Value]) -> Any:
    """The output for a sample, or for zeros where none is given; `named` gets the inputs by their names."""
    if inputs is not None:
        return module(sample_as_values(list(inputs), "x", named))
    zeros, part = inputs_of(module)
    try:
        return module(sample_as_values(zeros, "x", named))
    except Exception as error:
        raise ValueError(
            f"draw took it that {type(module).__name__} has {len(zeros)} inputs, as many as {type(part).__name__} has "
            f"weights, but zeros gave {type(error).__name__}: {error}; {ADVICE}"
        ) from error


def sample_as_values(sample: Any, name: str, named: dict[str, Value]) -> Any:
    """A sample, an image for instance, with its numbers as Values; `named` gets them by their indices."""
    if isinstance(sample, (list, tuple)) or (is_array(sample) and sample.ndim):
        return [sample_as_values(x, f"{name}[{i}]", named) for i, x in enumerate(sample)]
    named[name] = sample if isinstance(sample, Value) else Value(sample)
    return named[name]


def network(module: Module, inputs: Sequence[Any] | None, loss: Callable[..., Value] | None, limit: int) -> NetworkView:
    """The network view of a module, with the numbers of one sample where `inputs` are given."""
    named: dict[str, Value] = {}
    output = output_of(module, inputs, named)
    outputs = [x for x in flatten(output, "output of the module")[0] if isinstance(x, Value)]
    root = loss(output) if loss is not None else (outputs[0] if len(outputs) == 1 else total(outputs))
    names = find_names({"": module}, infer=False)
    for name, x in named.items():
        names.names.setdefault(x, name)
    source = Values([root], names, own_pass([root]) if inputs is not None else lambda _: None)
    found = NetworkView(type(module).__name__, with_numbers=inputs is not None)
    arrange(found, collect(found, source, outputs, named), names, limit)
    if not found.weights:
        raise ValueError(
            f"{type(module).__name__} has no neurons that draw can see: no weighted sum (dot) of parameters; "
            f"draw its result instead: draw(model(x))"
        )
    return found


def collect(
    found: NetworkView, source: Values, outputs: Sequence[Value], named: Mapping[str, Value]
) -> dict[str, Circle]:
    """The circles and the weights, from the dots of the graph inside of the module."""
    gradient, parameters = source.gradient, source.names.parameters
    owners = source.owners(operands_first(source, set(source.order)))
    circles = {f"x{i}": Circle(f"x{i}", name, 0, x.data, gradient(x)) for i, (name, x) in enumerate(named.items())}
    # The circles that a node comes from; of several only by pooling.
    home: dict[Value, tuple[str, ...]] = {x: (f"x{i}",) for i, x in enumerate(named.values())}
    # From left to right as they are written.
    for x in operands_first(source, set(Values(outputs, source.names).order), outputs):
        half, path = len(x.parents) // 2, owners.get(x)
        if x.op == "dot" and path is not None and any(p in parameters for p in x.parents):
            key, column = f"n{len(circles)}", 0
            for w, operand in zip(x.parents[:half], x.parents[half:], strict=True):
                if operand in parameters:  # a dot is the same in both orders
                    w, operand = operand, w
                if w in parameters:
                    for tail in home.get(operand, ()):
                        column = max(column, circles[tail].column)
                        found.weights.append(Weight(tail, key, w, source.name(w), w.data, gradient(w)))
            home[x] = (key,)
            circles[key] = Circle(key, path, column + 1, x.data, gradient(x))
        else:
            # What is done to a neuron after its sum: its activation, whose result is the neuron's output.
            of = tuple(dict.fromkeys(circle for p in x.parents for circle in home.get(p, ())))
            if len(of) == 1 or (of and x.op in POOLING):
                home[x] = of
            if len(of) == 1 and circles[of[0]].column:
                circles[of[0]].value, circles[of[0]].gradient = x.data, gradient(x)
    return circles


def arrange(found: NetworkView, circles: Mapping[str, Circle], names: Names, limit: int) -> None:
    """Columns, captions, and which circles are shown where a column has too many."""
    last = max(circle.column for circle in circles.values())
    found.columns = [[c for c in circles.values() if c.column == i] for i in range(last + 1)]
    rank = {path: i for i, path in enumerate(names.module_at)}
    tallest, cut = max(3, limit // 3), max(3, limit // 6)
    for i, column in enumerate(found.columns):
        if i:
            column.sort(key=lambda circle: rank.get(circle.name, 0))
        found.captions.append(column_caption(column, names) if i else "input")
        hidden = column[cut - 1 :] if len(column) > tallest else []
        for circle in hidden:
            circle.shown = False
        if hidden:
            what = found.captions[i].splitlines()[0]
            found.notes.append(f"{what}: {len(hidden):,} of {count_text(len(column), 'circle')} not drawn")


def column_caption(column: list[Circle], names: Names) -> str:
    """What a column is: the innermost module around all of its neurons."""
    around = [enclosing(circle.name, names.module_at) for circle in column]
    common = [path for path in around[0] if all(path in paths for paths in around)]
    if len(column) == 1 and len(common) > 2:
        common = common[:-1]  # the layer of the neuron
    path = common[-1] if common else ""
    return "\n".join([*([path] if path else []), module_text(names.module_at.get(path))])


def column_positions(columns: Sequence[Sequence[str]], gap: float, step: float) -> dict[str, tuple[float, float]]:
    """The centre of each circle by its key: columns `gap` apart, circles `step` apart, about the same middle line."""
    tops = [(len(column) - 1) * step / 2 for column in columns]
    return {key: (i * gap, tops[i] - j * step) for i, column in enumerate(columns) for j, key in enumerate(column)}


def network_text(found: NetworkView, precision: int) -> str:
    """The network as text: a line for each column, with the outputs where there are numbers."""
    lines = [found.title]
    for caption, column in zip(found.captions, found.columns, strict=True):
        lines.append(f"  {caption.replace(chr(10), '  ')}: {count_text(len(column), 'circle')}")
        if found.with_numbers:
            values = ", ".join(numeral(c.value, precision) for c in column[:8] if c.value is not None)
            lines[-1] += f"   {values}{', …' if len(column) > 8 else ''}"
    return "\n".join([*lines, f"  {count_text(len(found.weights), 'weight')}"])
