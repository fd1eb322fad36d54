"""`Module`: anything that holds parameters, and the names by which they are known.

The lowest floor of `nn`.  A parameter is a Value kept in an attribute, directly or in nested lists, tuples
and dicts, of a Module or of the Modules that it holds.  Its name is its path: `layers.0.neurons.3.w[2]`.
Attributes whose name begins with an underscore are private and not looked into.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from autograd_lite.core.primitives import number
from autograd_lite.core.value import Value
from autograd_lite.trees import is_array


class Module:
    """A part of a network: subclass it, keep Values and Modules in attributes, and write `forward`.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.shift = Value(2.0), Value(1.0)
    ...     def forward(self, x):
    ...         return self.slope * x + self.shift
    >>> line = Line()
    >>> line(3.0).data, [name for name, _ in line.named_parameters()]
    (7.0, ['slope', 'shift'])
    """

    training = True
    buffers: tuple[str, ...] = ()
    """The attributes that hold numbers which are state but no parameters, such as running means."""

    shown = True
    """Whether `structure` has a line for it; False where the line of what holds it says it all."""

    _given: frozenset[int] = frozenset()

    def __call__(self, *inputs: Any) -> Any:
        return self.forward(*inputs)

    def forward(self, *inputs: Any) -> Any:
        """The output for the inputs; every subclass writes its own."""
        raise NotImplementedError(
            f"{type(self).__name__} was called, but it has no forward; write forward(self, x) in the class"
        )

    def batch(self, samples: list[Any]) -> list[Any]:
        """The outputs for the samples of a mini-batch, by default one after the other.

        Override it where samples are cheaper together, or where their outputs depend on each other.
        """
        return [self(x) for x in samples]

    # -- parameters and their names

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """(path, Module) for this one, whose path is "", and for every one inside it, each once."""
        return iter([(path, x) for path, x in found_in(self) if isinstance(x, Module)])

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """(name, Value) of every parameter, in order of attributes; a shared one once, by its first name."""
        return iter([(path, x) for path, x in found_in(self) if isinstance(x, Value)])

    def parameters(self) -> list[Value]:
        """Every parameter, in the order of `named_parameters`."""
        return [x for _, x in found_in(self, named=False) if isinstance(x, Value)]

    def taken_apart(self) -> tuple[list[Value], tuple[Any, ...]]:
        """The parameters, and the settings: all that a program of it is made for.

        Settings are the class and the mode of every Module, and the numbers, words and functions in its public
        attributes, without what training moves.
        """
        parameters: list[Value] = []
        settings: list[Any] = []
        for _, x in found_in(self, named=False, settings=True):
            if isinstance(x, Value):
                parameters.append(x)
            else:
                settings.append((type(x), x.training) if isinstance(x, Module) else x)
        return parameters, (len(parameters), *settings)

    def zero_grad(self) -> None:
        """Clear the gradient of every parameter."""
        for p in self.parameters():
            p.zero_grad()

    def with_parameters(self, values: Iterable[Any]) -> Self:
        """A copy that computes with the given Values in place of its parameters; this one stays as it is.

        Raises ValueError unless there is one value for each parameter.

        >>> from autograd_lite.nn import Neuron
        >>> Neuron(1).with_parameters([Value(2.0), Value(0.5)])(3.0).data
        6.5
        """
        parameters, new = self.parameters(), list(values)
        if len(new) != len(parameters):
            raise ValueError(
                f"{type(self).__name__} has {len(parameters)} parameters, but with_parameters got {len(new)} "
                f"values; pass one for each, in the order of parameters()"
            )
        replaced = {id(p): v for p, v in zip(parameters, new, strict=True)}
        given = frozenset(id(v) for v in new)
        copy: Self = _rebuilt(self, replaced, given, {})
        return copy

    def exchanged(self) -> dict[str, Any]:
        """Its parts by the names that PyTorch has for them, which `exchange` writes: the public attributes."""
        return {name: x for name, x in vars(self).items() if not name.startswith("_")}

    # -- modes

    def train(self, mode: bool = True) -> Self:
        """Switch this Module and all inside it to training, or to evaluation with False."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to evaluation: dropout passes all, batch normalisation uses its running statistics."""
        return self.train(False)

    # -- state

    def named_buffers(self) -> Iterator[tuple[str, float]]:
        """(name, number) of the state that is not trained."""
        for path, module in self.named_modules():
            for name in module.buffers:
                for key, (holder, place) in _slots(f"{path}.{name}" if path else name, module, name):
                    yield key, float(_held(holder, place))

    def state_dict(self) -> dict[str, float]:
        """All parameters and buffers as numbers, by name."""
        return {**{name: p.data for name, p in self.named_parameters()}, **dict(self.named_buffers())}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take all numbers from a `state_dict`; where it does not fit, raise and change nothing.

        Raises KeyError on the first name that is missing or unknown, TypeError on what is no number.
        """
        mine = self.state_dict()
        for name in mine:
            if name not in state:
                raise KeyError(
                    f"the state has no {name!r}, which {type(self).__name__} needs; load it into a model of "
                    f"the same structure"
                )
        for name, x in state.items():
            if name not in mine:
                raise KeyError(
                    f"the state has {name!r}, which {type(self).__name__} does not have; load it into a "
                    f"model of the same structure"
                )
            if number(x) is None:
                raise TypeError(f"the state holds {x!r} for {name!r}; it must be a number")
        for name, p in self.named_parameters():
            p.data = state[name]
        for path, module in self.named_modules():
            for name in module.buffers:
                for key, (holder, place) in _slots(f"{path}.{name}" if path else name, module, name):
                    _put(holder, place, float(state[key]))

    # -- what it looks like

    def input_sizes(self) -> tuple[int | None, ...] | None:
        """The sizes of a sample as its own parameters tell them, None for any size; None where they do not tell.

        By default one list, of as many numbers as the innermost lists of its first weights hold.
        """
        for name, x in vars(self).items():
            while isinstance(x, (list, tuple)) and x and not name.startswith("_"):
                if all(isinstance(y, Value) for y in x):
                    return (len(x),)
                x = x[0]
        return None

    def describe(self) -> str:
        """This Module in one line, without what is inside it: its class, its settings, its parameters."""
        settings = [
            f"{name}={x!r}"
            for name, x in vars(self).items()
            if isinstance(x, (int, float, str)) and not name.startswith("_") and name != "training"
        ]
        own = [
            f"{name}{_sizes(x)}"
            for name, x in vars(self).items()
            if not name.startswith("_") and not isinstance(x, Module)
            if any(isinstance(y, Value) for _, y in found_in(x))
        ]
        return f"{type(self).__name__}({', '.join(settings + own)})"

    def structure(self) -> list[str]:
        """One line for each Module, "path: description"; models of one structure can swap states."""
        return [
            f"{path}: {module.describe()}" if path else module.describe()
            for path, module in self.named_modules()
            if module.shown or not path
        ]

    def __repr__(self) -> str:
        first, *rest = self.structure()
        return "\n".join([f"{first}: {len(self.parameters())} parameters", *(f"  {line}" for line in rest)])


Found = list[tuple[str, Any]]


def found_in(x: Any, path: str = "", named: bool = True, settings: bool = False) -> Found:
    """(path, x) of every Module and every parameter in x, each once; empty paths, sooner, unless `named`.

    With `settings` of everything else too that a program depends on.
    """
    found: Found = []
    _find([(path, x)], frozenset(), named, settings, set(), found)
    return found


def _find(
    items: Iterable[tuple[str, Any]],
    given: frozenset[int],
    named: bool,
    settings: bool,
    seen: set[int],
    found: Found,
) -> None:
    """Look into each (path, x); one call for each container, because a step may look for 24,000 parameters."""
    for path, x in items:
        if isinstance(x, Value):
            # What was computed from parameters and kept in an attribute is no parameter.
            if (not x.op or id(x) in given) and id(x) not in seen:
                seen.add(id(x))
                found.append((path, x))
        elif isinstance(x, Module):
            if id(x) not in seen:
                seen.add(id(x))
                found.append((path, x))
                public = [(name, y) for name, y in vars(x).items() if not name.startswith("_")]
                if settings:
                    public = [(name, y) for name, y in public if name not in x.buffers and name != "training"]
                if named and path:
                    public = [(f"{path}.{name}", y) for name, y in public]
                _find(public, x._given, named, settings, seen, found)
        elif isinstance(x, (list, tuple)):
            paths = [""] * len(x)
            if named:
                paths = [f"{path}.{i}" if isinstance(y, Module) else f"{path}[{i}]" for i, y in enumerate(x)]
            if settings:
                found.append(("", len(x)))
            _find(zip(paths, x, strict=True), given, named, settings, seen, found)
        elif isinstance(x, dict):
            if settings:
                found.append(("", tuple(x)))
            _find([(f"{path}.{key}", y) for key, y in x.items()], given, named, settings, seen, found)
        elif is_array(x) and x.dtype == object:
            where = f"the attribute {path}" if named else "an attribute"
            raise TypeError(
                f"{where} is an array of objects, in which parameters are not found; keep Values in lists, with "
                f"array.tolist()"
            )
        elif settings and is_array(x):
            found.append(("", (x.shape, x.dtype.str, x.tobytes())))
        elif settings and (isinstance(x, (int, float, str)) or callable(x)):
            found.append(("", x))


def _sizes(x: Any) -> str:
    """[3][2] for three lists of two."""
    return f"[{len(x)}]{_sizes(x[0])}" if isinstance(x, (list, tuple)) and x else ""


def _rebuilt(x: Any, new: dict[int, Any], given: frozenset[int], memo: dict[int, Any]) -> Any:
    """A copy of x with other Values; whatever holds no parameter is shared, so that its state stays one."""
    if isinstance(x, Value):
        return new.get(id(x), x)
    if isinstance(x, Module):
        if id(x) not in memo:
            copy = memo[id(x)] = object.__new__(type(x))
            for name, y in vars(x).items():
                copy.__dict__[name] = y if name.startswith("_") else _rebuilt(y, new, given, memo)
            copy.__dict__["_given"] = given
        return memo[id(x)]
    if isinstance(x, (list, tuple)):
        items = [_rebuilt(y, new, given, memo) for y in x]
        if all(a is b for a, b in zip(items, x, strict=True)):
            return x
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    if isinstance(x, dict):
        entries = {key: _rebuilt(y, new, given, memo) for key, y in x.items()}
        return x if all(entries[key] is x[key] for key in x) else entries
    return x


def _slots(path: str, holder: Any, place: Any) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """(name, where it is kept) of each number in a buffer."""
    x = _held(holder, place)
    if isinstance(x, list):
        for i in range(len(x)):
            yield from _slots(f"{path}[{i}]", x, i)
    else:
        yield path, (holder, place)


def _held(holder: Any, place: Any) -> Any:
    return getattr(holder, place) if isinstance(holder, Module) else holder[place]


def _put(holder: Any, place: Any, x: float) -> None:
    if isinstance(holder, Module):
        setattr(holder, place, x)
    else:
        holder[place] = x
