"""The parabola and the line of the lecture, with its numbers."""

from itertools import pairwise

import pytest

from autograd_lite.examples.line import main, parabola, trend


def test_descent_visits_the_places_of_the_lecture_and_stops():
    places = parabola(eps=1e-3)
    assert places[:3] == pytest.approx([-4.0, -3.0, -2.2])
    falls = [abs((b - 1.0) ** 2 - (a - 1.0) ** 2) for a, b in pairwise(places)]
    assert falls[-1] < 1e-3 <= min(falls[:-1])
    assert parabola(eps=1e-12)[-1] == pytest.approx(1.0, abs=1e-5)


def test_a_rate_that_is_too_large_goes_astray():
    assert parabola(rate=0.001)[1] == pytest.approx(-3.99)  # and one that is too small hardly moves
    with pytest.raises(OverflowError):
        parabola(rate=1.1)


def test_the_line_of_least_squares():
    assert trend() == pytest.approx((2.3, 54.5))


def test_it_tells(capsys):
    main()
    assert "grow by 2.3000 a year; 2018 should see 54.5000" in capsys.readouterr().out
