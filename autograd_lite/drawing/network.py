"""The network view of a module: columns of neurons, joined by weights, as lectures draw networks.

The module is run once; in the graph of that run every `dot` of parameters with inputs or outputs of other
neurons is a neuron, whatever classes the module is made of.  Weights are told by colour, dashes and width.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograd_lite.drawing.choosing import in_order, plan
from autograd_lite.drawing.grouping import chain
from autograd_lite.drawing.names import Names
from autograd_lite.drawing.numerals import counted, numeral
from autograd_lite.drawing.sources import Gradients, Values, own_pass
from autograd_lite.primitives import sum as total
from autograd_lite.structure import is_array
from autograd_lite.value import Value

if TYPE_CHECKING:
    pass


@dataclass
class Neuron:
    """A circle: an input, or a neuron with its output."""

    key: str
    name: str
    column: int = 0
    value: float | None = None
    gradient: float | None = None
    shown: bool = True
    place: float = 0.0


@dataclass
class Weight:
    tail: str
    head: str
    name: str
    value: float
    gradient: float | None


@dataclass
class Network:
    """What the network view shows."""

    title: str
    columns: list[list[Neuron]] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)
    with_numbers: bool = False
    notes: list[str] = field(default_factory=list)


def inputs_of(module: Any) -> list[float]:
    """As many zeros as the module takes inputs, judged by its first neurons."""
    for _, part in module.named_modules():
        weights = getattr(part, "w", None)
        if isinstance(weights, list) and weights and all(isinstance(w, Value) for w in weights):
            return [0.0] * len(weights)
    raise ValueError(
        f"draw cannot tell how many inputs {type(module).__name__} takes; pass one sample: draw(model, inputs=[...])"
    )


def as_values(sample: Any, name: str, named: dict[str, Value]) -> Any:
    """A sample, an image for instance, with its numbers as Values; `named` gets them by their places."""
    if isinstance(sample, (list, tuple)) or (is_array(sample) and sample.ndim):
        return [as_values(x, f"{name}[{i}]", named) for i, x in enumerate(sample)]
    named[name] = sample if isinstance(sample, Value) else Value(sample)
    return named[name]


def network(
    module: Any,
    inputs: Sequence[Any] | None,
    loss: Callable[[Any], Value] | None,
    limit: int,
) -> Network:
    """The network view of a module, with the numbers of one sample where `inputs` are given."""
    sample = inputs_of(module) if inputs is None else list(inputs)
    named: dict[str, Value] = {}
    output = module(as_values(sample, "x", named))
    outputs = [output] if isinstance(output, Value) else list(output)
    goal = loss(output) if loss is not None else (outputs[0] if len(outputs) == 1 else total(outputs))
    names = Names()
    names.take("", module)
    names.name_parameters()
    for name, x in named.items():
        names.names.setdefault(x, name)
    source = Values([goal], names)
    owners = plan(source, limit=len(source.order)).owners
    found = Network(type(module).__name__, with_numbers=inputs is not None)
    gradient = own_pass([goal]) if inputs is not None else lambda _: None
    circles = collect(found, source, owners, named, gradient)
    arrange(found, circles, names, limit)
    if not found.weights:
        raise ValueError(
            f"{type(module).__name__} has no neurons that draw can see: no weighted sum (dot) of parameters; "
            f"draw its result instead: draw(model(x))"
        )
    return found


def collect(
    found: Network, source: Values, owners: dict[Value, str], named: dict[str, Value], gradient: Gradients
) -> dict[str, Neuron]:
    """The circles and the weights, from the dots of the graph."""
    circles = {f"x{i}": Neuron(f"x{i}", name, 0, x.data, gradient(x)) for i, (name, x) in enumerate(named.items())}
    home: dict[Value, str] = {x: f"x{i}" for i, x in enumerate(named.values())}
    parameters = source.names.parameters
    for x in in_order(source, set(source.order)):  # from left to right as they are written
        half = len(x.parents) // 2
        path = owners.get(x)
        if path is None or not x.parents:
            continue
        if x.op == "dot" and any(p in parameters for p in x.parents):
            key = f"n{len(circles)}"
            column = 0
            for w, operand in zip(x.parents[:half], x.parents[half:], strict=True):
                if operand in parameters:  # a dot is the same in both orders
                    w, operand = operand, w
                if w in parameters and operand in home:
                    tail = circles[home[operand]]
                    column = max(column, tail.column)
                    found.weights.append(Weight(tail.key, key, source.name(w), w.data, gradient(w)))
            home[x] = key
            circles[key] = Neuron(key, path, column + 1, x.data, gradient(x))
        else:
            # What the neuron does after its sum: its activation, whose result is the neuron's output.
            inside = {home[p] for p in x.parents if p in home and owners.get(p) == path}
            if len(inside) == 1:
                home[x] = inside.pop()
                circles[home[x]].value, circles[home[x]].gradient = x.data, gradient(x)
    return circles


def arrange(found: Network, circles: dict[str, Neuron], names: Names, limit: int) -> None:
    """Columns, captions, and which circles are shown where a column has too many."""
    last = max(circle.column for circle in circles.values())
    found.columns = [[c for c in circles.values() if c.column == i] for i in range(last + 1)]
    place = {path: i for i, path in enumerate(names.module_at)}
    tallest, cut = max(3, limit // 3), max(3, limit // 6)
    for i, column in enumerate(found.columns):
        if i:
            column.sort(key=lambda circle: place.get(circle.name, 0))
        for j, circle in enumerate(column):
            circle.shown = len(column) <= tallest or j < cut - 1
        caption = "input" if i == 0 else column_caption(column, names)
        hidden = sum(not circle.shown for circle in column)
        found.captions.append(caption)
        if hidden:
            found.notes.append(f"{caption.splitlines()[0]}: {hidden:,} of {counted(len(column), 'circle')} not drawn")


def column_caption(column: list[Neuron], names: Names) -> str:
    """What a column is: the innermost module around all of its neurons."""
    common = chain(column[0].name, names.module_at)
    if len(column) == 1 and len(common) > 2:
        common = common[:-1]  # the layer of the neuron
    for circle in column[1:]:
        inner = chain(circle.name, names.module_at)
        common = [path for path in common if path in inner]
    path = common[-1] if common else ""
    module = names.module_at.get(path)
    described = getattr(module, "describe", lambda: type(module).__name__)()
    return f"{path}\n{described}" if path else str(described)


def tell(found: Network, precision: int) -> str:
    """The network as text: a line for each column, with the outputs where there are numbers."""
    lines = [found.title]
    for caption, column in zip(found.captions, found.columns, strict=True):
        text = f"  {caption.replace(chr(10), '  ')}: {counted(len(column), 'circle')}"
        if found.with_numbers:
            values = ", ".join(numeral(c.value, precision) for c in column[:8] if c.value is not None)
            text += f"   {values}{', …' if len(column) > 8 else ''}"
        lines.append(text)
    lines.append(f"  {counted(len(found.weights), 'weight')}")
    return "\n".join(lines)
