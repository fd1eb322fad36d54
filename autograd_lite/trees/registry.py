"""The containers that a pytree is made of: for each kind, how to take it apart and how to put it together."""

import sys
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple, TypeGuard, TypeVar, cast

from autograd_lite.core.fast.layers import ValueNumbers
from autograd_lite.core.operands import Operand
from autograd_lite.trees.array_leaves import array_of, elements, is_array, is_foreign_array
from autograd_lite.trees.exact_keys import Auxiliary, attributes_of, exact, keys_of
from autograd_lite.trees.nested_lists import is_leaf
from autograd_lite.trees.paths import check_distinct

T = TypeVar("T")
Parts = tuple[Sequence[Any], Hashable]
"""The children of a container, and what else it consists of, which has to be the same for the same structure."""


class Kind:
    """A kind of container, one object for each: how it is taken apart, put together, and described in messages.

    `key` is how Python writes the way to the i-th child, `words` describes a container of some size.
    """

    __slots__ = ("flatten", "key", "name", "unflatten", "words")

    def __init__(
        self,
        name: str,
        flatten: Callable[[Any], Parts],
        unflatten: Callable[[Any, Sequence[Any]], Any],
        key: Callable[[Any, int], str] = lambda aux, i: f"[{i}]",
        words: Callable[[Any, int], str] | None = None,
    ) -> None:
        self.name, self.flatten, self.unflatten, self.key = name, flatten, unflatten, key
        self.words = words or (lambda aux, size: f"a {self!r} of {size}")
        KINDS[name] = self

    def __repr__(self) -> str:
        return self.name.rpartition(".")[2]

    def __reduce__(self) -> tuple[Any, ...]:
        return kind_named, (self.name,)


KINDS: dict[str, Kind] = {}
"""Every kind by its name; that of a class of the user's is its import path."""


def kind_named(name: str) -> Kind:
    return KINDS[name]


class Samples:
    """A pytree of one sample that represents a whole batch while a mapped function is traced."""

    def __init__(self, content: Any) -> None:
        self.content = content


class ModuleStructure:
    """What a program of a Module is made for: the Module, the names of its parameters, and its settings."""

    __slots__ = ("_hash", "module", "names", "numbers", "parameters", "places", "settings")

    def __init__(
        self,
        module: Any,
        names: tuple[str, ...],
        numbers: ValueNumbers,
        settings: Hashable,
        places: Sequence[str] = (),
    ) -> None:
        self.module, self.names, self.numbers, self.settings = module, names, numbers, settings
        self.parameters = numbers.values
        self.places = places  # the paths of the settings, for messages
        self._hash = hash((id(module), settings))

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, ModuleStructure)
            and self.module is other.module
            and (self.names, self.settings) == (other.names, other.settings)  # fast where they are the same objects
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"{type(self.module).__name__}({', '.join(self.names)})"


PLAIN = (bool, int, float, complex, str, bytes)
"""The types of settings that an object which is no Module of this library is compared by."""


def structure_of(module: Any) -> ModuleStructure:
    """The structure of a Module, which knows it, or of another object that has `named_parameters`.

    Settings of such an object are its mode, and the numbers and words that it holds in attributes: not what is in
    containers or other objects there.
    """
    if hasattr(module, "pytree_structure"):
        return module.pytree_structure()  # type: ignore[no-any-return]
    named = list(module.named_parameters())
    names, values = [name for name, _ in named], [x for _, x in named]
    check_distinct(names, values, type(module).__name__)
    plain = {name: x for name, x in (attributes_of(module) or {}).items() if x is None or isinstance(x, PLAIN)}
    plain["training"] = getattr(module, "training", None)
    settings = (len(named), *[(name, exact(x)) for name, x in plain.items()])
    return ModuleStructure(module, tuple(names), ValueNumbers(values), settings, ["", *plain])


def record_fields(x: Any) -> Parts:
    """The fields of a dataclass or of a class that attrs made, which needs no import of attrs."""
    cls = type(x)
    is_dataclass = hasattr(cls, "__dataclass_fields__")
    names = tuple([f.name for f in (sys.modules["dataclasses"].fields(cls) if is_dataclass else cls.__attrs_attrs__)])
    return [getattr(x, name) for name in names], (cls, names)


def instance(aux: tuple[type, tuple[str, ...]], children: Sequence[Any]) -> Any:
    """An instance with these fields; its `__init__`, which may check or convert numbers, does not run."""
    cls, names = aux
    result: Any = object.__new__(cls)
    for name, child in zip(names, children, strict=True):
        object.__setattr__(result, name, child)
    return result


LIST = Kind("list", lambda x: (x, None), lambda _, children: list(children))
TUPLE = Kind("tuple", lambda x: (x, None), lambda _, children: tuple(children))
NAMED_TUPLE = Kind(
    "namedtuple", lambda x: (x, cast(Hashable, type(x))), lambda cls, children: cls(*children),
    words=lambda cls, size: f"a tuple of {size}",
)  # fmt: skip
DICT = Kind(
    "dict", lambda x: (list(x.values()), keys_of(x)), lambda keys, children: dict(zip(keys, children, strict=True)),
    lambda keys, i: f"[{keys[i]!r}]", lambda keys, size: f"a dict with the keys {list(keys)}",
)  # fmt: skip
RECORD = Kind(
    "record", record_fields, instance, lambda aux, i: f".{aux[1][i]}", lambda aux, size: f"a {aux[0].__name__}"
)
SAMPLES = Kind(
    "samples", lambda x: ([x.content], None), lambda _, children: Samples(*children), lambda _, i: "",
    lambda _, size: "what is mapped over samples",
)  # fmt: skip
STATIC = Kind("static", lambda x: ((), x), lambda x, _: x, words=lambda x, size: repr(x))
MODULE = Kind(
    "module", lambda x: ((s := structure_of(x)).parameters, s),
    lambda s, children: dict(zip(s.names, children, strict=True)),
    lambda s, i: f".{s.names[i]}", lambda s, size: DICT.words(s.names, size),
)  # fmt: skip
ARRAY = Kind(
    "array", lambda x: (elements(x, "array"), tuple(x.shape)), lambda shape, children: array_of(children, shape),
    words=lambda shape, size: f"an array of shape {shape}",
)  # fmt: skip

WHOLE = (ARRAY, MODULE)
"""What is a leaf by itself to a compiled function."""

REGISTRY: dict[type, Kind] = {
    list: LIST, tuple: TUPLE, dict: DICT, Samples: SAMPLES, str: STATIC, type(None): STATIC,
}  # fmt: skip


def register_pytree_node(
    cls: type[T], flatten: Callable[[T], Parts], unflatten: Callable[[Any, Sequence[Any]], T]
) -> None:
    """Make the instances of a class containers: of arguments, results and gradients.

    `flatten(x)` gives the children of x, which are numbers or containers again, and auxiliary data, which is hashable
    and the same for all of one structure; `unflatten(aux, children)` makes an instance of them.  The children are
    Values while a function is differentiated or traced, so it must not convert them.  Raises ValueError on a
    class that is registered already.

    >>> from autograd_lite import grad
    >>> class Interval:
    ...     def __init__(self, low, high):
    ...         self.low, self.high = low, high
    >>> register_pytree_node(Interval, lambda x: ((x.low, x.high), None), lambda _, ends: Interval(*ends))
    >>> slope = grad(lambda x: x.low * x.high)(Interval(2.0, 5.0))
    >>> slope.low, slope.high
    (5.0, 2.0)
    """
    if not isinstance(cls, type):
        raise TypeError(f"register_pytree_node takes a class, but got {cls!r}; pass the class of your containers")
    if cls in REGISTRY or issubclass(cls, Operand):
        raise ValueError(f"{cls.__name__} is known to pytrees already; register a class of your own, once")
    for f in (flatten, unflatten):
        if not callable(f):
            raise TypeError(f"register_pytree_node takes two functions, but got {f!r}; pass flatten and unflatten")

    def taken_apart(x: T) -> Parts:
        children, aux = flatten(x)
        return children, Auxiliary(aux)

    REGISTRY[cls] = Kind(
        f"{cls.__module__}.{cls.__qualname__}", taken_apart, lambda aux, children: unflatten(aux.content, children)
    )


def kind_of(x: object) -> Kind | None:
    cls = type(x)
    if cls in REGISTRY:
        return REGISTRY[cls]
    if isinstance(x, tuple):
        return NAMED_TUPLE if hasattr(x, "_fields") else TUPLE
    for base in (list, dict, str):
        if isinstance(x, base):
            return REGISTRY[base]
    if is_array(x):
        REGISTRY[cls] = ARRAY  # found sooner the next time
        return ARRAY
    if is_module(x):
        return MODULE
    return RECORD if hasattr(cls, "__dataclass_fields__") or hasattr(cls, "__attrs_attrs__") else None


class Level(NamedTuple):
    """A container taken apart into its children."""

    kind: Kind
    children: Sequence[Any]
    aux: Any


def one_level(x: object) -> Level | None:
    kind = None if is_leaf(x) else kind_of(x)
    return None if kind is None else Level(kind, *kind.flatten(x))


def is_module(x: object) -> TypeGuard[Any]:
    """Whether x is a Module: something that names its parameters, not a class of such things."""
    return callable(getattr(type(x), "named_parameters", None))


def summary(x: Any) -> str:
    """A value in a few words, for messages."""
    kind = kind_of(x)
    if isinstance(x, (list, tuple, dict)) and kind is not None:
        return kind.words(tuple(x), len(x))
    if is_array(x) or is_foreign_array(x):
        return ARRAY.words(tuple(x.shape), 0)
    text = repr(x)
    return f"{text if len(text) <= 60 else text[:57] + '...'} of type {type(x).__name__}"


def item_name(name: str, *key: object) -> str:
    """What an item of a container is called; one of an array has as many keys as that has axes.

    >>> item_name("w", 2), item_name("params", "w"), item_name("X", 0, 1)
    ('w[2]', "params['w']", 'X[0, 1]')
    """
    return f"{name}[{', '.join(map(repr, key))}]" if key else name
