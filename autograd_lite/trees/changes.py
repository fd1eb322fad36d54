"""Whether a function changes what it was given: a traced or differentiated function gets copies of its arguments."""

from operator import is_
from typing import Any

from autograd_lite.support.user_lines import warn
from autograd_lite.trees.array_leaves import is_array
from autograd_lite.trees.pytree import flatten
from autograd_lite.trees.registry import MODULE


class Content:
    """What is in a pytree: its structure without Modules, its leaves, and the elements of its arrays."""

    def __init__(self, x: Any) -> None:
        leaves, self.treedef = flatten(x, whole=True)
        self.nodes = [node for node in self.treedef.nodes if node.kind is not MODULE]
        self.elements = [y.ravel().tolist() if is_array(y) else [y] for y in leaves]

    def change(self, now: "Content", name: str) -> str:
        """The name of the first part that is another than before; nothing where there is none."""
        for i, (one, other) in enumerate(zip(self.elements, now.elements, strict=False)):
            if len(one) == len(other) and not all(map(is_, one, other)):
                return self.treedef.leaf_name(name, i)
        return "" if self.nodes == now.nodes else name


def tell_change(x: Any, before: Content, name: str, function: str) -> None:
    """Warn where a function changed an argument: it was a copy, and that of the caller stays as it was."""
    where = before.change(Content(x), name)
    if where:
        place = "" if where == name else f", at {where}"
        warn(
            f"{function} changes its argument {name}{place}, but compiled it gets a copy of it, and the change is lost "
            f"to the caller; copy it first, as with list({name}) or {name}.copy(), and return what is new"
        )
