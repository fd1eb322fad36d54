"""Clipping: gradients are never longer than asked for, and keep their direction."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.optim import clip_grad_norm, clip_grad_value
from autograd_lite.optim.clipping import limited


def with_gradients(numbers):
    parameters = [Value(0.0) for _ in numbers]
    for p, g in zip(parameters, numbers, strict=True):
        p.grad = g
    return parameters


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5), st.floats(0.01, 100))
def test_the_norm_is_limited(numbers, limit):
    parameters = with_gradients(numbers)
    before = clip_grad_norm(parameters, limit)
    assert before == pytest.approx(math.hypot(*numbers))
    after = [p.grad for p in parameters]
    assert math.hypot(*after) <= limit * (1 + 1e-9)
    if before <= limit - 1e-6:
        assert after == numbers
    else:
        assert after == pytest.approx([g * limit / (before + 1e-6) for g in numbers])


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=5), st.floats(0.0, 5.0))
def test_each_number_is_limited(numbers, limit):
    parameters = with_gradients(numbers)
    clip_grad_value(parameters, limit)
    assert [p.grad for p in parameters] == [max(-limit, min(limit, g)) for g in numbers]


def test_bad_limits():
    with pytest.raises(ValueError, match=r"max_norm must be at least 0\.0, but got -1"):
        clip_grad_norm(with_gradients([1.0]), -1)
    with pytest.raises(TypeError, match="limit is a number, but got 'a'"):
        clip_grad_value(with_gradients([1.0]), "a")


def test_what_is_short_enough_stays_to_the_bit():
    assert limited([0.6, -0.45], 1.0) == [0.6, -0.45]  # of norm 0.75
    assert limited([0.6, -0.8], 1.0 + 1e-5) == [0.6, -0.8]
