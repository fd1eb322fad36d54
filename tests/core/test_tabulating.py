"""How the regime draws its points: by the spacing of floats, with everything that is special; and every row there."""

import math
import random
from collections import Counter

import pytest
from precision import MANY, REASONS
from recording import recorded
from tabulating import drawn, sample, worst_of

from autograd_lite import PRIMITIVES
from autograd_lite.testing.domains import intervals, kink_distance
from autograd_lite.testing.precision import LARGEST, SMALLEST, float_at, next_float, position, ulps

DRAWS = 6000


def draws(name, count=DRAWS):
    source, row = random.Random(name), PRIMITIVES[name]
    return [sample(row, source) for _ in range(count)]


def test_floats_are_drawn_by_their_spacing():
    """Each as likely as any other: all binades come up alike, of both signs."""
    source = random.Random(0)
    xs = [float_at(source.randint(position(-LARGEST), position(LARGEST))) for _ in range(DRAWS)]
    exponents = Counter(math.frexp(x)[1] // 128 for x in xs)
    assert set(exponents) >= set(range(-7, 8))
    for k in range(-7, 8):  # 128 of 2046 binades each
        assert abs(exponents[k] - DRAWS * 128 / 2046) < 5 * math.sqrt(DRAWS * 128 / 2046)
    assert abs(sum(x < 0.0 for x in xs) - DRAWS / 2) < 5 * math.sqrt(DRAWS) / 2


@pytest.mark.parametrize("name", ["sin", "atan", "abs", "cbrt", "mul", "maximum"])
def test_everything_special_is_drawn(name):
    xs = [x for operands in draws(name) for x in operands]
    normal = 2.0**-1022
    assert sum(0.0 < abs(x) < normal for x in xs) > DRAWS / 50
    assert {(x, math.copysign(1.0, x)) for x in xs if x == 0.0} == {(0.0, 1.0), (0.0, -1.0)}
    for special in (SMALLEST, -SMALLEST, LARGEST, -LARGEST, next_float(1.0), next_float(1.0, -1), normal, 2.5, -3.0):
        assert special in xs, special
    assert sum(abs(x) > 1e100 for x in xs) > DRAWS / 50
    assert sum(0.1 < abs(x) < 10.0 for x in xs) > DRAWS / 10


@pytest.mark.parametrize("name", ["maximum", "minimum", "clip", "max", "floor", "round", "relu", "mod"])
def test_kinks_and_their_neighbours_are_drawn(name):
    row = PRIMITIVES[name]
    distances = [kink_distance(row, xs) / max(map(math.ulp, xs)) for xs in draws(name)]
    assert sum(d == 0.0 for d in distances) > DRAWS / 500
    assert sum(0.0 < d <= 2.0 for d in distances) > DRAWS / 500


@pytest.mark.thorough
@pytest.mark.parametrize("row", PRIMITIVES.values(), ids=lambda row: row.name)
def test_operands_stay_in_their_intervals_and_reach_the_ends(row):
    tuples = [xs for xs in draws(row.name, 1000) if row.arity is not None]
    for i, (low, high) in enumerate(intervals(row, row.arity or 0)):
        column = [xs[i] for xs in tuples]
        assert all(low <= x <= high for x in column)
        margin = (position(high) - position(low)) // 50
        assert position(min(column)) <= position(low) + margin
        assert position(max(column)) >= position(high) - margin


def test_only_the_interval_is_drawn():
    source = random.Random(0)
    assert all(0.25 <= drawn(source, 0.25, 0.5, [7.0, -1.0]) <= 0.5 for _ in range(DRAWS))


@pytest.mark.thorough
@pytest.mark.parametrize("row", PRIMITIVES.values(), ids=lambda row: row.name)
def test_every_row_keeps_its_bounds(row):
    looked, value, partial = worst_of(row, random.Random(f"{row.name}, in CI"), 60)
    assert looked > 25
    assert value[1] <= 1.0
    assert partial[1] <= 1.0


def test_a_row_with_many_ulps_has_its_reason():
    rows = recorded("rows")["figures"]
    assert set(rows) == set(PRIMITIVES)
    assert {name for name, (_, value, partial) in rows.items() if max(value[0], partial[0]) > MANY} <= set(REASONS)
    assert all(max(value[1], partial[1]) <= 1.0 for _, value, partial in rows.values())


def test_an_error_of_an_ulp_would_be_seen():
    assert ulps(next_float(0.1), 0.1) == 1.0
    assert worst_of(PRIMITIVES["add"], random.Random(0), 200)[1][0] > 0.4
