"""How a row gets into the table, and how pickle finds it there again."""

import copyreg
import functools
import sys
from collections.abc import Callable
from typing import Any

from autograd_lite.core.columns.row import Partial, Partials
from autograd_lite.core.primitives import INTERNAL, PRIMITIVES, Primitive


def row_named(name: str) -> "Primitive":
    """The row of that name, of the table or an internal one (pickle keeps them by name)."""
    if name in INTERNAL:
        return INTERNAL[name]
    if name not in PRIMITIVES:
        raise KeyError(f"the table has no row {name!r}; its rows are {', '.join(PRIMITIVES)}")
    return PRIMITIVES[name]


def is_known(row: "Primitive") -> bool:
    """Whether a row is kept by its name, as those of the library are."""
    return PRIMITIVES.get(row.name) is row or INTERNAL.get(row.name) is row


def check_new_row(name: str, value: object, partials: object, taken: Primitive | None) -> None:
    """Raise where a row cannot be entered into the table; `taken` is the row that has its name."""
    if not name.isidentifier():
        raise ValueError(f"a row is called by its name, but got {name!r}; use letters, digits and underscores")
    if taken is not None:
        raise ValueError(f"the table has a row {name} already, {taken!r}; choose another name")
    if not callable(value) or not (callable(partials) or isinstance(partials, tuple)):
        raise TypeError(
            f"a row has a function as value, and as partials a tuple of functions or one function, but got {value!r} "
            f"and {partials!r}; pass (lambda out, x: ...,) for a row of one operand"
        )


def primitive(
    name: str,
    value: Callable[..., float],
    partials: Partials,
    formula: str = "",
    **columns: Any,
) -> Primitive:
    """A new row, entered into the table: from then on a function on numbers and Values like all others.

    `value` takes floats and gives a float.  `partials` is a tuple of one function of (result, *operands) for each
    operand, written in functions of this library, so that it can be differentiated again and compiled; a number
    where a partial is constant, None where nothing flows back.  For a row of any number of operands it is one
    function of (result, operands) that gives all of them.  `formula` and the other columns, which
    `autograd_lite.core.columns.row` lists, tell drawings, explanations and checks more.

    A row is pickled by import: keep it in a variable of its name in a module.  Raises ValueError where the table has
    the name already, or where it is no name, and TypeError where the partials are neither a tuple nor a function.

    >>> from autograd_lite import cosh, grad, primitive, sinh
    >>> versinh = primitive("versinh", lambda x: cosh(x) - 1.0, (lambda out, x: sinh(x),), "cosh x - 1")
    >>> versinh(0.0), grad(grad(versinh))(0.0)
    (0.0, 1.0)
    """
    check_new_row(name, value, partials, PRIMITIVES.get(name) or INTERNAL.get(name))
    arity = len(partials) if isinstance(partials, tuple) else None
    if isinstance(partials, tuple):
        partials = tuple([float(p) if isinstance(p, int) else p for p in partials])
    row = Primitive(name, arity, value, partials, formula, **columns)
    PRIMITIVES[name] = row
    return row


def slope(
    name: str, value: Callable[..., float], partials: tuple[Partial, ...], formula: str, **columns: Any
) -> Primitive:
    """A row that is a partial of others, for rules alone: its own partials keep their digits."""
    row = INTERNAL[name] = Primitive(name, len(partials), value, partials, formula, **columns)
    return row


def import_path(row: Primitive) -> str | None:
    """Where pickle finds it: `module:name`, if a module of a user's has it in a variable of its name."""
    for rule in (row.value, *(row.partial_rules or (row.partials,))):
        module = getattr(rule, "__module__", None) or ""
        if getattr(sys.modules.get(module), row.name, None) is row and not module.startswith("autograd_lite."):
            return f"{module}:{row.name}"
    return None


def pickled(row: Primitive) -> str | tuple[Any, ...]:
    """A row as pickle and copy write it: by its name where it is known by one."""
    if getattr(sys.modules.get("autograd_lite"), row.name, None) is row:
        public: str = row.name  # in the module that the class claims to be of
        return public
    path = import_path(row)
    if path is not None:
        from pkgutil import resolve_name

        return resolve_name, (path,)
    if is_known(row):
        return row_named, (row.name,)
    parts = (row.name, row.arity, row.value, row.partials, row.formula)
    return functools.partial(Primitive, **row.columns), parts


copyreg.pickle(Primitive, pickled)
