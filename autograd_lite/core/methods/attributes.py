"""What a Value tells of itself: its number, its gradient, its label, and how it was made.

Above `graph`.  What was recorded cannot be assigned, and a number that a program reads later cannot be read now.
"""

from typing import Any

from mypy_extensions import mypyc_attr

from autograd_lite.core.abstract.tracers import check_number
from autograd_lite.core.fast.clock import note_assigned
from autograd_lite.core.graph import LEAF, REACHED, STATE, TRACED, Extra, Node, operands_of, partials_of
from autograd_lite.core.operands import number
from autograd_lite.core.primitives import Primitive


def real(x: object, what: str, do: str) -> float:
    """x as a float; TypeError where it is no real number."""
    found = number(x)
    if found is None:
        raise TypeError(f"{what}, but got {x!r} of type {type(x).__name__}; {do}")
    return found


def label_text(label: object) -> str:
    """The label, if it is one."""
    if not isinstance(label, str):
        raise TypeError(
            f"a label is text, but got {label!r} of type {type(label).__name__}; pass str() of it, or nothing"
        )
    return label


def assignment_error(name: str) -> AttributeError:
    """The error where what a Value knows of itself is assigned."""
    do = "assign grad, or call zero_grad()" if name == "has_grad" else "compute another Value, or assign its data"
    return AttributeError(f"{name} was assigned, but it is what was recorded of a Value; {do}")


@mypyc_attr(acyclic=True)
class Attributes(Node):
    """The attributes of a Value."""

    __slots__ = ()

    @property
    def data(self) -> float:
        """The number.  Assigning it does not change the gradient of graphs already built from it."""
        check_number(self, "its number was asked for (.data)", freezes=", which would freeze it")
        return self._data

    @data.setter
    def data(self, value: object) -> None:
        x = real(value, "data is one real number", "assign a float, such as v.data of a Value v")
        check_number(self, "its number was assigned (.data)")
        STATE.assigned += 1
        note_assigned(self)
        self._data = x

    @property
    def grad(self) -> float:
        """The gradient: summed over passes in a leaf, of the newest pass elsewhere; 0.0 at first."""
        return self._grad

    @grad.setter
    def grad(self, value: object) -> None:
        self._grad = real(value, "grad is one real number", "assign a float, or call zero_grad() to clear it")
        self._flags |= REACHED

    @property
    def has_grad(self) -> bool:
        """Whether a reverse pass has reached this Value since it was made or cleared."""
        return bool(self._flags & REACHED)

    @has_grad.setter
    def has_grad(self, value: object) -> None:
        raise assignment_error("has_grad")

    def zero_grad(self) -> None:
        """Set the gradient back to 0.0 and to "not computed"."""
        self._grad = 0.0
        self._flags &= ~REACHED

    @property
    def label(self) -> str:
        """A name for printing and drawing."""
        return "" if self._extra is None else self._extra.label

    @label.setter
    def label(self, label: object) -> None:
        text = label_text(label)  # refused before anything is changed
        if self._extra is None:
            self._extra = Extra()
        self._extra.label = text

    @property
    def is_traced(self) -> bool:
        """Whether its number is not known yet, while a program is traced."""
        return bool(self._flags & TRACED)

    @is_traced.setter
    def is_traced(self, value: object) -> None:
        raise assignment_error("is_traced")

    @property
    def op(self) -> str:
        """The name of the row that made it; "" for a leaf, "constant" for a number, "detached"."""
        return self._row.name

    @op.setter
    def op(self, value: object) -> None:
        raise assignment_error("op")

    @property
    def row(self) -> Primitive:
        """The row of the table that made it."""
        return self._row

    @row.setter
    def row(self, value: object) -> None:
        raise assignment_error("row")

    @property
    def parents(self) -> tuple[Any, ...]:
        """The operands, in order."""
        return operands_of(self)

    @parents.setter
    def parents(self, value: object) -> None:
        raise assignment_error("parents")

    @property
    def partials(self) -> tuple[float | None, ...]:
        """The local partials as recorded, aligned with `parents`; None where nothing flows.

        Of a call with a rule of its own, what the rule makes of an adjoint of 1; nan where it has several outputs.
        """
        of_payload = getattr(self._row.payload, "partials", None)
        return tuple(partials_of(self) if of_payload is None else of_payload(self))

    @partials.setter
    def partials(self, value: object) -> None:
        raise assignment_error("partials")

    # micrograd's names, for its drawing cell
    @property
    def _prev(self) -> set[Any]:
        return set(self.parents)

    @property
    def _op(self) -> str:
        return self._row.label if self.parents else ""

    def item(self) -> float:
        """The number, under PyTorch's name."""
        return self.data

    def __repr__(self) -> str:
        parts = ["traced" if self._flags & TRACED else f"data={self._data!r}"]
        if self._flags & REACHED:
            parts.append(f"grad={self._grad!r}")
        if self._row is not LEAF:
            parts.append(f"op={self._row.name!r}")
        if self.label:
            parts.append(f"label={self.label!r}")
        return f"Value({', '.join(parts)})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)
