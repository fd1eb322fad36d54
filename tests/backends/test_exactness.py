"""Random functions under random transforms have the bits of the eager engine, in generated Python and native code."""

import dags
import numpy
import pytest
from comparing import PARTS, Tally, case, compare_at_points, compare_engines, parts, report
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import compile

CHUNKS, CHUNK = 20, 100  # 2,000 functions


def check(cases, backend):
    """All cases in one program, where eager does not raise."""
    tally = compare_at_points(cases, backend)
    assert not tally.failures, tally.failures[0]
    return tally.dags


@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_two_thousand_functions(chunk, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    cases = [case(dags.Chooser(chunk * CHUNK + i)) for i in range(CHUNK)]
    assert check(cases, backend) > CHUNK // 2  # most of them raise nowhere


@pytest.mark.thorough
@settings(max_examples=200)
@given(st.data())
def test_any_function(data):
    """The same, drawn so that a failure shrinks."""
    check([case(dags.Drawn(data.draw))], "python")


@pytest.mark.thorough
@settings(max_examples=100)
@given(st.data())
def test_vmap_of_any_function_is_that_function_of_each_sample(data):
    choose = dags.Drawn(data.draw)
    text, transform = dags.source(choose), choose.one_of(list(dags.TRANSFORMS))
    points = [dags.point(choose, 3) for _ in range(choose.integer(1, 4))]
    f = dags.function(text)
    expected = [dags.eagerly(transform, f, x) for x in points]
    mapped = ag.vmap(dags.TRANSFORMS[transform](f))
    for samples in (points, numpy.array(points)):
        found = compile(mapped, backend="python")(samples)
        for i, (x, result) in enumerate(zip(points, expected, strict=True)):
            if result is not None:
                of_sample = [float(part[i]) for part in parts(found)] if samples is not points else found[i]
                assert dags.same_bits(result, of_sample), report(text, transform, x, result, of_sample)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(10))
def test_engines_with_functions_of_their_own_keep_their_bounds(seed):
    """Lanes, numpy and fastmath: the first of the hundred thousand that `python tests/regime.py --long dags` runs."""
    pytest.importorskip("llvmlite")
    tally = compare_engines(PARTS["dags"].first + seed, 5)
    assert not tally.failures, tally.failures[0]
    assert tally.dags >= 3


@pytest.mark.thorough
def test_a_result_beyond_its_bound_would_be_seen(monkeypatch):
    """The test of the test: an exponential that is off by 200 ulps fails, by 2 it does not."""
    from autograd_lite.backends import array_rows

    pytest.importorskip("llvmlite")
    for error, seen in ((2.0**-43, True), (2.0**-51, False)):
        monkeypatch.setattr(array_rows.numpy, "exp", lambda x, off=1.0 + error: numpy.e**x * off)
        tally = Tally()
        for seed in range(2):
            tally.add(compare_engines(seed, 15))
        assert any("numpy [" in text for text in tally.failures) == seen


@pytest.mark.thorough
def test_a_difference_would_be_seen(monkeypatch):
    """The test of the test: a wrong sign of zero in one row fails."""
    from autograd_lite.backends import python

    monkeypatch.setattr(python, "operators", lambda row: "0.0 + {} * {}" if row.name == "mul" else row.python)
    cases = [case(dags.Chooser(i)) for i in range(3 * CHUNK)]
    with pytest.raises(AssertionError, match="def f"):
        check(cases, "python")
