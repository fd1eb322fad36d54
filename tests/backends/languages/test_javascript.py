"""Programs as JavaScript: the bits of exact rows, and all others within their bounds, in Node."""

import comparing
import drawn_programs
import javascript_rows
import programs
import pytest
import sources

from autograd_lite import compile, tanh, value_and_grad, vmap

pytestmark = pytest.mark.skipif(sources.NODE is None, reason="there is no node on the path")


@pytest.mark.parametrize("limits", [sources.LIMITS, sources.CUT], ids=["whole", "cut"])
def test_exact_rows_have_the_bits_of_the_plainest_reading(limits):
    drawings = drawn_programs.drawings(range(60), programs.EXACT)
    drawn_programs.check(drawings, sources.in_node(*drawn_programs.calls(drawings), limits))


@pytest.mark.parametrize("limits", [sources.LIMITS, sources.CUT], ids=["whole", "cut"])
def test_loops_gathers_and_long_sums_have_the_bits_of_the_plainest_reading(limits):
    drawings = drawn_programs.with_arrays()
    drawn_programs.check(drawings, sources.in_node(*drawn_programs.calls(drawings), limits))


def test_an_expression_is_called_with_numbers_or_nests_of_them():
    f = value_and_grad(vmap(lambda w, x: tanh(w[0] * x[0] + w[1]), (None, 0), "mean"))
    step = compile(f, backend="python")
    w, X = [0.5, -0.25], [[1.0], [2.0], [-3.0]]
    source = step.trace(w, X).source("javascript", module=False)
    value, gradient = step(w, X)
    (found,) = sources.evaluated(
        f"console.log(JSON.stringify(({source.strip()})({w}, {X}).map((x) => Array.from(x, String))))"
    )
    assert sources.flat(found) == pytest.approx([value, *gradient], rel=1e-14)


@pytest.mark.parametrize("row", javascript_rows.rows(), ids=lambda row: row.name)
def test_every_row_is_within_its_bound(row):
    distance, at = javascript_rows.worst(row, 300)
    assert distance <= javascript_rows.bound(row, at), at


@pytest.mark.parametrize("row", javascript_rows.rows(), ids=lambda row: row.name)
def test_special_operands_give_what_the_engine_gives(row):
    """nan, infinities and the signs of zeros alike; other numbers as near as the bound."""
    drawn = drawn_programs.of_row(row)
    ((found,),) = sources.in_node(*drawn_programs.calls([drawn]))
    _, (points,), _ = drawn
    for point, got in zip(points, found, strict=True):
        want = row.ieee_value(*point)
        assert javascript_rows.ulps(row, want, got) <= javascript_rows.bound(row, point), (point, want, got)
        assert want != 0.0 or repr(got) == repr(want), (point, want, got)


def test_random_functions_are_within_the_bound_of_their_conditions():
    tally = comparing.compare_engines(1, 5, (("javascript", False),))
    assert tally.results
    assert not tally.failures


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_2000_random_functions_are_within_the_bound_of_their_conditions(seed):
    tally = comparing.compare_engines(10**6 + seed, 20, (("javascript", False),))
    assert tally.results
    assert not tally.failures
