"""What a Value holds and how it prints: data, grad, op, parents, label.

Between `graph` and `operators`.  The slots of a node are plain; here stands what users may read and assign.
"""

from typing import Any

from mypy_extensions import mypyc_attr

from autograd_lite.core.concretization import READ_LATER, RUNNING, complain
from autograd_lite.core.graph import (
    LEAF,
    REACHED,
    STATE,
    TRACED,
    Extra,
    Node,
    operands_of,
    partials_of,
    stamp,
)
from autograd_lite.core.primitives import Primitive, number


def label_text(label: object) -> str:
    """The label, if it is one."""
    if not isinstance(label, str):
        raise TypeError(
            f"a label is text, but got {label!r} of type {type(label).__name__}; pass str() of it, or nothing"
        )
    return label


@mypyc_attr(acyclic=True)
class Attributes(Node):
    """The public attributes of a Value."""

    __slots__ = ()

    @property
    def data(self) -> float:
        """The number.  Assigning it does not change the gradient of graphs already built from it."""
        if self._flags & TRACED:
            complain("its number was asked for (.data)")
        if self.is_read_later():
            complain("its number was asked for (.data), which would freeze it", READ_LATER)
        return self._data

    @data.setter
    def data(self, value: object) -> None:
        x = number(value)
        if x is None:
            raise TypeError(
                f"data is one real number, but got {value!r} of type {type(value).__name__}; assign a float, "
                f"such as v.data of a Value v"
            )
        if self._flags & TRACED:
            complain("its number was assigned (.data)")
        if self.is_read_later():
            complain("its number was assigned (.data)", READ_LATER)
        STATE.assigned += 1
        stamp(self)
        self._data = x

    def is_read_later(self) -> bool:
        """Whether it depends on a Value that the function of a running trace closes over."""
        return STATE.tracing > 0 and RUNNING.trace is not None and bool(RUNNING.trace.reads(self))

    @property
    def grad(self) -> float:
        """The gradient: summed over passes in a leaf, of the newest pass elsewhere; 0.0 at first."""
        return self._grad

    @grad.setter
    def grad(self, value: object) -> None:
        x = number(value)
        if x is None:
            raise TypeError(
                f"grad is one real number, but got {value!r} of type {type(value).__name__}; "
                f"assign a float, or call zero_grad() to clear it"
            )
        self._grad = x
        self._flags |= REACHED

    @property
    def has_grad(self) -> bool:
        """Whether a reverse pass has reached this Value since it was made or cleared."""
        return bool(self._flags & REACHED)

    def zero_grad(self) -> None:
        """Set the gradient back to 0.0 and to "not computed"."""
        self._grad = 0.0
        self._flags &= ~REACHED

    @property
    def is_traced(self) -> bool:
        """Whether it stands for a number that is not known yet, while a program is traced."""
        return bool(self._flags & TRACED)

    @property
    def op(self) -> str:
        """The name of the row that made it; "" for a leaf, "constant" for a number, "detached"."""
        return self._row.name

    @property
    def row(self) -> Primitive:
        """The row of the table that made it."""
        return self._row

    @property
    def parents(self) -> tuple[Any, ...]:
        """The operands, in order."""
        return operands_of(self)

    @property
    def partials(self) -> tuple[float | None, ...]:
        """The local partials as recorded, aligned with `parents`; None where nothing flows."""
        return tuple(partials_of(self))

    @property
    def label(self) -> str:
        """A name for printing and drawing."""
        extra = self._extra
        return "" if extra is None else extra.label

    @label.setter
    def label(self, label: object) -> None:
        text = label_text(label)  # refused before anything is changed
        if self._extra is None:
            self._extra = Extra()
        self._extra.label = text

    # micrograd's names, for its drawing cell
    @property
    def _prev(self) -> set[Any]:
        return set(self.parents)

    @property
    def _op(self) -> str:
        return self._row.label if self.parents else ""

    def item(self) -> float:
        """The number, as PyTorch says it."""
        return self.data

    # -- printing

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
