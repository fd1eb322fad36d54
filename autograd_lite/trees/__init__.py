"""The one pytree: nested containers of numbers, taken apart into leaves and a treedef, and put together again.

`registry` lists the containers, `nested_lists` takes lists of equal lengths apart fast, `treedef` is the structure,
and `pytree` takes any of them apart.  `paths` names what is inside.
"""

from autograd_lite.trees.array_leaves import is_array, is_foreign_array
from autograd_lite.trees.paths import joined
from autograd_lite.trees.pytree import flatten, flatten_numbers, tree_map
from autograd_lite.trees.registry import item_name, register_pytree_node, summary
from autograd_lite.trees.treedef import PyTreeDef

__all__ = [
    "PyTreeDef", "flatten", "flatten_numbers", "is_array", "is_foreign_array", "item_name", "joined",
    "register_pytree_node", "summary", "tree_map",
]  # fmt: skip
