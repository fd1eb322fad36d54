"""Random functions under random transforms have the bits of the eager engine, in generated Python and native code."""

import dags
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import compile

CHUNKS, CHUNK = 20, 100  # 2,000 functions


def case(choose):
    """A function as text, the name of a transform, and a point."""
    text = dags.source(choose)
    return text, choose.one_of(list(dags.TRANSFORMS)), dags.point(choose, 3)


def report(text, transform, x, expected, found):
    return f"{text}\n{transform} at x = {x!r}\neager    {expected!r}\ncompiled {found!r}"


def check(cases, backend):
    """All cases in one program, where eager does not raise."""
    functions = [dags.function(text) for text, _, _ in cases]
    expected = [dags.eagerly(transform, f, x) for f, (_, transform, x) in zip(functions, cases, strict=True)]
    kept = [i for i, result in enumerate(expected) if result is not None]

    def everything(points):
        return [dags.TRANSFORMS[cases[i][1]](functions[i])(x) for i, x in zip(kept, points, strict=True)]

    found = compile(everything, backend=backend)([cases[i][2] for i in kept])
    for i, result in zip(kept, found, strict=True):
        assert dags.same_bits(expected[i], result), report(*cases[i], expected[i], result)
    return len(kept)


@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_two_thousand_functions(chunk, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    cases = [case(dags.Chooser(chunk * CHUNK + i)) for i in range(CHUNK)]
    assert check(cases, backend) > CHUNK // 2  # most of them raise nowhere


@settings(max_examples=200)
@given(st.data())
def test_any_function(data):
    """The same, drawn so that a failure shrinks."""
    check([case(dags.Drawn(data.draw))], "python")


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


def parts(x):
    """The arrays in a result of samples, each flat but for the samples, column by column."""
    if isinstance(x, (list, tuple)):
        return [column for part in x for column in parts(part)]
    return list(x.reshape(len(x), -1).T)


def test_a_difference_would_be_seen(monkeypatch):
    """The test of the test: a wrong sign of zero in one row fails."""
    from autograd_lite.compiling import source

    monkeypatch.setitem(source.INFIX, "mul", "0.0 + {} * {}")
    cases = [case(dags.Chooser(i)) for i in range(3 * CHUNK)]
    with pytest.raises(AssertionError, match="def f"):
        check(cases, "python")
