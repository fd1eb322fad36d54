"""`compile`: a function becomes a program per structure of its arguments, and each program fast code."""

import functools
from types import MethodType
from typing import Any

from autograd_lite.backends.call_nodes import TracedCall, ValueCall
from autograd_lite.backends.call_programs import Taken
from autograd_lite.backends.choice import BACKENDS, MANY, available, checked, chosen_backend, code_of
from autograd_lite.backends.float32 import checked_dtype
from autograd_lite.backends.program_cache import PROGRAMS, Key, ProgramCache
from autograd_lite.control.calls import recorded_call
from autograd_lite.core.abstract.tracers import is_tracing
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.core.graph import BATCHED
from autograd_lite.program.arguments import Pieces
from autograd_lite.program.closures import Closures
from autograd_lite.program.fast_arguments import FastArguments
from autograd_lite.program.long_programs import COMPILED, takes_long, warn_if_long
from autograd_lite.program.make_program import LARGE, Traced
from autograd_lite.program.program import Program
from autograd_lite.program.results import Builder
from autograd_lite.program.rolling import rolled
from autograd_lite.support.extras import imported
from autograd_lite.support.forking import ProcessLock
from autograd_lite.transforms.batching import axes_of_arguments, is_axis
from autograd_lite.transforms.levels import STEP, differentiated, is_mapped, passed, passing, returned
from autograd_lite.transforms.signatures import (
    Function,
    Wrapper,
    name_of,
    name_that_leads_to,
    numbered_names,
    parameter_names,
)
from autograd_lite.trees import PyTreeDef

ROUTES = 1000
"""Shapes that are remembered: batches of ever new sizes must not fill the memory."""

Treedefs = tuple[PyTreeDef, ...]


class Entry:
    """The program for one structure of arguments, and its code."""

    def __init__(self, traced: Traced, backend: str, fastmath: bool, dtype: str, pieces: Pieces) -> None:
        self.traced, self.closed_over = traced, traced.closed_over
        self.closures = Closures(traced.f, traced.closed_over) if traced.closed_over else None
        self.used = False  # after the call that made it
        self.backend, self.why = chosen_backend(backend, traced.program, pieces.data, self.samples(pieces))
        native = backend == "auto" and self.backend == "llvm"
        if native and not traced.is_long and takes_long(len(traced.program.core().instructions), COMPILED):
            warn_if_long(traced.f, len(rolled(traced.program).instructions), COMPILED, "instructions")
        self.code = code_of(self.backend, traced.program, fastmath, pieces.library, dtype)
        lists = pieces.samples is not None and pieces.lists
        arrays = self.backend != "python" and not pieces.library
        self.build = Builder(lists, arrays, traced.parameter_names()).build(traced.treedef)
        self.modules = pieces.modules

    def run(self, data: list[Any], n: int) -> Any:
        for k in self.modules:
            data[k] = data[k].floats() if self.backend == "python" else data[k].array()
        return self.build(self.code(self.traced.arguments(data, n), n), n)

    def is_stale(self) -> bool:
        """Whether another Value is in the place of one that the function closes over."""
        return self.closures is not None and self.closures.changed()

    def samples(self, pieces: Pieces) -> int:
        """The samples of a call: those that `vmap` finds in it, or that the traced function maps over, or one."""
        samples = self.traced.samples if pieces.samples is None else pieces.samples
        return 1 if samples is None else samples


class Compiled(Wrapper):
    """A compiled function; called like the function itself.

    `trace(*args)` shows the program that a call with such arguments runs, `why(*args)` why its back end was
    chosen.  Called with Values, by a function that is itself compiled, or in a transform that differentiates what
    it closes over, it runs the function, so that the gradient flows.
    """

    def __init__(self, f: Function, backend: str, fastmath: bool, dtype: str) -> None:
        self.f, self.backend, self.fastmath, self.dtype = f, backend, fastmath, dtype
        self.by_count = backend == "auto" and not available("llvmlite")  # then a batch of few samples runs elsewhere
        self.in_axes = getattr(f, "in_axes", None)
        self.entries = ProgramCache(name_of(f), lambda count: numbered_names(self.names, count))
        # The programs of calls by the keys of `FastArguments`.
        self.routes: dict[tuple[Any, ...] | None, tuple[Entry, int]] = {}
        axes = self.in_axes if isinstance(self.in_axes, (tuple, list)) else [self.in_axes]
        self.has_routes = all(axis is None or (is_axis(axis) and axis == 0) for axis in axes)
        self.mapped = [axis is not None for axis in axes]
        numpy = imported("numpy")
        self.array: Any = numpy and numpy.ndarray
        self.of_arrays: Any = numpy and numpy.dtype(dtype)
        self.names = parameter_names(f)
        self.calls: dict[Any, ValueCall] = {}  # on Values, by what the arguments are
        self.large = LARGE
        self.lock = ProcessLock()  # two threads that meet a new structure trace it once
        self.wrap(f)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_tracing():
            return self.in_trace(args, kwargs)
        found = FastArguments(args, kwargs, self.mapped, self.array, self.of_arrays)
        if found.has_values:
            return self.on_values(args, kwargs)
        route = self.routes.get(found.key)
        if route is not None:
            entry, n = route
            entry.used = True
            if entry.closures is None:
                return entry.run(found.data, n)
            if not entry.is_stale():
                return self.interpreted(args, kwargs) if differentiated(entry.closed_over) else entry.run(found.data, n)
        pieces, treedefs, keywords = self.taken(args, kwargs)
        if pieces.has_values:
            return self.on_values(args, kwargs)
        entry = self.entry(pieces, treedefs, keywords)
        if differentiated(entry.closed_over):
            return self.interpreted(args, kwargs)
        n = entry.samples(pieces)
        if numpy := imported("numpy"):  # which may have come after this function
            self.array, self.of_arrays = numpy.ndarray, numpy.dtype(self.dtype)
        if found.key is not None and self.has_routes:
            if len(self.routes) >= ROUTES:
                self.routes.clear()
            self.routes[found.key] = entry, n
        return entry.run(pieces.data, n)

    def on_values(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call as one node of the graph, which runs programs; a small function is run on the Values."""
        taken = Taken()
        if self.in_axes is not None or not taken.is_taken(args, kwargs, self.f):
            return self.interpreted(args, kwargs)
        call = self.calls.get(taken.key)
        if call is None or call.is_stale():
            call = self.value_call(taken)
        if not call.is_node:
            return self.interpreted(args, kwargs)
        return call(taken)

    def value_call(self, taken: Taken) -> ValueCall:
        """Calls of a structure that is new, or whose program is stale."""
        with self.lock.here():
            if len(self.calls) >= PROGRAMS:
                self.calls.clear()
            call = self.calls[taken.key] = ValueCall(self.f, taken, self.again)
            return call

    def in_trace(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call in a function that is traced: one node of its graph too, unless it is small."""
        taken, trace = Taken(), TRACE.get()
        if trace.scalar or self.in_axes is not None or not taken.is_taken(args, kwargs, self.f):
            return self.interpreted(args, kwargs)
        if not taken.operands:
            return self.interpreted(args, kwargs)
        key = self, taken.key, is_mapped(), STEP.get(), *[x._flags & BATCHED for x in taken.operands]
        known = trace.calls.get(key)
        if known is None or known.is_stale() or taken.arrays:
            known = trace.calls[key] = TracedCall(self.f, taken)
        if known.recorded is None:
            return self.interpreted(args, kwargs)
        return known.f.treedef.unflatten(recorded_call(known.recorded, taken.operands, taken.numbers))

    def again(self, f: Function) -> "Compiled":
        """Another function, compiled like this one, to compute the numbers of Values, which are float64."""
        return Compiled(f, self.backend, self.fastmath, "float64")

    def interpreted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function run on Values; floats among its arguments are passed on as constants."""
        with passing():
            result = self.f(*map(passed, args), **{name: passed(x) for name, x in kwargs.items()})
        return returned(result)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """A method, where the function was defined in a class."""
        return self if instance is None else MethodType(self, instance)

    def taken(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Pieces, Treedefs, dict[str, PyTreeDef]]:
        """The arguments of a call taken apart: pieces, and the treedef of each argument."""
        pieces = Pieces()
        axes = (None,) * len(args) if self.in_axes is None else axes_of_arguments(self.in_axes, args, name_of(self.f))
        names = numbered_names(self.names, len(args))
        treedefs = tuple([pieces.argument(x, axis, name) for x, axis, name in zip(args, axes, names, strict=True)])
        keywords = {name: pieces.argument(x, None, name) for name, x in sorted(kwargs.items())}
        return pieces, treedefs, keywords

    def entry(self, pieces: Pieces, treedefs: Treedefs, keywords: dict[str, PyTreeDef]) -> Entry:
        """The code for that structure of arguments, made at its first call."""
        if pieces.has_values:
            raise TypeError("a program computes with numbers, but got Values; pass v.data in place of v")
        few = self.by_count and pieces.samples is not None and pieces.samples < MANY
        key = Key(treedefs, tuple(keywords.items()), pieces.lists, pieces.library, few)
        found: Entry | None = self.entries.get(key)
        if found is None or found.is_stale():
            return self.made(key, pieces)
        found.used = True
        return found

    def made(self, key: Key, pieces: Pieces) -> Entry:
        """The code for a structure that is new, or whose program is stale."""
        with self.lock.here():
            found: Entry | None = self.entries.get(key)  # unless another thread was first
            if found is None or found.is_stale():
                traced = Traced(self.f, key.treedefs, dict(key.keywords), pieces.samples, self.large)
                found = Entry(traced, self.backend, self.fastmath, self.dtype, pieces)
                self.keep(key, found)
            return found

    def keep(self, key: Key, entry: Entry) -> None:
        """Keep an entry, and forget the calls that those which it replaces ran for."""
        gone = self.entries.add(key, entry)
        if self.entries.reasons:
            about = f"program {self.entries.count} of {name_of(self.f)}, since {self.entries.reasons[-1]}"
            entry.traced.program.about = about
        if gone:
            self.routes = {direct: route for direct, route in self.routes.copy().items() if route[0] not in gone}

    def trace(self, *args: Any, **kwargs: Any) -> Program:
        """The program for arguments of this structure.  One after the first tells why it was made."""
        program = self.entry(*self.taken(args, kwargs)).traced.program
        found = rolled(program)
        found.about = program.about
        return found

    @property
    def recompilations(self) -> list[str]:
        """Why each program after the first was made: what changed from the call before; those of the newest 64.

        >>> total = compile(lambda x: x[0] + x[-1], backend="python")
        >>> total([1.0, 2.0]), total([1.0, 2.0, 3.0])
        (3.0, 4.0)
        >>> total.recompilations
        ['argument x was a list of 2, then a list of 3; give it one size, or map over it with vmap']
        """
        return list(self.entries.reasons)

    def why(self, *args: Any, **kwargs: Any) -> str:
        """Which back end runs for such arguments, and why."""
        entry = self.entry(*self.taken(args, kwargs))
        return f"{entry.backend}: {entry.why}"

    def __reduce__(self) -> str | tuple[Any, ...]:
        # As pickle keeps functions: by its name where that leads to this object, else f and how to compile it.
        how = functools.partial(compile, backend=self.backend, fastmath=self.fastmath, dtype=self.dtype)
        return name_that_leads_to(self) or (how, (self.f,))

    def __repr__(self) -> str:
        return f"<compiled {name_of(self.f)}, {len(self.entries)} programs>"


def compile(f: Function | None = None, *, backend: str = "auto", fastmath: bool = False, dtype: Any = "float64") -> Any:
    """A function that computes what f does, as compiled code; also a decorator.

    f is run once, without numbers, for each structure of its arguments (numbers, NumPy arrays, Modules, nested
    lists, tuples and dicts); the graph it records becomes a `Program`.  An array is structure: f receives an
    array of Values.  Data is mapped by `vmap`: compile(value_and_grad(vmap(loss, in_axes=(None, 0, 0),
    reduce="mean"))) is a training step.  Values that f closes over are read at each call, without gradients; another
    Value in the place of one is noticed, in globals, nonlocals, attributes and items, and so are other settings of a
    Module (of an object that is no Module but has `named_parameters`: `training`, and numbers and words in its own
    attributes, not in containers there); all else is what it was at the first call.  Where f changes an argument, that
    of the caller stays as it was, and a warning names the place.  Of ever new structures the 64 that were used last
    keep their programs, and a warning names what changes.
    A number that shapes the program, as a count does, is bound before: compile(functools.partial(f, n=3)).

    `backend` is "python", "numpy", "llvm", "javascript" or "auto".  python and llvm give the bits of the eager engine,
    except that domain errors give nan or inf, and that a reduced vmap adds in an order of its own; numpy, other array
    libraries and javascript, which runs in Node, where their functions do; `fastmath` lets llvm fuse products with
    sums and approximate within a stated bound.  Infinite operands of a row give what they give in strict code; a
    product that is fused is not rounded, so that one beyond the floats is not infinite yet: x * y - inf at
    x = y = 1e200 is -inf, and nan in strict code.

    With `dtype` "float32" native code computes in float32, 16 numbers at once in the place of 8: arrays of float32 are
    read as they are, and the arrays of the result are float32.  Each operation gives its result in float64, rounded to
    24 binary digits, a relative error of at most 2^-24; numbers below 1.2e-38 lose digits, those beyond 3.4e38 are
    infinite.  Linear algebra is refused, and so are other back ends; called with Values, and in functions that are
    compiled or differentiated themselves, the function computes in float64.

    Raises TracingError where f asks a traced value for its number, ValueError on an unknown back end or dtype,
    ImportError on one whose library, or Node, is missing.

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
    dtype = checked_dtype(dtype, checked(backend, "auto", *BACKENDS))
    if f is None:
        return functools.partial(compile, backend=backend, fastmath=fastmath, dtype=dtype)
    if not callable(f):
        do = "Python's own is builtins.compile" if isinstance(f, (str, bytes)) else "pass the function, not its result"
        raise TypeError(f"compile takes a function of Values, but got {f!r}; {do}")
    return Compiled(f, backend, fastmath, dtype)
