"""The arguments of a call taken apart in a few microseconds: the pieces of `arguments`, and a key for their structure.

Calls with one key have one structure, though a structure may have several keys.  What is seldom an argument is left to
`arguments`: deep containers, classes derived from arrays, lists that are mapped over samples.
"""

from collections.abc import Sequence
from typing import Any, Final

from autograd_lite.core.operands import Operand, number
from autograd_lite.trees.registry import ARRAY, MODULE, REGISTRY, SAMPLES, ModuleStructure, kind_of

DEEPEST: Final = 16
REAL_KINDS: Final = "fiub"


class FastArguments:
    """The pieces of a call and its key; without a key where `arguments` has to look."""

    def __init__(
        self, args: tuple[object, ...], kwargs: dict[str, object], mapped: list[bool], array: object, dtype: Any
    ) -> None:
        """`mapped` tells of each argument whether it is mapped over samples, the last for all after it."""
        self.data: list[Any] = []
        self.parts: list[object] = []
        self.has_values = False
        self.array, self.dtype = array, dtype
        self.numbers: list[float] = []
        self.is_run = False  # whether the last piece is a run of numbers, which the next number joins
        known = True
        for i in range(len(args)):
            x = args[i]
            self.is_run = False
            if mapped[min(i, len(mapped) - 1)] and type(x) is not array:
                self.has_values |= isinstance(x, Operand)
                known = False
            elif not self.add(x, 0):
                known = False
        if kwargs:
            for name in sorted(kwargs):
                self.is_run = False
                self.parts.append(name)
                if not self.add(kwargs[name], 0):
                    known = False
        self.key: tuple[object, ...] | None = tuple(self.parts) if known else None

    def add(self, x: Any, depth: int) -> bool:
        """Whether x is taken apart."""
        kind = type(x)
        if kind is float:
            self.parts.append(float)
            self.add_number(x)
            return True
        if kind is self.array:
            return self.add_array(x)
        if kind is list or kind is tuple:
            return self.add_items(kind, None, x, depth)
        if isinstance(x, Operand):
            self.has_values = True
            return False
        if kind is dict:
            keys = tuple(x)
            for key in keys:
                if type(key) is not str:
                    return False
            return self.add_items(dict, keys, list(x.values()), depth)
        if hasattr(kind, "pytree_structure"):
            return self.add_module(x, x.pytree_structure())
        found = number(x) if kind not in REGISTRY else None
        if found is not None:
            self.parts.append(float)
            self.add_number(found)
            return True
        return self.add_container(x, depth)

    def add_number(self, x: float) -> None:
        if self.is_run:
            self.numbers.append(x)
        else:
            self.is_run = True
            self.numbers = [x]
            self.data.append(self.numbers)

    def add_array(self, x: Any) -> bool:
        dtype = x.dtype
        if dtype is not self.dtype:
            if dtype.kind not in REAL_KINDS:
                return False
            x = x.astype(self.dtype)
        self.is_run = False
        self.parts.append(x.shape)
        self.data.append(x)
        return True

    def add_items(self, kind: object, aux: object, items: Any, depth: int) -> bool:
        parts = self.parts
        parts.append(kind)
        parts.append(aux)
        parts.append(len(items))
        for x in items:
            if type(x) is float:
                parts.append(float)
                self.add_number(x)
            elif depth == DEEPEST or not self.add(x, depth + 1):
                return False
        return True

    def add_container(self, x: Any, depth: int) -> bool:
        kind = kind_of(x)
        if kind is None or kind is ARRAY or kind is SAMPLES:
            return False
        flattened: tuple[Sequence[object], Any] = kind.flatten(x)
        children, aux = flattened
        return self.add_module(x, aux) if kind is MODULE else self.add_items(kind, aux, children, depth)

    def add_module(self, x: Any, structure: ModuleStructure) -> bool:
        if getattr(x, "_given", None):  # its parameters are Values of a transform that runs
            self.has_values = True
            return False
        self.parts.append(structure)
        if structure.parameters:
            self.is_run = False
            self.data.append(structure.numbers)
        return True
