"""Hypothesis strategies for Values, for the operands of a row, and for floats by their spacing.

from autograd_lite import cosh
from autograd_lite.testing import operands

@given(operands(cosh))
def test_cosh_is_at_least_1(xs):
    assert cosh(*xs) >= 1.0
"""

from hypothesis import strategies as st

from autograd_lite.core.columns.constants import TINY
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.value import Value
from autograd_lite.testing.domains import intervals, is_defined
from autograd_lite.testing.precision import LARGEST, SMALLEST, float_at, next_float, position

SPECIAL = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 10.0, 100.0, TINY, SMALLEST, 2.0**53, LARGEST)
"""Where functions tend to have something special; their neighbours and negatives are drawn too."""


def floats_by_spacing(low: float = -LARGEST, high: float = LARGEST) -> st.SearchStrategy[float]:
    """Floats between two bounds: everyday ones, all of them by their spacing, and special ones and their neighbours.

    By spacing means that each float is as likely as any other, so half of them are smaller than 1 in
    magnitude and subnormals come up.  Shrinks towards everyday numbers.
    """
    special = sorted({
        y for x in SPECIAL for s in (-x, x) for y in (next_float(s, -1), s, next_float(s)) if low <= y <= high
    })  # fmt: skip
    choices = [st.floats(max(low, -10.0), min(high, 10.0))] if low <= 10.0 and high >= -10.0 else []
    choices.append(st.integers(position(low), position(high)).map(float_at))
    if special:
        choices.append(st.sampled_from(special))
    return st.one_of(choices)


def operands(row: Primitive, max_size: int = 6) -> st.SearchStrategy[list[float]]:
    """Operands at which a row has a finite value, over its whole domain.

    A row of any number of operands gets up to `max_size` of them (dot twice as many).
    """

    def drawn(count: int) -> st.SearchStrategy[list[float]]:
        bounds = enumerate(intervals(row, count))
        return st.tuples(*[
            st.integers(int(low), int(high)).map(float) if i in row.whole else floats_by_spacing(low, high)
            for i, (low, high) in bounds
        ]).map(list)  # fmt: skip

    many = st.integers(1, max_size).flatmap(lambda n: drawn(row.sequences * n))
    found = many if row.arity is None else drawn(row.arity)
    return found.filter(lambda xs: is_defined(row, xs))


def values(
    elements: st.SearchStrategy[float] | None = None, labels: st.SearchStrategy[str] | None = None
) -> st.SearchStrategy[Value]:
    """Fresh leaves holding a number of `elements` (finite by spacing, unless told), some with a label."""
    numbers = floats_by_spacing() if elements is None else elements
    names = st.sampled_from(["", "x", "weight"]) if labels is None else labels
    return st.builds(Value, numbers, label=names)


def register() -> None:
    """Let `st.from_type(Value)` draw from `values()`: hypothesis calls this when it is imported itself."""
    st.register_type_strategy(Value, lambda _: values())
