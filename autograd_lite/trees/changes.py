"""Whether a function changes what it was given: a traced or differentiated function gets copies of its arguments."""

from collections import deque
from operator import is_
from typing import Any

from autograd_lite.core.value import Value
from autograd_lite.support.user_lines import warn
from autograd_lite.trees.array_leaves import is_array, objects_in
from autograd_lite.trees.exact_keys import attributes_of, exact
from autograd_lite.trees.paths import inner_path
from autograd_lite.trees.pytree import flatten
from autograd_lite.trees.registry import MODULE, is_module
from autograd_lite.trees.treedef import LEAF

NUMBERS = (bool, int, float, complex, bytes)


class Content:
    """What is in a pytree: its structure, its leaves, the elements of its arrays, and the attributes of its objects.

    Objects are Modules, and plain objects that these hold; `seen` are those that were found already, by identity.
    """

    def __init__(self, x: Any, seen: set[int] | None = None) -> None:
        try:
            leaves, self.treedef = flatten(x, whole=True)
        except ValueError:  # an attribute that holds itself
            leaves, self.treedef = [x], LEAF
        self.nodes = [node for node in self.treedef.nodes if node.kind is not MODULE]
        self.elements = list(map(elements_of, leaves))
        held = seen is not None
        seen = set() if seen is None else seen
        self.objects: list[dict[str, Content]] = []
        for y in leaves:
            found = attributes(y, held) if id(y) not in seen else {}
            seen.add(id(y))
            self.objects.append({name: Content(z, seen) for name, z in found.items()})

    def change(self, now: "Content", name: str) -> str:
        """The name of the first part that is another than before; nothing where there is none."""
        for i, (one, other) in enumerate(zip(self.elements, now.elements, strict=False)):
            if len(one) != len(other) or not (all(map(is_, one, other)) or all(map(is_same_element, one, other))):
                return self.treedef.leaf_name(name, i) if self.nodes == now.nodes or len(one) == len(other) else name
        for i, (before, after) in enumerate(zip(self.objects, now.objects, strict=False)):
            for key in [*before, *(key for key in after if key not in before)]:
                place = inner_path(self.treedef.leaf_name(name, i), key)
                if key not in before or key not in after:
                    return place
                if where := before[key].change(after[key], place):
                    return where
        return "" if self.nodes == now.nodes else name


def attributes(x: Any, held: bool) -> dict[str, Any]:
    """What a function can change in an object: a Module, or a plain object that one holds."""
    if isinstance(x, (Value, *NUMBERS)) or is_array(x):
        return {}
    if not is_module(x):
        return (attributes_of(x) or {}) if held else {}
    if hasattr(x, "pytree_structure"):
        return x._changeable()  # type: ignore[no-any-return]
    return {"training": getattr(x, "training", None), **(attributes_of(x) or {})}


def elements_of(x: Any) -> list[Any]:
    if isinstance(x, Value):
        return [x, x.has_grad]
    if is_array(x):
        return objects_in(x) if x.dtype == object else [x.dtype, x.tobytes()]
    return [*x] if isinstance(x, (set, deque, bytearray)) else [x]


def is_same_element(x: Any, y: Any) -> bool:
    """Whether two elements are one object, or the same number to the bit."""
    return x is y or (type(x) is type(y) and isinstance(x, NUMBERS) and exact(x) == exact(y))


def tell_change(x: Any, before: Content, name: str, function: str) -> None:
    """Warn where a function changed an argument: it was a copy, and that of the caller stays as it was."""
    where = before.change(Content(x), name)
    if where:
        place = "" if where == name else f", at {where}"
        lost, do = "gets a copy of it, and the change is lost to the caller", f"copy it first, as with list({name}) or"
        do = f"{do} {name}.copy(), and return what is new"
        if any(before.objects):
            lost = "runs once, on a copy of it, and no call changes that of the caller"
            do = f"return what is new, and change {name} after the call"
        warn(f"{function} changes its argument {name}{place}, but compiled it {lost}; {do}")
