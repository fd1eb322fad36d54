"""One of several functions: only it has values and derivatives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import Value, compile, grad, switch, value_and_grad

BRANCHES = [lambda x: {"y": x}, lambda x: {"y": x * x}, lambda x: {"y": ag.sqrt(x - 2.0)}]


def chosen(x, index):
    return switch(index, BRANCHES, x)["y"]


@given(st.integers(-3, 6), st.floats(2.5, 9.0))
def test_the_index_chooses_and_is_kept_in_its_range(index, x):
    value, slope = value_and_grad(lambda x: chosen(x, index))(x)
    assert (value, slope) == value_and_grad(lambda x: BRANCHES[max(0, min(index, 2))](x)["y"])(x)
    assert compile(value_and_grad(chosen), backend="python")(x, float(index)) == (value, slope)


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_branch_that_is_not_taken_reaches_nothing(backend):
    """The square root at -1 is nan, and its slope."""
    pytest.importorskip("llvmlite")
    assert compile(grad(grad(chosen)), backend=backend)(1.0, 1.0) == 2.0


def test_bad_input():
    with pytest.raises(ValueError, match="no branches"):
        switch(0, [])
    with pytest.raises(TypeError, match="whole number"):
        switch(0.5, BRANCHES, 3.0)
    with pytest.raises(TypeError, match="whole number"):
        switch("1", BRANCHES, 3.0)
    assert switch(Value(1.0), BRANCHES, 3.0) == {"y": 9.0}
