"""Calls of one shape give what calls of the function give, in arrays that are used again."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value, compile, value_and_grad, vmap
from autograd_lite.backends.fixed_calls import FixedCalls

SHIFT = Value(1.0)


def step(p, X, y):
    mean = vmap(lambda p, x, y: (ag.sum([a * b for a, b in zip(p, x, strict=True)]) + SHIFT - y) ** 2,
                in_axes=(None, 0, 0), reduce="mean")  # fmt: skip
    return value_and_grad(lambda p: mean(p, X, y))(p)


@pytest.mark.parametrize("backend", ["llvm", "python", "numpy"])
def test_calls_of_one_shape(backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    rng = np.random.default_rng(0)
    given = [(rng.normal(size=3), rng.normal(size=(5, 3)), rng.normal(size=5)) for _ in range(4)]
    compiled = compile(step, backend=backend)
    calls = FixedCalls(compiled, given[0], 2)
    for k, arguments in enumerate(given):
        SHIFT.data = float(k)  # which the function closes over
        (value, slopes), (other, known) = calls(*arguments), compiled(*arguments)
        assert value == other
        assert list(slopes) == list(known)


def test_results_are_in_the_arrays_of_each_second_call():
    pytest.importorskip("llvmlite")
    calls = FixedCalls(compile(vmap(lambda x: x + 1.0), backend="llvm"), [np.zeros(3)], 2)
    first, second, third = (calls(np.full(3, x)) for x in (0.0, 1.0, 2.0))
    assert np.shares_memory(first, third)
    assert (second.tolist(), third.tolist()) == ([2.0] * 3, [3.0] * 3)
    x = np.zeros(3)
    assert np.shares_memory(calls(x, first=x), x)
    assert x.tolist() == [1.0] * 3


def test_another_value_in_the_place_of_one_is_noticed(monkeypatch):
    pytest.importorskip("llvmlite")
    arguments = np.ones(2), np.ones((4, 2)), np.zeros(4)
    calls = FixedCalls(compile(step, backend="llvm"), arguments, 1)
    monkeypatch.setattr(f"{__name__}.SHIFT", Value(SHIFT.data + 1.0))
    assert calls(*arguments)[0] == (2.0 + SHIFT.data) ** 2
