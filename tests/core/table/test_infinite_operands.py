"""Every row at infinite operands: values and derivatives are the limits, in every engine; nan where there is none."""

import math
import struct

import numpy as np
import pytest
from infinity import applied, faults_of_partials, faults_of_seconds, faults_of_value, points, recorded

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, compile, gradients, jvp, nn, value_and_grad, vmap
from autograd_lite.core.primitives import Primitive

INF = math.inf
every_row = pytest.mark.parametrize("row", PRIMITIVES.values(), ids=lambda row: row.name)


@every_row
def test_values(row):
    assert not faults_of_value(row, most=40)


@pytest.mark.thorough
@every_row
def test_first_derivatives(row):
    assert not faults_of_partials(row, most=30)


@pytest.mark.thorough
@every_row
def test_second_derivatives(row):
    """`python tests/regime.py infinity` looks at all points."""
    assert not faults_of_seconds(row, most=4)


STATED = {"pi/2": math.pi / 2.0, "-pi/2": -math.pi / 2.0}


def stated(row):
    """What a row of one operand states, as {infinite operand: value}."""
    found = {}
    for part in row.infinity.split("; "):
        ends, value = part.split(": ")
        found.update({float(end): STATED.get(value) or float(value) for end in ends.split(" and ")})
    return found


@every_row
def test_every_domain_with_infinite_ends_states_what_holds_there(row):
    """Infinity is documented exactly where some operands are infinite and it has a value, its own limits included."""
    assert bool(row.infinity) == any(recorded(row, xs) for xs in points(row))
    assert row.stated_domain() == (f"{row.domain}; {row.infinity}" if row.infinity else row.domain)


@pytest.mark.parametrize("row", [r for r in PRIMITIVES.values() if r.arity == 1], ids=lambda row: row.name)
def test_what_a_row_of_one_operand_states_is_its_value(row):
    """At both ends of its domain, and at no other."""
    found = {x: made[1].data for x in (-INF, INF) if (made := recorded(row, [x]))}
    assert (stated(row) if row.infinity else {}) == found


def bits(x):
    """The float to the bit; all nans are equal, and both zeros."""
    return "nan" if x != x else struct.pack("<d", x + 0.0)


@pytest.mark.thorough
@every_row
def test_every_engine_agrees(row):
    """Eager, recorded and compiled gradients and both tangents, in lanes with finite ones among them."""
    lanes = [list(xs) for xs in points(row, most=60) if recorded(row, xs)]
    if not lanes:
        return
    count = len(lanes[0])
    lanes += [xs for xs in ([1.0] * count, [2.0] * count) if recorded(row, xs)]

    def f(v):
        return applied(row, v)

    eager = [value_and_grad(f)(xs) for xs in lanes]
    for xs, (value, slopes) in zip(lanes, eager, strict=True):
        inputs = [Value(x) for x in xs]
        again = gradients(f(inputs), inputs, create_graph=True)
        assert [bits(g.data if isinstance(g, Value) else g) for g in again] == [bits(g) for g in slopes], xs
        for i in range(count):
            unit = [1.0 if i == j else 0.0 for j in range(count)]
            assert bits(jvp(f, (xs,), (unit,))[0]) == bits(value), xs
    for backend in ("python", "llvm", "numpy"):
        try:
            values, slopes = compile(vmap(value_and_grad(f)), backend=backend)(np.array(lanes))
        except NotImplementedError:
            continue  # NumPy has no function for the row, and it is refused
        for k, (value, row_of_slopes) in enumerate(eager):
            got, want = [values[k], *slopes[k]], [value, *row_of_slopes]
            if backend == "numpy":
                assert all(math.isnan(w) if math.isnan(g) else g == w or abs(g - w) <= 1e-12 * abs(w)
                           for g, w in zip(got, want, strict=True)), (lanes[k], got, want)  # fmt: skip
            else:
                assert [bits(x) for x in got] == [bits(x) for x in want], (backend, lanes[k], got, want)


# -- planted faults are found


def planted(name, **changed):
    row = PRIMITIVES[name]
    columns = {"value": row.value, "partials": row.partials, "formula": row.formula, **row.columns}
    return Primitive(name, row.arity, **{**columns, **changed})


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("row", "faults"),
    [
        (planted("softsign", value=lambda x: x / (1.0 + abs(x))), faults_of_value),
        (planted("hypot", partials=(lambda out, x, y: x / out, lambda out, x, y: y / out)), faults_of_partials),
        (planted("logsumexp", partials=lambda out, xs: [ag.exp(x - out) for x in xs]), faults_of_partials),
        (planted("surprisal", partials=lambda out, xs: [ag.exp(x - xs[0] - out) for x in xs]), faults_of_partials),
        (planted("logaddexp", partials=(lambda out, x, y: ag.sigmoid(x - y), lambda out, x, y: ag.sigmoid(y - x))),
         faults_of_partials),
        (planted("atan", partials=(lambda out, x: 1.0 / (1.0 + x * x),)), faults_of_seconds),
        (planted("erf", partials=(lambda out, x: 1.1283791670955126 * ag.exp(-x * x),)), faults_of_seconds),
    ],
    ids=lambda x: getattr(x, "name", None) or x.__name__,
)  # fmt: skip
def test_a_planted_fault_is_found(row, faults):
    assert faults(row, most=20)


# -- compositions


@pytest.mark.parametrize("masked", [-INF, Value(-INF)], ids=["constant", "Value"])
def test_a_mask_of_a_softmax_takes_nothing_from_the_others(masked):
    def score(s):
        return ag.dot(nn.softmax([s[0], s[1], masked]), [2.0, 3.0, 5.0])

    want = ag.grad(lambda s: ag.dot(nn.softmax(s), [2.0, 3.0]))([0.3, 0.7])
    assert ag.grad(score)([0.3, 0.7]) == pytest.approx(want, rel=1e-15)
    assert compile(ag.grad(score))([0.3, 0.7]) == ag.grad(score)([0.3, 0.7])


def forward(start, moves, sees, observed, add):
    """The logarithm of the probability of what was observed, by the forward algorithm of a hidden Markov model."""
    alpha = [a + s[observed[0]] for a, s in zip(start, sees, strict=True)]
    for o in observed[1:]:
        alpha = [add([a + row[j] for a, row in zip(alpha, moves, strict=True)]) + sees[j][o] for j in range(len(sees))]
    return add(alpha)


def folded(terms):
    out = terms[0]
    for x in terms[1:]:
        out = ag.logaddexp(out, x)
    return out


@pytest.mark.parametrize("add", [folded, lambda xs: ag.logsumexp(xs)], ids=["logaddexp", "logsumexp"])
@pytest.mark.parametrize("impossible", [[0], [1, 2], [0, 1, 2]])
def test_impossible_states_have_finite_gradients(add, impossible):
    """State 0 cannot be reached, or more of them; the gradient of the rest is that of the model without them."""
    moves = [[-INF if j in impossible and len(impossible) < 3 else -0.3 * (i + 1) - 0.1 * j for j in range(3)]
             for i in range(3)]  # fmt: skip
    start = [-INF if i in impossible else -0.5 - i for i in range(3)]
    sees = [[-0.2 * i - 1.0, -0.4 - 0.1 * i] for i in range(3)]
    f = ag.value_and_grad(lambda s, m, e: forward(s, m, e, [0, 1, 1, 0], add), argnums=(0, 1, 2))
    value, (d_start, d_moves, d_sees) = f(start, moves, sees)
    numbers = [*d_start, *[x for row in d_moves for x in row], *[x for row in d_sees for x in row]]
    assert all(map(math.isfinite, numbers)), numbers
    assert sum(d_start) == pytest.approx(1.0)
    assert value == -INF if len(impossible) == 3 else math.isfinite(value)
    if len(impossible) < 3:
        left = [i for i in range(3) if i not in impossible]
        small = f([start[i] for i in left], [[moves[i][j] for j in left] for i in left], [sees[i] for i in left])
        assert value == pytest.approx(small[0], rel=1e-14)
        assert [d_start[i] for i in left] == pytest.approx(small[1][0], rel=1e-13)
    for backend in ("python", "llvm"):
        assert compile(f, backend=backend)(start, moves, sees) == (value, (d_start, d_moves, d_sees))


def test_the_convention_of_equal_shares():
    for n in (1, 2, 3, 5):
        assert ag.grad(lambda xs: ag.logsumexp(xs))([-INF] * n) == [1.0 / n] * n
    assert ag.grad(lambda xs: ag.logaddexp(xs[0], xs[1]))([-INF, -INF]) == [0.5, 0.5]
    assert ag.grad(lambda x: ag.logaddexp(x, -INF))(-INF) == 0.5
    assert ag.grad(lambda xs: ag.logsumexp(xs))([1.0, INF]) == [0.0, 1.0]
    assert [str(x) for x in ag.grad(lambda xs: ag.logsumexp(xs))([INF, INF, 1.0])] == ["nan", "nan", "0.0"]
