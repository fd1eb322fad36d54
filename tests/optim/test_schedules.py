"""Schedules: their shapes, and what they refuse.  Against PyTorch: test_pytorch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.optim import SGD, CosineDecay, ExponentialDecay, StepDecay, WarmUp

steps = st.integers(0, 10_000)


@given(steps, st.integers(1, 100))
def test_step_decay_is_constant_between_its_steps(t, every):
    schedule = StepDecay(1.0, every, 0.5)
    assert schedule(t) == schedule(t - t % every) == 0.5 ** (t // every)


@given(st.integers(0, 500))
def test_exponential_decay_falls_by_one_factor(t):
    schedule = ExponentialDecay(2.0, 0.99)
    assert schedule(t + 1) == pytest.approx(0.99 * schedule(t))


@given(steps)
def test_cosine_decay_goes_from_high_to_low(t):
    schedule = CosineDecay(1.0, steps=50, low=0.25)
    assert schedule(0) == 1.0
    assert 0.25 <= schedule(t + 1) <= schedule(t) <= 1.0
    assert schedule(50) == schedule(51 + t) == pytest.approx(0.25)


@given(st.integers(1, 50), steps)
def test_warm_up_rises_to_what_follows(n, t):
    follows = ExponentialDecay(1.0, 0.9)
    schedule = WarmUp(n, follows)
    assert schedule(n + t) == follows(t)
    rise = [schedule(k) for k in range(n)]
    assert rise == pytest.approx([(k + 1) / n for k in range(n)])


def test_an_optimizer_follows_its_schedule():
    p = Value(0.0)
    optimizer = SGD([p], lr=WarmUp(2, 1.0))
    rates = []
    for _ in range(3):
        rates.append(optimizer.rate)
        optimizer.step([1.0])
    assert rates == [0.5, 1.0, 1.0]
    assert p.data == -2.5
    assert "WarmUp(steps=2, then=1.0)" in repr(optimizer)


@pytest.mark.parametrize(
    "wrong", [lambda: StepDecay(1.0, every=0), lambda: CosineDecay(1.0, steps=-1), lambda: WarmUp(0, 1.0)]
)
def test_bad_input(wrong):
    with pytest.raises(ValueError, match="it is at least 1, but got"):
        wrong()


def test_defaults_are_those_of_pytorch():
    assert StepDecay(1.0, 10)(10) == 0.1
    assert CosineDecay(1.0, 10)(10) == pytest.approx(0.0, abs=1e-15)
