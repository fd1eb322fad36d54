"""A row that is entered at run time works everywhere: one call of `primitive`, and nothing else is told of it."""

import cmath
import math
import pickle
import sys

import pytest
from hypothesis import given, settings

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, grad, gradients, primitive
from autograd_lite.cli.table import table
from autograd_lite.explaining.documentation import documentation_of
from autograd_lite.testing import gradcheck, operands

LN2 = math.log(2.0)


def complex_log_cosh(x):
    y = x if x.real > 0.0 else -x
    return y + cmath.log(1.0 + cmath.exp(-2.0 * y))


@pytest.fixture
def enter():
    """`primitive`, whose rows are gone after the test."""
    before = set(PRIMITIVES)
    yield primitive
    for name in set(PRIMITIVES) - before:
        del PRIMITIVES[name]


@pytest.fixture
def log_cosh(enter):
    """ln cosh x, with columns enough for every use."""
    return enter(
        "log_cosh",
        lambda x: math.fabs(x) + math.log1p(math.exp(-2.0 * math.fabs(x))) - LN2,
        (lambda out, x: ag.tanh(x),),
        "ln cosh x",
        sign="ln cosh",
        latex=r"\ln\cosh",
        complex_value=complex_log_cosh,
        intervals=((-1e6, 1e6),),
        lowering=lambda x: ag.abs(x) + ag.log1p(ag.exp(-2.0 * ag.abs(x))) - LN2,
        role="activation",
    )


POINTS = [-3.0, -0.5, 0.25, 2.0, 40.0]


@pytest.mark.parametrize("x", POINTS)
def test_values_and_derivatives(log_cosh, x):
    slope, bend = math.tanh(x), 1.0 / math.cosh(x) ** 2
    assert log_cosh(x) == log_cosh(Value(x)).data == pytest.approx(math.log(math.cosh(x)), rel=1e-12)
    assert Value(x).apply(log_cosh, (Value(x),)).op == "log_cosh"
    assert grad(log_cosh)(x) == pytest.approx(slope, rel=1e-15)
    assert grad(grad(log_cosh))(x) == pytest.approx(bend, rel=1e-14)
    assert ag.jvp(log_cosh, (x,), (2.0,))[1] == pytest.approx(2.0 * slope, rel=1e-15)
    assert ag.hessian(lambda a, b: log_cosh(a * b), argnums=(0, 1))(x, 1.0)[0][0] == pytest.approx(bend, rel=1e-12)


@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_back_ends(log_cosh, backend):
    pytest.importorskip("llvmlite" if backend == "llvm" else "numpy")
    for f in (log_cosh, grad(log_cosh), grad(grad(log_cosh)), grad(lambda x: log_cosh(x) * ag.sin(x))):
        compiled = ag.compile(f, backend=backend)
        for x in POINTS:
            assert compiled(x) == pytest.approx(f(x), rel=1e-13 if backend == "numpy" else 0.0, abs=0.0)


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_row_without_a_lowering_is_called(enter, backend):
    """Each sample calls its function of Python; a domain error of it is nan there, as in all compiled programs."""
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    row = enter("root_of_sine", lambda x: math.sqrt(math.sin(x)), (lambda out, x: ag.cos(x) / (2.0 * out),))
    compiled = ag.compile(lambda x: 3.0 * row(x), backend=backend)
    assert compiled(1.0) == 3.0 * math.sqrt(math.sin(1.0))
    assert math.isnan(compiled(4.0))
    slope = ag.compile(grad(row), backend=backend)
    assert slope(1.0) == grad(row)(1.0)


def test_a_back_end_that_does_not_know_it_names_it(enter):
    numpy = pytest.importorskip("numpy")
    row = enter("root_of_sine", lambda x: math.sqrt(math.sin(x)), (lambda out, x: ag.cos(x) / (2.0 * out),))
    with pytest.raises(NotImplementedError, match="root_of_sine"):
        ag.compile(ag.vmap(row), backend="numpy")(numpy.ones(3))


def test_checks(log_cosh):
    report = gradcheck(lambda x: log_cosh(x) * x, 0.7, order=2)
    assert report
    assert not report.notes  # by the complex step too

    @settings(max_examples=20)
    @given(operands(log_cosh))
    def check(xs):
        assert 0.0 <= log_cosh(*xs) <= abs(xs[0])

    check()


def test_a_wrong_rule_is_found(enter):
    row = enter("half_sine", lambda x: math.sin(x) / 2.0, (lambda out, x: ag.cos(x),), lowering=lambda x: ag.sin(x) / 2)
    assert "expected" in str(gradcheck(row, 0.5))


def test_it_is_drawn_explained_and_documented(log_cosh):
    x = Value(0.5, label="x")
    y = log_cosh(x)
    assert "ln cosh" in ag.draw(y).source
    text = ag.explain(y).text
    assert "log_cosh(x) = log_cosh(0.5)" in text
    assert "tanh(x)" in text
    assert table([log_cosh]).splitlines()[-1] == "| log_cosh | ln cosh x | d/dx = tanh(x) | all reals | none |"
    assert documentation_of(log_cosh).startswith("log_cosh(x) = ln cosh x\n")


def test_rows_of_any_number_and_of_pairs(enter):
    rows = [
        enter("total", lambda xs: math.fsum(xs), lambda out, xs: [1.0] * len(xs), empty=0.0),
        enter("distance", lambda wx: math.dist(*halves(wx)), directions, sequences=2),
    ]
    total, distance = rows
    xs = [Value(3.0), Value(0.0)]
    ys = [Value(0.0), Value(4.0)]
    assert (total([]), distance(xs, ys).data) == (0.0, 5.0)
    assert gradients(total(xs) * 2.0, xs) == [2.0, 2.0]
    assert gradients(distance(xs, ys), [*xs, *ys]) == [0.6, -0.8, -0.6, 0.8]
    with pytest.raises(ValueError, match="distance pairs its operands, but got 2 and 1"):
        distance(xs, ys[:1])
    with pytest.raises(ValueError, match="distance of no operands has no value"):
        distance([], [])


def halves(wx):
    return wx[: len(wx) // 2], wx[len(wx) // 2 :]


def directions(out, wx):
    ahead = [(a - b) / out for a, b in zip(*halves(wx), strict=True)]
    return [*ahead, *[-x for x in ahead]]


def test_a_row_is_pickled_by_import(enter, monkeypatch):
    module = sys.modules[__name__]
    row = enter("cubed", lambda x: x * x * x, (lambda out, x: 3.0 * x * x,))
    monkeypatch.setattr(module, "cubed", row, raising=False)
    monkeypatch.setitem(sys.modules, row.value.__module__, module)
    text = pickle.dumps(row)
    assert b"cubed" in text
    assert pickle.loads(text) is row
    del PRIMITIVES["cubed"]  # no matter: its module keeps it
    assert pickle.loads(pickle.dumps(row)) is row
    assert pickle.loads(pickle.dumps(row(Value(2.0)))).row is row


def test_what_is_no_row_is_refused(enter):
    value, partials = math.sin, (lambda out, x: ag.cos(x),)
    with pytest.raises(ValueError, match=r"the table has a row sin already.*choose another name"):
        enter("sin", value, partials)
    with pytest.raises(ValueError, match="the table has a row detached already"):
        enter("detached", value, partials)
    with pytest.raises(ValueError, match="called by its name, but got '2 sin'"):
        enter("2 sin", value, partials)
    with pytest.raises(TypeError, match="has no column kink; its columns are"):
        enter("my_sin", value, partials, kink="none")
    for wrong in ((1.0, partials), (value, 1.0), (value, None)):
        with pytest.raises(TypeError):
            enter("my_sin", *wrong)
    assert "my_sin" not in PRIMITIVES


def test_whole_numbers_are_partials_too(enter):
    row = enter("twice", lambda x: 2.0 * x, (2,))
    assert grad(row)(5.0) == 2.0
