"""Before a long program is made or compiled, a warning names the loop and what to write instead."""

import functools
import warnings

import pytest

import autograd_lite as ag
from autograd_lite import compile, scan, value_and_grad
from autograd_lite.program import long_programs


def unrolled(x):
    scales = [0.1 * k for k in range(3)]
    total = x
    for k in range(200):
        total = ag.sin(total) + scales[k % 3]
    return total


class Model:
    def __init__(self):
        self.scale = 2.0

    def __call__(self, x):
        return helped(x) * self.scale


def helped(x):
    return unrolled(x) * 2.0


def bound(scale, x):
    return unrolled(x) * scale


LINE = unrolled.__code__.co_firstlineno + 3


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(long_programs, "PATIENCE", 300 * long_programs.RECORDED)


@pytest.mark.parametrize(
    "f",
    [unrolled, value_and_grad(unrolled), helped, Model(), functools.partial(bound, 2.0), lambda x: helped(x) + x],
    ids=["itself", "its gradient", "called", "an object that calls it", "partial", "by a lambda"],
)
def test_the_loop_is_named_once_with_the_cure(impatient, f):
    with pytest.warns(
        UserWarning, match=rf"loop at .*test_long_programs.py:{LINE} is .* write the loop as scan"
    ) as told:
        compile(f)(0.5)
    assert len(told) == 1


def test_several_loops_are_named(impatient):
    def f(x):
        return helped(x) + sum([x * k for k in range(5)])

    line = f.__code__.co_firstlineno + 1
    with pytest.warns(UserWarning, match=rf":{line} or .*:{LINE} is"):
        compile(f)(0.5)


def test_native_code_of_what_does_not_repeat_is_told_of(monkeypatch):
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(long_programs, "PATIENCE", 100 * long_programs.COMPILED)
    with pytest.warns(UserWarning, match=rf"instructions, since the loop at .*:{LINE}"):
        compile(unrolled)(0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile(unrolled, backend="python")(0.5)


def test_short_programs_and_loops_are_quiet(impatient):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compile(lambda x: scan(lambda c, _: (ag.sin(c), None), x, length=1000)[0])(0.5)


def test_functions_without_a_source_have_no_place():
    assert long_programs.loops_of(len) == []
    assert long_programs.loops_of(lambda x: x) == []
    assert long_programs.loops_of(ag.sin) == []
