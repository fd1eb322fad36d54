"""The rates of prey and predators, found again from numbers that they made."""

import pytest

from autograd_lite import compile, value_and_grad
from autograd_lite.examples.predator_prey import RATES, START, fitted, main, misfit, numbers, picture


def test_the_rates_are_found_from_the_numbers():
    assert fitted(numbers(RATES)) == pytest.approx(RATES, rel=1e-6)
    assert fitted(numbers([1.2, 0.8, 2.5, 0.9])) == pytest.approx([1.2, 0.8, 2.5, 0.9], rel=1e-4)


def test_the_compiled_gradient_is_the_eager_one():
    seen, logs = numbers(RATES), [0.1, -0.2, 0.8, 0.3]
    value, slopes = value_and_grad(misfit)(logs, seen)
    found, other = compile(value_and_grad(misfit), backend="python")(logs, seen)
    assert found == pytest.approx(value, rel=1e-13)
    assert other == pytest.approx(slopes, rel=1e-12)
    h = 1e-6
    for k in range(4):
        up, down = ([x + s * h * (i == k) for i, x in enumerate(logs)] for s in (1, -1))
        assert slopes[k] == pytest.approx((misfit(up, seen) - misfit(down, seen)) / (2 * h), rel=1e-6)


def test_the_picture_has_prey_and_predators_at_each_time():
    lines = picture([START, [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [4.0, 2.0]], width=8).splitlines()
    assert lines == [" xo", "    x   o"]
    assert all("x" in line or "o" in line for line in lines)


def test_it_tells(capsys):
    main()
    told = capsys.readouterr().out
    assert "true 1.5, 1.0, 3.0, 1.0" in told
    assert "1.5000, 1.0000, 3.0000, 1.0000" in told
