"""Ball arithmetic: what comes out holds the value in 60 digits for every number in the operands, row by row."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from precision import unsigned_zeros
from reference import MP, exact_value

from autograd_lite import PRIMITIVES, primitive
from autograd_lite.core import table
from autograd_lite.core.table.special_functions import digamma
from autograd_lite.testing import operands
from autograd_lite.testing.balls import Ball, BallArithmetic, NoBall
from autograd_lite.testing.domains import is_defined

flint = pytest.importorskip("flint")
arb = flint.arb

ROWS = list(PRIMITIVES.values())
RELATIVE = MP.mpf(10) ** -40  # what the reference may be off, and what of its results underflows to 0
TINY = MP.mpf(10) ** -5000


@pytest.fixture
def taken_back():
    """Rows that a test enters are taken out of the table after it."""
    before = set(PRIMITIVES)
    yield
    for name in set(PRIMITIVES) - before:
        del PRIMITIVES[name]


def holds(found, want):
    """Whether an interval holds a number that is known to some 60 digits."""
    with flint.ctx.workprec(400):
        slack = abs(want) * RELATIVE + TINY
        sign, mantissa, exponent, _ = (want - slack)._mpf_
        low = arb((-int(mantissa) if sign else int(mantissa), int(exponent)))
        sign, mantissa, exponent, _ = (want + slack)._mpf_
        return found.overlaps(low.union(arb((-int(mantissa) if sign else int(mantissa), int(exponent)))))


def at(row, xs, precision=53):
    """A row at balls or floats."""
    arithmetic = BallArithmetic(precision)
    with arithmetic.context():
        balls = [Ball(x, arithmetic) if isinstance(x, arb) else arithmetic.exact(x) for x in xs]
        return arithmetic.value(row, balls)


def misses(row, xs, precision=53):
    """Whether the interval of a row does not hold its value at floats; few bits need not prove that it exists."""
    xs = unsigned_zeros(row, xs)
    found = at(row, xs, precision).arb
    want = exact_value(row, xs)
    return precision >= 200 if found.is_nan() else MP.isfinite(want) and not holds(found, want)


@st.composite
def inside(draw, row):
    """Intervals as operands of a row, and a number in each."""
    xs = draw(operands(row))
    if len(xs) > 1 and not row.whole and draw(st.booleans()):  # intervals that overlap
        xs[1] = xs[0] + draw(st.sampled_from([0.0, 0.25, -0.25])) * abs(xs[0])
        assume(is_defined(row, xs))
    scale, size = st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1e-9, 1e-3, 0.5, 3.0])
    balls = []
    for i, x in enumerate(xs):
        width = 0.0 if i in row.whole else draw(size) * max(abs(x), draw(scale))
        low, high = x - draw(st.sampled_from([0.0, 0.5, 1.0])) * width, x + draw(st.sampled_from([0.0, 1.0])) * width
        assume(math.isfinite(low) and math.isfinite(high))
        balls.append(arb(low).union(arb(high)))
    return balls, xs


def misses_inside(row, balls, within):
    """Whether the interval at intervals misses the value at numbers in them."""
    found = at(row, balls).arb
    want = exact_value(row, unsigned_zeros(row, within))
    return not found.is_nan() and MP.isfinite(want) and not holds(found, want)


@pytest.mark.thorough
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@settings(max_examples=15)
@given(data=st.data(), precision=st.sampled_from([24, 53, 200]))
def test_the_interval_holds_the_value(row, data, precision):
    assert not misses(row, data.draw(operands(row)), precision)


@pytest.mark.thorough
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@settings(max_examples=15)
@given(data=st.data())
def test_the_interval_of_intervals_holds_the_value_inside(row, data):
    assert not misses_inside(row, *data.draw(inside(row)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_has_a_meaning(row):
    point = {"acosh": [1.5], "polygamma": [1.0, 1.5]}.get(row.name, [0.75, 0.5, 2.0])[: row.arity or 2]
    assert at(row, point).arb.is_finite()


PLANTED = {
    "exp": lambda x: x.exp() * (1 + 2**-50),  # some ulps off
    "tan": lambda x: x.tan() if abs(x) < 1.5 else x.sin(),  # wrong far out
    "relu": lambda x: x,  # a branch too few
    "floor": lambda x: x.floor() if x > 0 else -((-x).floor()),  # rounded towards 0
    "abs": lambda x: abs(x.mid()),
    "maximum": lambda x, y: x if x.mid() >= y.mid() else y,
    "pow": lambda x, y: x ** y.mid(),
    "lgamma": lambda x: x.gamma().log() if x > 0 else (-x).lgamma(),
    "mod": lambda x, y: x - (x / y).mid().floor() * y,
    "logsumexp": lambda xs: max(xs, key=lambda x: float(x.mid())),  # without the small terms
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", PLANTED)
def test_a_wrong_meaning_is_found(name, monkeypatch):
    row = PRIMITIVES[name]
    monkeypatch.setattr(row, "ball_value", PLANTED[name])
    found = []

    @settings(max_examples=300, database=None)
    @given(data=st.data())
    def search(data):
        try:
            found.append(misses(row, data.draw(operands(row)), 200) or misses_inside(row, *data.draw(inside(row))))
        except (ValueError, ZeroDivisionError):
            found.append(True)

    search()
    assert any(found)


@given(x=st.floats(-4.0, 4.0), width=st.sampled_from([0.0, 1e-12, 0.5, 2.0]))
def test_one_number_twice_is_one_number(x, width):
    ball = arb(x).union(arb(x + width))
    assert at(table.sub, [ball, ball]).arb == 0
    assert at(table.equal, [ball, ball]).arb == 1
    assert at(table.less, [ball, ball]).arb == 0
    assert at(table.less_equal, [ball, ball]).arb == 1
    assert at(table.maximum, [ball, ball]).arb is ball
    assert at(table.mul, [ball, ball]).arb >= 0


@pytest.mark.parametrize(
    ("row", "xs"),
    [
        (table.less, [arb(1, 0.5), 1.0]), (table.equal, [arb(1, 0.5), 1.0]), (table.floor, [arb(1, 0.5)]),
        (table.round, [arb(0.5, 0.125)]), (table.sign, [arb(0, 1)]), (table.abs, [arb(0, 1)]),
        (table.relu, [arb(0, 1)]), (table.max, [arb(0, 1), 0.5]), (table.clip, [arb(0, 1), 0.5, 2.0]),
        (table.where, [arb(0, 1), 2.0, 3.0]), (table.mod, [arb(2, 0.125), 2.0]), (table.copysign, [1.0, 0.0]),
        (table.atan2, [0.0, -1.0]), (table.floor_divide, [arb(2, 0.125), 2.0]), (table.logical_not, [arb(0, 1)]),
    ],
    ids=lambda x: getattr(x, "name", ""),
)  # fmt: skip
def test_a_choice_that_is_not_decided_is_told(row, xs):
    found = at(row, xs)
    assert not found.decided
    assert len(found.arithmetic.undecided) == 1
    assert not found.arb.is_exact()


@pytest.mark.parametrize(
    ("row", "xs", "want"),
    [
        (table.less, [1.0, 1.0], 0), (table.max, [2.0, 2.0], 2), (table.relu, [0.0], 0), (table.abs, [0.0], 0),
        (table.floor, [-2.0], -2), (table.round, [2.5], 2), (table.round, [-0.5], 0), (table.trunc, [arb(0, 0.75)], 0),
        (table.mod, [-1e300, 3.0], -1e300 % 3.0), (table.fmod, [7.0, -3.0], 1),
        (table.pow, [-2.0, 3.0], -8), (table.pow, [0.0, 0.0], 1), (table.pow, [0.0, 2.5], 0),
        (table.clip, [1.0, 1.0, 2.0], 1),
        (table.where, [0.0, math.nan, 3.0], 3), (table.floor_divide, [1.0, 0.1], 9), (table.sign, [arb(1, 0.5)], 1),
    ],
    ids=lambda x: getattr(x, "name", ""),
)  # fmt: skip
def test_exact_operands_decide_exactly(row, xs, want):
    found = at(row, xs)
    assert found.decided
    assert found.arb == want


INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("row", "xs", "want"),
    [
        (table.exp, [-INF], 0.0), (table.exp, [INF], INF), (table.log, [0.0], -INF), (table.log, [INF], INF),
        (table.tanh, [-INF], -1.0), (table.sigmoid, [-INF], 0.0), (table.sigmoid, [INF], 1.0), (table.erf, [INF], 1.0),
        (table.erfc, [-INF], 2.0), (table.softplus, [-INF], 0.0), (table.logaddexp, [-INF, 1.5], 1.5),
        (table.logsumexp, [-INF, -INF, 2.0], 2.0), (table.logsumexp, [-INF, -INF], -INF), (table.max, [-INF, 2.0], 2.0),
        (table.add, [INF, 1.0], INF), (table.add, [INF, -INF], NAN), (table.mul, [0.0, INF], NAN),
        (table.div, [1.0, INF], 0.0), (table.div, [1.0, 0.0], NAN), (table.less, [1.0, INF], 1.0),
        (table.relu, [INF], INF),
        (table.hypot, [INF, 1.0], INF), (table.pow, [2.0, INF], INF), (table.pow, [0.5, INF], 0.0),
        (table.sin, [INF], NAN),
        (table.lgamma, [0.0], INF), (table.gamma, [0.0], NAN), (table.atanh, [1.0], INF), (table.floor, [INF], INF),
        (table.pow, [0.0, -2.0], INF), (table.pow, [0.0, -1.0], NAN), (table.equal, [INF, INF], 1.0),
    ],
    ids=lambda x: getattr(x, "name", str(x)),
)  # fmt: skip
def test_at_infinity_and_at_poles(row, xs, want):
    """Where a pole has another sign from the other side, it has no value."""
    found = at(row, xs).arb
    assert found.is_nan() if math.isnan(want) else found == want


@pytest.mark.usefixtures("taken_back")
def test_a_row_of_the_user_is_derived_from_its_value():
    versinh = primitive("versinh", lambda x: table.cosh(x) - 1.0, (lambda out, x: table.sinh(x),))
    assert holds(at(versinh, [0.5], 200).arb, MP.cosh(0.5) - 1)


@pytest.mark.usefixtures("taken_back")
def test_a_row_that_python_computes_is_refused_by_name():
    opaque = primitive("opaque", lambda x: math.sin(x), (lambda out, x: table.cos(x),))
    with pytest.raises(NoBall, match="opaque has no meaning in ball arithmetic"):
        at(opaque, [0.5])
    other = primitive("other", digamma, (lambda out, x: table.trigamma(x),))
    with pytest.raises(NoBall, match=r"other has no meaning|comparison"):
        at(other, [arb(1, 0.5)])
