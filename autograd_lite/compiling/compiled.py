"""`compile`: a function becomes a program per structure of its arguments, and each program fast code."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from autograd_lite.compiling.arguments import Pieces, Rebuilder, is_foreign_array
from autograd_lite.compiling.backends import BACKENDS, chosen
from autograd_lite.compiling.trace import Traced
from autograd_lite.mapping import axes_of
from autograd_lite.program import Program
from autograd_lite.structure import Shape
from autograd_lite.transforms import name_of


class Entry:
    """The program for one structure of arguments, and its code."""

    def __init__(self, traced: Traced, backend: str, fastmath: bool, pieces: Pieces) -> None:
        self.traced = traced
        self.backend, self.why = chosen(backend, traced.program, pieces)
        self.code = BACKENDS[self.backend](traced.program, fastmath)

    def __call__(self, pieces: Pieces) -> Any:
        samples = 1 if pieces.samples is None else pieces.samples
        arguments = pieces.data + self.traced.hidden(samples)
        return Rebuilder(self.code(arguments, samples), samples).build(self.traced.shape)


class Compiled:
    """A compiled function; called like the function itself.

    `trace(*args)` shows the program that a call with such arguments runs, `why(*args)` why its back end was
    chosen.  Called with Values, it runs the function itself, so that it can be differentiated.
    """

    def __init__(self, f: Callable[..., Any], backend: str, fastmath: bool) -> None:
        self.f = f
        self.backend = backend
        self.fastmath = fastmath
        self.in_axes = getattr(f, "in_axes", None)
        self.entries: dict[Any, Entry] = {}
        self.names = parameter_names(f)
        functools.update_wrapper(self, f, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        pieces, shapes, keywords = self.taken(args, kwargs)
        if pieces.has_values:
            return self.f(*args, **kwargs)
        return self.entry(pieces, shapes, keywords)(pieces)

    def taken(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Pieces, Any, dict[str, Shape]]:
        pieces = Pieces()
        axes = (None,) * len(args) if self.in_axes is None else axes_of(self.in_axes, args, name_of(self.f))
        shapes = []
        for i, (x, axis) in enumerate(zip(args, axes, strict=True)):
            pieces.open_run = False
            shapes.append(pieces.take(x, axis, self.names[i] if i < len(self.names) else f"x{i}"))
        keywords = {}
        for name, x in sorted(kwargs.items()):
            pieces.open_run = False
            keywords[name] = pieces.take(x, None, name)
        return pieces, tuple(shapes), keywords

    def entry(self, pieces: Pieces, shapes: Any, keywords: dict[str, Shape]) -> Entry:
        foreign = next((type(x).__module__.partition(".")[0] for x in pieces.data if is_foreign_array(x)), "")
        key = (shapes, tuple(keywords.items()), foreign)
        found = self.entries.get(key)
        if found is None:
            found = Entry(Traced(self.f, shapes, keywords, pieces), self.backend, self.fastmath, pieces)
            self.entries[key] = found
        return found

    def trace(self, *args: Any, **kwargs: Any) -> Program:
        """The program for arguments of this structure."""
        return self.entry(*self.taken(args, kwargs)).traced.program

    def why(self, *args: Any, **kwargs: Any) -> str:
        """Which back end runs for such arguments, and why."""
        entry = self.entry(*self.taken(args, kwargs))
        return f"{entry.backend}: {entry.why}"

    def __repr__(self) -> str:
        return f"<compiled {name_of(self.f)}, {len(self.entries)} programs>"


def parameter_names(f: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def compile(f: Callable[..., Any] | None = None, *, backend: str = "auto", fastmath: bool = False) -> Any:
    """A function that computes what f does, as compiled code; also a decorator.

    f is run once, without numbers, for each structure of its arguments (numbers, NumPy arrays, Modules, nested
    lists, tuples and dicts); the graph it records becomes a `Program`.  An array is structure: f receives an
    array of Values.  Data is mapped by `vmap`: compile(value_and_grad(vmap(loss, in_axes=(None, 0, 0),
    reduce="mean"))) is a training step.  Values that f closes over are read at each call, without gradients.

    `backend` is "python", "numpy", "llvm" or "auto".  python and llvm give the bits of the eager engine, except
    that domain errors give nan or inf; numpy and other array libraries where their functions do; `fastmath`
    lets llvm reorder and approximate within a stated bound.

    Raises TracingError where f asks a traced value for its number, ValueError on an unknown back end,
    ImportError on one whose library is missing.

    >>> step = compile(lambda x, y: x * y + x, backend="python")
    >>> step(2.0, 3.0)
    8.0
    >>> print(step.trace(2.0, 3.0))
    %0 = x
    %1 = y
    %2 = mul %0 %1
    %3 = add %2 %0
    return %3
    """
    if f is None:
        return functools.partial(compile, backend=backend, fastmath=fastmath)
    if not callable(f):
        raise TypeError(f"compile takes a function, but got {f!r}; pass the function itself, not its result")
    if backend != "auto" and backend not in BACKENDS:
        raise ValueError(
            f"there is no back end {backend!r}; choose {', '.join(map(repr, ['auto', *BACKENDS]))}"
        )
    return Compiled(f, backend, fastmath)
