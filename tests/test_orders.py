"""Second and third derivatives of every row: right in every mode, or alike where there is none, in every back end."""

import os

import orders
import pytest
from dags import same_bits

import autograd_lite as ag
from autograd_lite import PRIMITIVES
from autograd_lite.core import numerics
from autograd_lite.core.primitives import Primitive

MANY = os.environ.get("HYPOTHESIS_PROFILE") == "ci"  # `.ci/run` samples more


@pytest.mark.parametrize("name", orders.ROWS)
def test_derivatives_of_partials(name):
    row = PRIMITIVES[name]
    tally = orders.look_at(row, orders.points_of(row, 6 if MANY else 1, 12 if MANY else 2))
    assert not tally.failures, "\n".join(tally.failures[:5])


@pytest.mark.parametrize("name", ["tanh", "pow", "hypot", "asin", "isru", "sinc"])
@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_every_back_end_has_the_bits_of_the_eager_derivatives(name, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    row = PRIMITIVES[name]
    f = orders.everything(orders.applied(row))
    compiled = ag.compile(f, backend=backend)
    for xs in orders.points_of(row, 4, 4):
        assert same_bits(compiled(list(xs)), f(list(xs))), xs


# -- planted faults


def test_a_cancelled_second_derivative_is_found():
    """The product that was the partial of tanh: right itself, and its own derivative is 0 next to 0."""
    partial = lambda out, x: 4.0 * ag.sigmoid(2.0 * x) * (1.0 - ag.sigmoid(2.0 * x))  # noqa: E731
    row = Primitive("tanh", 1, PRIMITIVES["tanh"].value, (partial,))
    assert orders.look_at(row, [[1e-8]], orders.applied(row)).failures
    assert not orders.look_at(PRIMITIVES["tanh"], [[1e-8]]).failures


def test_a_choice_that_leaks_is_found():
    """Both branches are computed, and 0 times the infinite partial of the one not taken is nan."""
    partials = (
        lambda out, x, y: ag.where(ag.equal(x, 0.0), x * y, y * out / x),
        lambda out, x, y: out * ag.log(ag.where(ag.equal(x, 0.0), 1.0, x)),
    )
    row = Primitive("pow", 2, numerics.power, partials)
    assert orders.look_at(row, [[0.0, 2.0]], orders.applied(row)).failures
    assert not orders.look_at(PRIMITIVES["pow"], [[0.0, 2.0]]).failures
