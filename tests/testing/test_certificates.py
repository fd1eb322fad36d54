"""`certify`: the interval holds the real number, for exactly these floats; what is not proven is told."""

import itertools
import math
from fractions import Fraction

import pytest
from dags import leaves
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from precision import is_comfortable, unsigned_zeros
from reference import MP, exact_partials

import autograd_lite as ag
from autograd_lite import (
    PRIMITIVES,
    Program,
    Value,
    certify,
    compile,
    grad,
    hessian,
    nn,
    primitive,
    value_and_grad,
    vmap,
)
from autograd_lite.testing import Certificate, gradcheck, operands
from autograd_lite.testing.domains import kink_distance
from autograd_lite.testing.precision import exact_fraction
from autograd_lite.testing.random_graphs import apply, random_expression

pytest.importorskip("flint")


@pytest.fixture
def taken_back():
    """Rows that a test enters are taken out of the table after it."""
    before = set(PRIMITIVES)
    yield
    for name in set(PRIMITIVES) - before:
        del PRIMITIVES[name]


SMOOTH = [row for row in PRIMITIVES.values() if row.partial_rules == () or any(map(callable, row.partial_rules))]


def in_digits(x):
    return exact_fraction(MP.mpf(x))


def holds(found, want):
    """Whether a certificate holds a number that is known to 60 digits."""
    slack = abs(want) * Fraction(1, 10**40) + Fraction(1, 2**3900)
    return found.lower <= want + slack and found.upper >= want - slack


@pytest.mark.thorough
@pytest.mark.parametrize("row", SMOOTH, ids=lambda row: row.name)
@settings(max_examples=10)
@given(data=st.data())
def test_gradients_of_rows_hold_the_partials(row, data):
    """With more bits than a float has: a constant of a rule that was rounded is found."""
    xs = unsigned_zeros(row, data.draw(operands(row)))
    assume(is_comfortable(row, xs) and kink_distance(row, xs) > 0.0)
    try:
        exact = exact_partials(row, xs)
        found = certify(grad(lambda *v: apply(row, list(v)), argnums=tuple(range(len(xs)))), *xs, precision=200)
    except (ValueError, ZeroDivisionError):  # a singular partial has no value
        return
    for certificate, want, i in zip(found, exact, range(len(xs)), strict=True):
        if MP.isfinite(want) and i not in row.whole:
            assert holds(certificate, exact_fraction(want)), (i, str(certificate), want)


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_more_bits_give_intervals_within(seed):
    f = random_expression(seed, size=12)
    g = value_and_grad(f, argnums=tuple(range(3)))
    wide, narrow = (leaves(certify(g, *f.point, precision=p)) for p in (53, 300))
    for a, b in zip(wide, narrow, strict=True):
        assert a.result == b.result
        assert a.lower <= b.upper
        assert b.lower <= a.upper
        assert a.digits <= b.digits + 1e-6
        assert a.decided <= b.decided


def relative(x, want):
    return abs(Fraction(x) - want) / abs(want)


@given(x=st.floats(0.1, 10.0))
def test_the_digits_are_right(x):
    found = certify(lambda x: (ag.exp(x) - ag.exp(x - 1e-9)) / x, x, width=1e-30)
    want = in_digits(-MP.exp(MP.mpf(x)) * MP.expm1(-MP.mpf(1e-9)) / MP.mpf(x))
    assert holds(found, want)
    assert 0.0 < -math.log10(relative(found.result, want)) - found.digits < 1e-3
    assert found.width <= 1e-30


CASES = [
    # function, arguments, the real number
    (grad(lambda x: x**0.1), (2.0,), lambda: MP.mpf(0.1) * MP.mpf(2) ** (MP.mpf(0.1) - 1)),
    (grad(grad(lambda x: x**0.1)), (2.0,), lambda: MP.mpf(0.1) * (MP.mpf(0.1) - 1) * MP.mpf(2) ** (MP.mpf(0.1) - 2)),
    (grad(lambda x: 0.1 * (0.1 * (0.1 * x))), (2.0,), lambda: MP.mpf(0.1) ** 3),
    (lambda x: x * (Value(0.1) * Value(0.1)), (1.0,), lambda: MP.mpf(0.1) ** 2),
    (lambda x: x * ag.exp(Value(1.0)), (1.0,), lambda: MP.e),
    (grad(ag.erf), (0.5,), lambda: 2 / MP.sqrt(MP.pi) * MP.exp(-0.25)),
    (grad(grad(ag.exp2)), (0.5,), lambda: MP.log(2) ** 2 * MP.sqrt(2)),
    (grad(ag.log10), (3.0,), lambda: 1 / (3 * MP.log(10))),
    (grad(ag.log2), (3.0,), lambda: 1 / (3 * MP.log(2))),
    (lambda x: grad(lambda y: ag.mean([y, x, x]))(x), (3.0,), lambda: MP.mpf(1) / 3),
    (grad(ag.softplus), (1.0,), lambda: 1 / (1 + MP.exp(-1))),
    (compile(grad(ag.tanh), backend="python"), (20.0,), lambda: 1 / MP.cosh(20) ** 2),
    (lambda x: (x + 1e30) - 1e30, (0.1,), lambda: MP.mpf(0.1)),
    (lambda x: x % 0.1, (1e20,), lambda: MP.mpf(Fraction(1e20) % Fraction(0.1))),
    (lambda x: ag.sin(x), (1e22,), lambda: MP.sin(MP.mpf(1e22))),
    (lambda x: ag.exp(x), (800.0,), lambda: MP.exp(800)),
    (lambda x: 1.0 / ag.exp(x), (800.0,), lambda: MP.exp(-800)),
]  # fmt: skip


@pytest.mark.parametrize(("f", "args", "want"), CASES, ids=range(len(CASES)))
def test_nothing_is_rounded_on_the_way(f, args, want):
    exact = want()
    exact = exact if isinstance(exact, Fraction) else exact_fraction(MP.mpf(exact))
    for precision in (53, 170):
        found = certify(f, *args, precision=precision)
        assert holds(found, exact)
        assert found.decided
    assert found.width <= abs(exact) * Fraction(1, 10**40)


def test_a_constant_that_is_a_rounded_ln_2_is_itself():
    """In a function it is the float that it is; in a rule of the table it is ln 2."""
    assert certify(lambda x: x * math.log(2.0), 1.0, precision=200).lower == Fraction(math.log(2.0))


def test_hessians_lose_digits_and_tell_how_many():
    found = certify(hessian(lambda p: ag.hypot(p[0], p[1])), [1.0, 1e-8], width=1e-30)
    want = in_digits(MP.mpf(1e-8) ** 2 / MP.hypot(1, MP.mpf(1e-8)) ** 3)
    assert holds(found[0][0], want)
    assert found[0][0].digits <= max(
        0.0, -math.log10(relative(found[0][0].result, want)) if found[0][0].result else 0.0
    )


def test_structures_come_back():
    found = certify(value_and_grad(lambda p: p["a"] * p["b"][0]), {"a": 2.0, "b": [5.0]})
    assert found[0].result == 10.0
    assert {type(x) for x in leaves(found)} == {Certificate}
    assert [found[1]["a"].result, found[1]["b"][0].result] == [5.0, 2.0]


def test_modules_arrays_and_values_closed_over():
    numpy = pytest.importorskip("numpy")
    scale = Value(3.0)
    found = certify(lambda x: scale * x[0], numpy.array([0.5, 1.0]))
    assert found.result == 1.5
    gradient = certify(grad(lambda m, x: m(x)), nn.MLP(2, [2, 1], rng=0), [0.5, 1.0])
    assert all(c.decided for c in gradient.values())
    assert all(c.result in c or c.digits > 10 for c in gradient.values())


def test_programs_and_batches():
    x, y = Value(2.0), Value(3.0)
    program = Program.from_values([x * y + x, ag.sin(x)], [x, y])
    assert [c.result for c in certify(program, 5.0, 7.0)] == [40.0, math.sin(5.0)]
    loss = compile(vmap(lambda w, x: ag.tanh(w * x), in_axes=(None, 0), reduce="mean"), backend="python")
    numpy = pytest.importorskip("numpy")
    traced = loss.trace(0.5, numpy.array([1.0, 2.0]))
    found = certify(traced, 0.5, [1.0, 2.0])
    want = in_digits((MP.tanh(0.5) + MP.tanh(1)) / 2)
    assert holds(found, want)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: ag.floor(ag.exp(ag.log(x))), 3.0),
        (lambda x: ag.where(ag.less(ag.sqrt(x) * ag.sqrt(x), x), 1.0, 2.0), 2.0),
        (lambda x: ag.relu(ag.sqrt(x) * ag.sqrt(x) - x), 2.0),
        (lambda x: ag.max([ag.sin(x) * 2.0, 2.0 * ag.sin(x * 1.0), x - x + ag.sin(x) + ag.sin(x)]), 2.0),
        (lambda x: ag.where(ag.equal(ag.sqrt(x) * ag.sqrt(x), x), lambda: ag.log(x), lambda: ag.exp(x)), 2.0),
    ],
)
def test_an_undecided_choice_is_told_and_holds_both(f, x):
    found = certify(f, x)
    assert not found.decided
    assert len(found.undecided) == 1
    assert found.upper - found.lower > 0
    assert "not decided: " in str(found)
    with pytest.raises(ValueError, match="is not known to a width of 1e-20 with 16384 bits"):
        certify(lambda x: ag.floor(ag.exp(ag.log(x))), 3.0, width=1e-20)


def test_a_choice_is_decided_by_more_bits():
    def f(x):
        return ag.where(ag.less(ag.exp(ag.log(x)) - x, 1e-40), 1.0, 2.0)

    assert not certify(f, 3.0).decided
    assert certify(f, 3.0, precision=200).decided
    narrow = certify(f, 3.0, width=0.5)
    assert (narrow.lower, narrow.upper, narrow.result, narrow.digits) == (1, 1, 2.0, 0.0)


@given(x=st.sampled_from([0.0, 1.0, -1.0, 2.5]), n=st.integers(2, 4))
def test_exact_ties_follow_the_convention(x, n):
    shares = certify(grad(lambda xs: ag.max(xs)), [x] * n, precision=100)
    assert all(holds(c, Fraction(1, n)) and c.decided for c in shares)
    assert certify(grad(lambda y: ag.relu(y - x)), x).lower == 0
    assert certify(grad(lambda y: ag.abs(y - x)), x).upper == 0
    half = certify(grad(lambda y: ag.maximum(y, x)), x)
    assert half.lower == half.upper == Fraction(1, 2)


def test_infinite_operands():
    found = certify(lambda x: ag.logsumexp([x, -math.inf]), 0.75)
    assert found.lower == found.upper == Fraction(3, 4)
    assert found.digits == math.inf
    assert certify(ag.log, 0.0).upper == -math.inf


@pytest.mark.parametrize(
    ("f", "args", "text"),
    [
        (
            lambda x: ag.log(x) + 1.0,
            (-1.0,),
            r"the result of <lambda> is nan, .*log\(-1.0+\) may be outside of its domain",
        ),
        (lambda x: 1.0 / x, (0.0,), r"the result of <lambda> is inf, but 53 bits do not prove that it exists: div\("),
        (
            lambda x: [x, ag.sqrt(ag.sin(x) ** 2 + ag.cos(x) ** 2 - 1.0)],
            (0.3,),
            r"result\[1\] .* sqrt\(.*larger precision",
        ),
        (lambda x: x, (math.nan,), "is nan"),
    ],
)
def test_what_has_no_value_is_refused(f, args, text):
    with pytest.raises(ValueError, match=text):
        certify(f, *args)


@pytest.mark.usefixtures("taken_back")
def test_a_row_without_meaning_is_refused_by_name():
    opaque = primitive("opaque", lambda x: math.sin(x), (lambda out, x: ag.cos(x),))
    with pytest.raises(ValueError, match="certify cannot run <lambda>: opaque has no meaning in ball arithmetic"):
        certify(lambda x: opaque(x) * 2.0, 0.5)


def test_random_numbers_are_refused():
    dropout = nn.Dropout(0.5)
    with pytest.raises(ValueError, match="draws random numbers"):
        certify(lambda x: dropout([x])[0], 1.0)


@pytest.mark.parametrize(("how", "error"), [({"precision": 1}, ValueError), ({"precision": 2.5}, ValueError)])
def test_wrong_settings(how, error):
    with pytest.raises(error, match="certify computes with 2 to 16384 bits"):
        certify(ag.sin, 1.0, **how)
    with pytest.raises(TypeError, match="certify takes a function"):
        certify(1.0, 1.0)


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "flint", None)
    with pytest.raises(ImportError, match=r"needs python-flint.*autograd_lite\[certify\]"):
        certify(ag.sin, 1.0)


# -- gradcheck by the mean value theorem


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_gradcheck_certifies_random_functions(seed):
    f = random_expression(seed, size=10)
    report = gradcheck(f, *f.point, method="certified", allow_unused=True)
    assert "proven wrong" not in str(report)
    assert report.checks or report.findings


@pytest.mark.parametrize("order", list(itertools.permutations((-1.7, 2.1, 3.3))), ids=str)
@pytest.mark.parametrize("place", range(3))
@settings(max_examples=5)
@given(factor=st.floats(0.1, 10.0))
def test_the_larger_of_two_numbers_is_no_constant_of_a_rule(order, place, factor):
    """The rule of clip has the larger of two operands, which here are numbers with as many digits as floats have."""
    numbers = [factor * x for x in order]

    def f(x):
        return ag.clip(*[x if i == place else number for i, number in enumerate(numbers)])

    assert gradcheck(f, numbers[place], method="certified", allow_unused=True)


@settings(max_examples=30)
@given(x=st.floats(0.1, 1e6), error=st.sampled_from([1e-15, -1e-12, 1e-6]))
def test_gradcheck_proves_a_rule_wrong(x, error):
    def rule(factor):
        return ag.custom_derivative(lambda x: ag.sin(x) / x, lambda out, x: ((ag.cos(x) - out) / x * factor,))

    assert gradcheck(rule(1.0), x, method="certified", order=2)
    wrong = gradcheck(rule(1.0 + error), x, method="certified")
    assert not wrong
    assert "proven wrong" in str(wrong)


@pytest.mark.thorough
@pytest.mark.parametrize("row", SMOOTH, ids=lambda row: row.name)
@settings(max_examples=4, suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data())
def test_no_rule_of_the_table_is_proven_wrong(row, data):
    """First and second derivatives, at operands of ordinary size."""
    xs = data.draw(operands(row, max_size=3))
    assume(all(1e-30 < abs(x) < 1e30 for x in xs) and kink_distance(row, xs) > 1e-30)
    whole = dict(zip(row.whole, [xs[i] for i in row.whole], strict=True))
    free = [x for i, x in enumerate(xs) if i not in whole]

    def f(*v):
        given = iter(v)
        return apply(row, [whole[i] if i in whole else next(given) for i in range(len(xs))])

    assert "proven wrong" not in str(gradcheck(f, *free, order=2, method="certified", allow_unused=True))


def test_gradcheck_goes_near_kinks_and_tells_them():
    assert gradcheck(ag.relu, 1e-30, method="certified")
    assert "too near a kink" in str(gradcheck(ag.relu, 0.0, method="certified"))
    with pytest.raises(ValueError, match='methods "differences" and "certified"'):
        gradcheck(ag.relu, 1.0, method="exact")


def test_what_is_below_all_floats_may_be_0():
    assert gradcheck(lambda x: grad(ag.erf)(x), 100.0, method="certified")
    assert not gradcheck(ag.custom_derivative(lambda x: x * 2.0**-1070, lambda out, x: (0.0,)), 1.0, method="certified")
