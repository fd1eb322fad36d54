"""`Value`: a number that remembers how it was made.

The top of the engine: a `Node` with its public attributes, Python's operators, and `backward()`.  The four operators
restate their partials for speed; a test proves that they agree with the table.
"""

from typing import Any, Final, cast, final

from mypy_extensions import mypyc_attr

from autograd_lite.core import table
from autograd_lite.core.abstract.tracers import check_differentiable, is_tracing, traced_node
from autograd_lite.core.contexts.modes import WATCH
from autograd_lite.core.copying import clone, deep_copy, restore, state_of
from autograd_lite.core.fast.clock import CLOCK, TICK
from autograd_lite.core.fast.pool import POOL, free, number_node
from autograd_lite.core.graph import CONSTANT, LEAF, PASSED, STATE, TRACED, operands_of
from autograd_lite.core.methods.attributes import label_text, real
from autograd_lite.core.methods.named_rows import as_constant, unsupported
from autograd_lite.core.operands import number
from autograd_lite.core.operators import Operators
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.recording import binary, detached, record
from autograd_lite.core.reverse import backward

BLANK: Final = object()
EACH: Final = "for an array or a list, make a Value of each element"
ADD: Final = table.add
SUB: Final = table.sub
MUL: Final = table.mul
DIV: Final = table.div
NEG: Final = table.neg


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Value(Operators):
    """A scalar that records the operation and the operands that made it.

    >>> x, y = Value(3.0, label="x"), Value(-2.0, label="y")
    >>> z = x * y + x
    >>> z.backward()
    >>> z.data, x.grad, y.grad
    (-3.0, -1.0, 3.0)

    `==` and `<` compare numbers, so that `if x == 0:` works, and give a bool; the hash is the identity.  So lists find
    the first Value that is equal, while sets and dicts tell two Values of one number apart (docs/FAQ.md).

    >>> p, q = Value(1.0), Value(1.0)
    >>> [p, q].index(q), len({p, q})
    (0, 2)

    Raises TypeError where `data` is no real number (an array, a string, a complex) or `label` no text, and for
    PyTorch's `requires_grad`, because every Value has a gradient: one that needs none is a float, or `detach()`.
    """

    __slots__ = ()

    def __init__(self, data: object, label: object = "", *, requires_grad: object = None) -> None:
        super().__init__()
        CLOCK.now += TICK
        self._flags = CLOCK.now
        if data is BLANK:
            return
        x = number(data)
        if x is None:
            do = "it is one already: use it, or its .data" if isinstance(data, Value) else EACH
            x = real(data, "a Value holds one real number", do)
        self._data = x
        if label != "":
            self.label = label_text(label)
        if requires_grad is not None:
            raise TypeError(
                f"every Value has a gradient, but got requires_grad={requires_grad!r}; leave it out, and write a "
                f"float, or v.detach() of a Value v, where no gradient is wanted"
            )

    @classmethod
    def __init_subclass__(cls) -> None:
        # mypyc would raise only at the first instance, with a less clear message.
        raise TypeError(
            f"{cls.__name__} cannot inherit from Value: its results would be plain Values; keep a Value in an attribute"
        )

    # -- gradients

    def detach(self) -> "Value":
        """The same number out of the graph: a constant wherever it is used."""
        if not self._flags & TRACED and not is_tracing():
            return cast(Value, detached(self._data, self._flags))
        result = record(table.stop_gradient, (self,))  # which the program keeps, so that its derivatives know of it
        result._flags |= CONSTANT
        return cast(Value, result)

    def backward(self, gradient: object = 1.0) -> None:
        """Add d(self)/d(leaf) x `gradient` to the `.grad` of every leaf that self depends on.

        Interior Values get the adjoint of this pass.  A second call doubles what the leaves hold.  An
        exception or an interrupt before the end changes no leaf.

        Raises RuntimeError on a result of `detach` or `no_grad`, TypeError where `gradient` is no number.
        """
        seed = real(gradient, "backward takes a number", "pass the gradient of what follows, 1.0 for none")
        check_differentiable(self, "backward")
        if STATE.paused and (watch := WATCH.get()) is not None:
            watch.saw_backward(self, seed)
        backward(self, seed)

    def apply(self, row: Primitive, operands: tuple[object, ...]) -> Any:
        """Apply a row of the table, at least one of whose operands is a Value."""
        return record(row, operands)

    # -- operators: x + y, and 1.0 + y, where Python asks the right operand; the partial in a number is never read

    def __add__(self, other: object) -> Any:
        x = other if isinstance(other, Value) else as_constant(other)
        return unsupported(other) if x is None else binary(ADD, self._data + x._data, self, x, 1.0, 1.0)

    def __radd__(self, other: object) -> Any:
        x = as_constant(other)
        return unsupported(other) if x is None else binary(ADD, x._data + self._data, x, self, 1.0, 1.0)

    def __iadd__(self, other: object) -> Any:
        if isinstance(other, Value):  # a sum that grows in a loop
            return binary(ADD, self._data + other._data, self, other, 1.0, 1.0)
        self.check_assigned(other, "+=")
        return self + other

    def __sub__(self, other: object) -> Any:
        x = other if isinstance(other, Value) else as_constant(other)
        return unsupported(other) if x is None else binary(SUB, self._data - x._data, self, x, 1.0, -1.0)

    def __rsub__(self, other: object) -> Any:
        x = as_constant(other)
        return unsupported(other) if x is None else binary(SUB, x._data - self._data, x, self, 1.0, -1.0)

    def __mul__(self, other: object) -> Any:
        x = other if isinstance(other, Value) else as_constant(other)
        return unsupported(other) if x is None else binary(MUL, self._data * x._data, self, x, x._data, self._data)

    def __rmul__(self, other: object) -> Any:
        x = as_constant(other)
        return unsupported(other) if x is None else binary(MUL, x._data * self._data, x, self, self._data, x._data)

    def __truediv__(self, other: object) -> Any:
        if isinstance(other, Value):
            x = other._data
            if x == 0.0:  # which raises, and names the operation and the operands
                return record(DIV, (self, other))
            out = self._data / x
            return binary(DIV, out, self, other, 1.0 / x, -out / x)
        return self.with_number(DIV, other)

    def __rtruediv__(self, other: object) -> Any:
        return self.reflected(DIV, other)

    def __neg__(self) -> Any:
        return binary(NEG, -self._data, self, None, -1.0, 0.0)

    # -- copies, and the end

    def blank(self) -> "Value":
        """A new Value that is still to be filled."""
        return Value(BLANK)

    def __copy__(self) -> "Value":
        return cast(Value, clone(self, operands_of(self)))

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        return cast(Value, deep_copy(self, memo))

    def __reduce__(self) -> tuple[object, ...]:
        return Value, (0.0,), state_of(self)

    def __setstate__(self, state: Any) -> None:
        restore(self, state)

    def __del__(self) -> None:
        free(self)


POOL.prototype = Value(0.0)


def constant(x: float) -> Value:
    """A number as an operand: visible in drawings, but nothing flows into it."""
    return cast(Value, number_node(x, CONSTANT))


def passed_on(x: float) -> Value:
    """A float as a transform passes it on to its function: a constant, so that `**`, `%` and `//` are the table's."""
    return cast(Value, number_node(float(x), CONSTANT | PASSED))  # np.float64 warns where a float raises


def traced(flags: int, row: Primitive = LEAF) -> Value:
    """A Value without a number: an input of a program."""
    return cast(Value, traced_node(flags, row))
