"""The documented order in which samples are added up."""

import math

from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.backends.batch_order import BLOCK, LANES, batch_sum, tree

floats = st.floats(-1e6, 1e6)


@given(st.lists(floats, min_size=LANES, max_size=LANES))
def test_tree_is_the_stated_sum(a):
    assert tree(a) == ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]))


@given(st.lists(floats, max_size=50), st.integers(0, 3))
def test_sample_i_goes_to_accumulator_i_mod_8_of_its_block(xs, blocks):
    xs = [0.1 * i for i in range(blocks * BLOCK)] + xs
    result = 0.0
    for start in range(0, len(xs), BLOCK):
        lanes = [0.0] * LANES
        for i, x in enumerate(xs[start : start + BLOCK]):
            lanes[i % LANES] += x
        result += tree(lanes)
    assert batch_sum(xs) == result


@given(st.lists(st.integers(-(2**40), 2**40).map(float), max_size=3000))
def test_exact_sums_are_exact(xs):
    assert batch_sum(xs) == math.fsum(xs)


def test_the_documented_numbers():
    assert (BLOCK, LANES) == (1024, 8)


def test_no_samples_sum_to_zero():
    assert batch_sum([]) == 0.0
    assert math.copysign(1.0, batch_sum([-0.0])) == 1.0  # as every back end has it: from 0.0 on
