"""Running a function once without numbers, to learn its program."""

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.compiling.arguments import Pieces, result_pieces
from autograd_lite.flattening import Flattener
from autograd_lite.graph import BATCHED, DETACHED, LEAF, STATE, Node
from autograd_lite.instructions import Argument, Result
from autograd_lite.program import Program
from autograd_lite.structure import Shape, flatten, unflatten, with_parameters
from autograd_lite.tracing import RUNNING
from autograd_lite.transforms import inside, name_of
from autograd_lite.value import Value, traced


class Trace:
    """One run of a function on traced values.

    `closed_over` are the Values from outside that it used, read again at each call; `draws` are the sources of
    numbers, random ones for instance, that it asked for, called again at each call.
    """

    def __init__(self) -> None:
        self.start: int = STATE.clock
        self.closed_over: list[Value] = []
        self.draws: list[tuple[Value, Callable[[], float], bool]] = []

    def draw(self, source: Callable[[], float], mapped: bool) -> Value:
        """A value that is drawn anew at each call, for every sample if `mapped`."""
        value = traced("", BATCHED if mapped else 0)
        self.draws.append((value, source, mapped))
        return value

    def __enter__(self) -> "Trace":
        self.outer = RUNNING.trace
        RUNNING.trace = self
        STATE.tracing += 1
        return self

    def __exit__(self, *exception: object) -> None:
        RUNNING.trace = self.outer
        STATE.tracing -= 1


class Traced:
    """What a trace found: the program, the structure of its result, and its hidden inputs."""

    def __init__(
        self, f: Callable[..., Any], shapes: Sequence[Shape], keywords: dict[str, Shape], pieces: Pieces
    ) -> None:
        inputs = [
            [traced("", BATCHED if batched else 0) for _ in range(width(data, batched))]
            for data, batched in zip(pieces.data, pieces.batched, strict=True)
        ]
        leaves = iter([x for piece in inputs for x in piece])
        args = [filled(shape, leaves) for shape in shapes]
        kwargs = {name: filled(shape, leaves) for name, shape in keywords.items()}
        with Trace() as trace, inside():
            out = f(*args, **kwargs)
        try:
            outputs, self.shape = flatten(out, f"result of {name_of(f)}")
        except TypeError as error:
            raise TypeError(f"{name_of(f)} cannot be compiled: {error}") from None
        self.flatten(trace, inputs, pieces, outputs)

    def flatten(self, trace: Trace, inputs: list[list[Value]], pieces: Pieces, outputs: list[Any]) -> None:
        groups = [
            (name, values, batched)
            for name, values, batched in zip(pieces.names, inputs, pieces.batched, strict=True)
        ]
        for mapped in (False, True):
            drawn = [value for value, _, per_sample in trace.draws if per_sample == mapped]
            if drawn:
                groups.append(("drawn", drawn, mapped))
        self.draws = [(source, mapped) for _, source, mapped in trace.draws]
        self.closed_over = closed_over(trace, outputs, {x for _, values, _ in groups for x in values})
        if self.closed_over:
            groups.append(("closed_over", self.closed_over, False))
        flattener = Flattener([Argument(name, len(values), batched) for name, values, batched in groups])
        places: dict[Node, int] = {}
        for _, values, _ in groups:
            for x in values:
                places[x] = len(places)
        numbers = flattener.graph(outputs, places, lambda node: None)
        results, start = [], 0
        for count, batched in result_pieces(self.shape):
            results.append(Result(tuple(numbers[start : start + count]), batched))
            start += count
        self.program = Program(*flattener.finished(results))

    def hidden(self, samples: int) -> list[Any]:
        """The hidden inputs of one call: draws, in eager order, and the data of Values closed over."""
        hidden: list[Any] = []
        once = [source() for source, mapped in self.draws if not mapped]
        if once:
            hidden.append(once)
        per_sample = [source for source, mapped in self.draws if mapped]
        if per_sample:
            hidden.append([[source() for source in per_sample] for _ in range(samples)])
        if self.closed_over:
            hidden.append([x.data for x in self.closed_over])
        return hidden


def width(data: Any, batched: bool) -> int:
    """The numbers in a piece; in one sample of it, if batched."""
    if not batched:
        return int(data.shape[0]) if hasattr(data, "shape") else len(data)
    if hasattr(data, "shape"):
        return int(data.shape[1])
    return len(data[0]) if data else 0


def filled(shape: Shape, leaves: Any) -> Any:
    """An argument as the traced function gets it."""
    return shape[1] if shape[0] == "static" else unflatten(shape, leaves, with_parameters)


def closed_over(trace: Trace, outputs: list[Any], known: set[Value]) -> list[Value]:
    """The Values made before the trace that its graph uses: its frontier, not what lies behind."""
    found: list[Value] = []
    seen: set[Node] = set(known)
    stack = [x for x in outputs if isinstance(x, Value)]
    while stack:
        x = stack.pop()
        if x in seen:
            continue
        seen.add(x)
        if not x.is_traced and x._born <= trace.start and x._row not in HELD:
            found.append(x)
        elif x._row is LEAF and x.is_traced:
            raise TypeError(
                "a traced value of another call is used here, which has no number any more; return values from "
                "the compiled function in place of storing them"
            )
        else:
            stack.extend(reversed(x.parents))
    return found


HELD = (DETACHED,)
