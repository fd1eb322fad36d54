"""`gradcheck` passes what is right, at points of every row, and finds what is planted."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, custom_derivative
from autograd_lite.testing import assert_gradients, gradcheck, random_expression

POINTS = {"acosh": 1.7, "where": 1.0, "cond": 1.0}
SMOOTH = [row for row in PRIMITIVES.values() if row.arity == 1 and row.name not in ("logical_not",)]


@pytest.mark.parametrize("row", SMOOTH, ids=lambda row: row.name)
def test_rows_pass(row):
    x = POINTS.get(row.name, 0.37)
    report = gradcheck(row, x, order=2)
    assert report, str(report)
    assert report.checks >= 2


@pytest.mark.parametrize("seed", range(25))
def test_random_expressions_pass(seed):
    f = random_expression(seed, size=8)
    report = gradcheck(f, *f.point, allow_unused=True)
    unsettled = [x for x in report.findings if "settle" not in x and "kink" not in x and "domain" not in x]
    assert not unsettled, str(report)


def test_nests_and_arrays():
    assert gradcheck(lambda p, x: ag.dot(p["w"], x) + p["b"], {"w": [0.5, 1.5], "b": 2.0}, np.array([1.0, 3.0]))
    assert gradcheck(lambda x: [x * x, ag.exp(x)], 0.5, order=2)
    assert_gradients(lambda x, y: ag.sin(x) * y, 0.5, 2.0, order=2)


WRONG = custom_derivative(lambda x: ag.sin(x), lambda out, x: (ag.cos(x) * 1.0001,))
WRONG_TWICE = custom_derivative(lambda x: ag.sin(x), lambda out, x: (WRONG_SLOPE(x),))
WRONG_SLOPE = custom_derivative(lambda x: ag.cos(x), lambda out, x: (ag.sin(x),))


@pytest.mark.parametrize(
    ("f", "x", "options", "words"),
    [
        (WRONG, 0.5, {}, "differences with step"),
        (WRONG_TWICE, 0.5, {"order": 2}, "second derivatives"),
        (lambda x: 3.0, 0.5, {}, "constant"),
        (lambda x: Value(3.0) * 2.0, 0.5, {}, "ignored"),
        (lambda x: x * float("nan"), 0.5, {}, "nan"),
        (ag.relu, 0.0, {}, "too near a kink: relu"),
        (ag.abs, 0.0, {}, "kink"),
        (ag.sqrt, 0.0, {}, "kink"),
        (lambda x: ag.max([x, 0.5]), 0.5, {}, "kink"),
        (lambda x: x.detach() * x, 0.5, {}, "differences"),
    ],
)
def test_what_is_wrong_is_found(f, x, options, words):
    report = gradcheck(f, x, **options)
    assert not report
    assert words in str(report)
    with pytest.raises(AssertionError, match="gradcheck failed"):
        assert_gradients(f, x, **options)


def test_an_ignored_argument_is_found_and_may_be_allowed():
    assert "input[1] is ignored" in str(gradcheck(lambda x, y: x * x, 2.0, 3.0))
    assert gradcheck(lambda x, y: x * x, 2.0, 3.0, allow_unused=True)


def test_an_order_that_is_not_there():
    with pytest.raises(ValueError, match="order=3"):
        gradcheck(ag.sin, 1.0, order=3)
