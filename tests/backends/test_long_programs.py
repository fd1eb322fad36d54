"""Before a long program is compiled, a warning names the loop and what to write instead."""

import warnings

import pytest

import autograd_lite as ag
from autograd_lite import compile, scan, value_and_grad
from autograd_lite.backends import long_programs


def unrolled(x):
    total = x
    for _ in range(200):
        total = ag.sin(total)
    return total


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(long_programs, "PATIENCE", 100 * long_programs.SECONDS)


def test_the_loop_of_the_function_is_named(impatient):
    pytest.importorskip("llvmlite")
    line = unrolled.__code__.co_firstlineno + 2
    for f in (unrolled, value_and_grad(unrolled)):
        with pytest.warns(UserWarning, match=rf"test_long_programs.py:{line} is written out .* write loops as scan"):
            compile(f)(0.5)


def test_short_programs_and_loops_are_quiet(impatient):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile(lambda x: scan(lambda c, _: (ag.sin(c), None), x, length=1000)[0])(0.5)
        compile(unrolled, backend="python")(0.5)


def test_functions_without_a_source_have_no_place():
    assert long_programs.loop_in(len) == ""
    assert long_programs.loop_in(lambda x: x) == ""
