"""`Module`: anything that holds parameters, and the names by which they are known.

The lowest floor of `nn`.  A parameter is a Value kept in an attribute, directly or in nested lists, tuples
and dicts, of a Module or of the Modules that it holds.  Its name is its path: `layers.0.neurons.3.w[2]`, where keys
that are no plain text are in brackets: `weights['a.b']`, `weights[1]`.
Attributes whose name begins with an underscore are private: they hold settings, but no parameters.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from inspect import signature
from itertools import repeat
from typing import Any, NoReturn, Self

from autograd_lite.core.fast.layers import HeldDict, HeldList, ValueNumbers, holds_same
from autograd_lite.core.operands import number
from autograd_lite.core.value import Value
from autograd_lite.support.wording import for_output
from autograd_lite.trees import PyTreeDef, flatten, is_array, summary
from autograd_lite.trees.exact_keys import Keys, Same, attributes_of, exact
from autograd_lite.trees.paths import check_distinct, inner_path
from autograd_lite.trees.registry import DICT, LIST, RECORD, STATIC, ModuleStructure, one_level


class Elsewhere:
    """What is a method of models in other libraries: no attribute here, but its error tells what to write.

    A `__getattr__` would make every attribute of a Module slow, as CPython keeps no cache for such classes; misspelt
    names are suggested by Python's own error.
    """

    def __init__(self, name: str, do: str) -> None:
        self.name, self.do = name, do

    def __get__(self, module: object, kind: type) -> NoReturn:
        raise AttributeError(
            f"{kind.__name__!r} object has no attribute {self.name!r}; {self.do}", name=self.name, obj=module
        )


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
    """Whether `structure` has a line for it; False where the line of its parent is enough."""

    _given: frozenset[int] = frozenset()

    def __call__(self, *inputs: Any) -> Any:
        try:
            return self.forward(*inputs)
        except TypeError:
            check_inputs(self, inputs)
            raise

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in FUNCTIONS or hasattr(self, name)]

    def forward(self, *inputs: Any) -> Any:
        """The output for the inputs; every subclass writes its own."""
        kind = type(self).__name__
        raise NotImplementedError(f"{kind} was called, but it has no forward; write forward(self, x) in the class")

    def batch(self, samples: list[Any]) -> list[Any]:
        """The outputs for the samples of a mini-batch, by default one after the other.

        Override it where samples are cheaper together, or where their outputs depend on each other.
        """
        return [self(x) for x in samples]

    def named_modules(self) -> Iterator[tuple[str, "Module"]]:
        """(path, Module) for this one, whose path is "", and for every one inside it, each once."""
        return iter([("", self), *self._contents().modules])

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """(name, Value) of every parameter, in order of attributes; a shared one once, by its first name."""
        contents = self._contents()
        return zip(contents.names, list(contents.parameters), strict=True)

    def parameters(self) -> list[Value]:
        """Every parameter, in the order of `named_parameters`."""
        return list(self._contents().parameters)

    def pytree_structure(self) -> ModuleStructure:
        """What a program of this Module is made for: its parameters and its settings.

        Settings are the class and the mode of every Module, and all in its attributes, private ones and those of
        plain objects too, but what training moves: numbers to the bit, words, sets, functions and objects.
        """
        contents = self._contents()
        return ModuleStructure(self, contents.names, contents.numbers, contents.settings, contents.places)

    def _changeable(self) -> dict[str, Any]:
        """Its mode and its attributes, which a compiled function changes in its copy alone, and warns that it does."""
        held = {name: x for name, x in vars(self).items() if name not in CACHES}
        return {"training": self.training, **held}

    def _contents(self) -> "Contents":
        known: Contents | None = self.__dict__.get("_known")
        if known is None or known.changed():
            self.__dict__["_known"] = None
            known = self.__dict__["_known"] = Contents(self)
        return known

    def __getstate__(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if name != "_known"}

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
            got = f"{type(self).__name__} has {len(parameters)} parameters, but with_parameters got {len(new)} values"
            raise ValueError(f"{got}; pass one for each, in the order of parameters()")
        replaced = dict(zip(map(id, parameters), new, strict=True))
        copy: Self = _rebuilt(self, replaced, frozenset(map(id, new)), {})
        return copy

    def exchanged(self) -> dict[str, Any]:
        """Its parts by the names that PyTorch has for them, which `exchange` writes: the public attributes."""
        return self._public()

    def _public(self) -> dict[str, Any]:
        return {name: x for name, x in vars(self).items() if not name.startswith("_")}

    def train(self, mode: bool = True) -> Self:
        """Switch this Module and all inside it to training, or to evaluation with False."""
        for _, module in self.named_modules():
            module._switch(mode)
        return self

    def _switch(self, mode: bool) -> None:
        """Take a mode: back in that of its class it has the attributes that it had, and need not look at all again."""
        if mode is type(self).training:
            vars(self).pop("training", None)
        else:
            self.training = mode

    def eval(self) -> Self:
        """Switch to evaluation: dropout passes all, batch normalisation uses its running statistics."""
        return self.train(False)

    def named_buffers(self) -> Iterator[tuple[str, float]]:
        """(name, number) of the state that is not trained."""
        for _, _, numbers, _, names in self._buffers():
            yield from zip(names, map(float, numbers), strict=True)

    def _buffers(self) -> Iterator[tuple["Module", str, list[Any], PyTreeDef, list[str]]]:
        """(Module, attribute, its numbers, their treedef, their names) of every buffer."""
        for path, module in self.named_modules():
            for name in dict.fromkeys(module.buffers):
                numbers, treedef = flatten(getattr(module, name), f"buffer {name}")
                yield module, name, numbers, treedef, treedef.leaf_names(inner_path(path, name))

    def state_dict(self) -> dict[str, float]:
        """All parameters and buffers as numbers, by name."""
        named = [*[(name, p.data) for name, p in self.named_parameters()], *self.named_buffers()]
        state = dict(named)
        if len(state) < len(named):
            check_distinct([name for name, _ in named], [x for _, x in named], type(self).__name__)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take all numbers from a `state_dict`; where it does not fit, raise and change nothing.

        Raises KeyError on the first name that is missing or unknown, TypeError on what is no number, ValueError on one
        beyond the range of floats.
        """
        mine, kind = self.state_dict(), type(self).__name__
        if not isinstance(state, Mapping):
            raise TypeError(f"a state is a dict of numbers by name, but got {summary(state)}; pass a state_dict()")
        for name in [*mine, *state]:
            if name not in state or name not in mine:
                found = f"no {name!r}, which {kind} needs" if name in mine else f"{name!r}, which {kind} does not have"
                raise KeyError(f"the state has {found}; load it into a model of the same structure")
        new_of = {name: checked_number(name, x) for name, x in state.items()}
        for name, p in self.named_parameters():
            p.data = new_of[name]
        for module, name, _, treedef, names in self._buffers():
            held, new = getattr(module, name), treedef.unflatten([new_of[key] for key in names])
            if isinstance(held, list):
                held[:] = new  # which copies of this Module share
            else:
                setattr(module, name, new)

    def input_sizes(self) -> tuple[int | None, ...] | None:
        """The sizes of a sample as its own parameters tell them, None for any size; None where they do not tell.

        By default one list, of as many numbers as the innermost lists of its first weights hold.
        """
        for x in self._public().values():
            while isinstance(x, (list, tuple)) and x:
                if all(isinstance(y, Value) for y in x):
                    return (len(x),)
                x = x[0]
        return None

    def describe(self) -> str:
        """This Module in one line, without what is inside it: its class, its settings, its parameters."""
        public = {name: x for name, x in self._public().items() if name != "training" and not isinstance(x, Module)}
        settings = [f"{name}={x!r}" for name, x in public.items() if isinstance(x, (int, float, str))]
        own = [f"{name}{_sizes(x)}" for name, x in public.items() if Contents(x).parameters]
        return f"{type(self).__name__}({', '.join(settings + own)})"

    def structure(self) -> list[str]:
        """One line for each Module, "path: description"; models of one structure can swap states."""
        shown = [(path, module) for path, module in self.named_modules() if module.shown or not path]
        return [f"{path}: {module.describe()}" if path else module.describe() for path, module in shown]

    def __repr__(self) -> str:
        first, *rest = self.structure()
        return for_output("\n  ".join([f"{first}: {len(self.parameters())} parameters", *rest]))


class Batched(Module):
    """A Module that computes the outputs of samples together, in `batch`; `_rows` are its weights for all of them."""

    def forward(self, x: Any) -> Any:
        return self.batch([x])[0]

    def __getstate__(self) -> dict[str, Any]:
        return {name: [] if name == "_rows" else x for name, x in super().__getstate__().items()}


def through(modules: Iterable[Module], samples: list[Any]) -> list[Any]:
    """The outputs for samples that pass one Module after the other."""
    for module in modules:
        samples = module.batch(samples)
    return samples


FUNCTIONS = {
    "fit": "write nn.fit(model, X, y)", "predict": "write nn.predict(model, X)",
    "evaluate": "write nn.evaluate(model, X, y)", "score": "write nn.evaluate(model, X, y)",
    "save": "write nn.save(model, path)", "load": "write nn.load(path)", "summary": "write print(model)",
    "compile": "write nn.fit(model, X, y, compile=True), or compile a function of the model",
    "backward": "call backward() on the loss", "step": "call step() on an optimizer of model.parameters()",
    "weights": "write model.parameters() or model.named_parameters()",
}  # fmt: skip
"""What is a method of models in other libraries, and what is written here."""
for _name, _do in FUNCTIONS.items():
    setattr(Module, _name, Elsewhere(_name, _do))


def check_inputs(module: Module, inputs: tuple[Any, ...]) -> None:
    """TypeError where a Module was called with another number of arguments than its `forward` takes."""
    taken = signature(module.forward)
    try:
        taken.bind(*inputs)
    except TypeError:
        name, count = type(module).__name__, f"{len(inputs)} argument{'s' if len(inputs) != 1 else ''}"
        numbers = all(isinstance(x, Value) or number(x) is not None for x in inputs)
        do = "put the numbers of a sample in one list" if numbers and len(inputs) > 1 else "pass those"
        raise TypeError(f"{name} was called with {count}, but its forward takes {taken}; {do}") from None


CACHES = frozenset({"_known", "_given", "_rows", "_observed"})
"""The private attributes that change without a change of what is computed."""


class Settings(tuple[Hashable, ...]):
    """A tuple that computes its hash once."""

    def __hash__(self) -> int:
        if not hasattr(self, "_hash"):
            self._hash = super().__hash__()
        return self._hash


class Contents:
    """The Modules, the parameters and the settings in a Module, each once; and whether they have changed since."""

    def __init__(self, x: Any) -> None:
        self.modules: list[tuple[str, Module]] = []  # without x itself, which keeps this
        self.parameters: list[Value] = []
        names: list[str] = []
        settings: list[Hashable] = []
        self.attributes: list[HeldDict] = []  # what was found in each container
        self.lists: list[HeldList] = []
        self.others: list[tuple[object, list[object]]] = []
        self.arrays: list[tuple[Any, Hashable]] = []
        seen: set[int] = set()
        self.sets: list[tuple[Any, Hashable]] = []
        self.objects: list[tuple[Any, list[tuple[str, object]]]] = []
        # the last: whether it is private, or in an object that is no Module, where settings are but no parameters
        stack: list[tuple[str, Any, frozenset[int], bool]] = [("", x, frozenset(), False)]
        places, path = ["", ""], ""  # of each setting, the first of which is the number of parameters
        while stack:
            places += [path] * (len(settings) + 2 - len(places))
            path, y, given, private = stack.pop()
            if isinstance(y, Value):
                # What was computed from parameters and kept in an attribute is no parameter.
                if private and not y.op:
                    settings.append(Same(y))
                elif not private and (not y.op or id(y) in given) and id(y) not in seen:
                    seen.add(id(y))
                    names.append(path)
                    self.parameters.append(y)
                continue
            if is_array(y):
                if y.dtype == object and private:
                    settings.append(Same(y))
                    continue
                if y.dtype == object:
                    what = f"{f'the attribute {path}' if path else 'it'} is an array of objects"
                    more = "in which parameters are not found; keep Values in lists, with array.tolist()"
                    raise TypeError(f"{what}, {more}")
                settings.append(array_content(y))
                self.arrays.append((y, settings[-1]))
                continue
            level = None if isinstance(y, Module) else one_level(y)
            if level is None and not isinstance(y, Module):
                self.add_setting(path, y, settings, seen, stack)
            elif level is not None and level.kind is STATIC:
                settings.append(exact(level.aux))
            elif id(y) not in seen:  # a container that is here again has no new parameters, even in itself
                seen.add(id(y))
                if level is None:
                    settings.append((type(y), y.training))
                    if y is not x and not private:
                        self.modules.append((path, y))
                    held, given = vars(y), y._given
                    keys = [name for name in held if name not in CACHES and name not in y.buffers]
                    children = [held[name] for name in keys]
                    self.attributes.append((held, list(held), keys, children))
                    paths = [inner_path(path, key) for key in keys]
                    settings.append(Keys(keys))
                else:
                    children = list(level.children)
                    settings.append((level.kind.name, exact(level.aux), len(children)))
                    if level.kind is LIST:
                        self.lists.append((y, children))
                    elif not isinstance(y, tuple):
                        self.others.append((y, children))
                    if level.kind in (DICT, RECORD):
                        paths = [inner_path(path, key) for key in (level.aux if level.kind is DICT else level.aux[1])]
                    else:
                        paths = [
                            f"{path}.{i}" if isinstance(z, Module) else f"{path}[{i}]" for i, z in enumerate(children)
                        ]
                hidden = (
                    [private or (level is None and key[:1] == "_") for key in keys]
                    if level is None
                    else repeat(private)
                )
                inner = [*zip(paths, children, repeat(given), hidden)]
                stack += reversed(inner)
        what = type(x).__name__
        check_distinct(names, self.parameters, what)
        check_distinct([path for path, _ in self.modules], [type(y).__name__ for _, y in self.modules], what)
        self.names, self.numbers = tuple(names), ValueNumbers(self.parameters)
        self.places = [*places[1:], *[path] * (len(settings) + 2 - len(places))]
        self.settings = Settings([len(names), *settings])

    def add_setting(self, path: str, y: Any, settings: list[Hashable], seen: set[int], stack: list[Any]) -> None:
        """What is no container: a number, a set, a function, or a plain object, whose attributes are settings."""
        if isinstance(y, (set, frozenset, deque, bytearray)):
            settings.append(contents_of(y))
            self.sets.append((y, settings[-1]))
        elif isinstance(y, (int, float, complex, bytes, Fraction, Decimal, Enum, range)):
            settings.append(exact(y))
        else:
            settings.append(Same(y))
            attributes = attributes_of(y) if id(y) not in seen else None
            if attributes is not None:
                seen.add(id(y))
                self.objects.append((y, [*attributes.items()]))
                stack += [(inner_path(path, name), z, frozenset(), True) for name, z in [*attributes.items()][::-1]]

    def changed(self) -> bool:
        """Whether an attribute or anything in a container is another object than before."""
        if not holds_same(self.attributes, self.lists):
            return True
        if not (self.others or self.arrays or self.sets or self.objects):
            return False
        levels = [(one_level(held), items) for held, items in self.others]
        return not (
            holds_same([], [([] if level is None else list(level.children), items) for level, items in levels])
            and all(array_content(held) == content for held, content in self.arrays)
            and all(contents_of(held) == content for held, content in self.sets)
            and all(has_same(held, attributes) for held, attributes in self.objects)
        )


def contents_of(x: Any) -> Hashable:
    """The content of a set or a queue."""
    try:
        return exact(frozenset(x) if isinstance(x, set) else tuple(x) if isinstance(x, deque) else x)
    except TypeError:  # it holds what is no key
        return tuple(map(Same, x))


def has_same(x: Any, attributes: list[tuple[str, object]]) -> bool:
    """Whether a plain object has the attributes that it had."""
    found = [*(attributes_of(x) or {}).items()]
    return len(found) == len(attributes) and all(
        name == known and y is z for (name, y), (known, z) in zip(found, attributes, strict=True)
    )


def checked_module(x: object, what: str) -> None:
    """Raises TypeError where what should be a Module is none."""
    if not isinstance(x, Module):
        got = f"the class {x.__name__}" if isinstance(x, type) else summary(x)
        do = f"pass an instance, {x.__name__}(...)" if isinstance(x, type) else "pass a model, which comes first"
        raise TypeError(f"{what} takes a Module, but got {got}; {do}")


def checked_number(name: str, x: object) -> float:
    try:
        found = number(x)
    except OverflowError:
        raise ValueError(
            f"the state holds a number for {name!r} that is beyond the range of floats; it must be below 1.8e308"
        ) from None
    if found is None:
        raise TypeError(f"the state holds {x!r} for {name!r}; it must be a number")
    return found


def array_content(x: Any) -> Hashable:
    return x.shape, x.dtype.str, x.tobytes()


def _sizes(x: Any) -> str:
    """[3][2] for three lists of two."""
    return f"[{len(x)}]{_sizes(x[0])}" if isinstance(x, (list, tuple)) and x else ""


def _rebuilt(x: Any, new: Mapping[int, Any], given: frozenset[int], memo: dict[int, Any]) -> Any:
    """A copy of x with other Values; whatever holds no parameter is shared, so that its state stays one."""
    if isinstance(x, Value):
        return new.get(id(x), x)
    if isinstance(x, Module):
        if id(x) not in memo:
            copy = memo[id(x)] = object.__new__(type(x))
            for name, y in Module.__getstate__(x).items():
                copy.__dict__[name] = y if name.startswith("_") else _rebuilt(y, new, given, memo)
            copy.__dict__["_given"] = given
        return memo[id(x)]
    level = None if is_array(x) else one_level(x)
    if level is None:
        return x
    children = [_rebuilt(y, new, given, memo) for y in level.children]
    same = all(a is b for a, b in zip(children, level.children, strict=True))
    return x if same else level.kind.unflatten(level.aux, children)
