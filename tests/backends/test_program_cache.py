"""A compiled function keeps a bounded number of programs, those that were used last, and tells once what changes."""

import gc
import warnings
import weakref

import numpy as np
import pytest

from autograd_lite import Program, Value, compile, nn
from autograd_lite.backends.program_cache import PROGRAMS


class Scaled(nn.Module):
    def __init__(self):
        self.w, self._scale = Value(1.0), 0.0

    def forward(self, x):
        return self.w * self._scale * x


def told(f, calls):
    """The warnings of so many calls."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        for call in calls:
            f(*call)
    return [str(w.message) for w in found]


def set_scale(model, x):
    model._scale = x
    return model


CHANGES = {
    "argument xs was a list of": lambda: ((lambda xs: xs[0]), (([1.0] * (n + 1),) for n in range(3 * PROGRAMS))),
    r"argument xs\['k'\] was an array of shape": lambda: (
        (lambda xs: xs["k"].sum()), (({"k": np.zeros(n + 1)},) for n in range(3 * PROGRAMS))
    ),
    "argument m is another Scaled; keep one": lambda: (
        (lambda m: m(1.0)), ((Scaled(),) for n in range(3 * PROGRAMS))
    ),
    "the setting _scale of the Scaled in m changes": lambda: (
        (lambda m: m(1.0)), ((set_scale(m, float(n)),) for m in [Scaled()] for n in range(3 * PROGRAMS))
    ),
}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("change", CHANGES)
def test_ever_new_structures_are_bounded_with_one_warning(change):
    f, calls = CHANGES[change]()
    f = compile(f, backend="python")
    (message,) = told(f, calls)
    assert len(f.entries) == PROGRAMS
    with pytest.warns(UserWarning, match=change):
        warnings.warn(message, stacklevel=1)


def test_rebinding_for_ever_is_told_once_too():
    held = [Value(1.0)]
    f = compile(lambda x: held[0] * x, backend="python")
    (message,) = told(f, ((held.__setitem__(0, Value(2.0)) or 1.0,) for _ in range(3 * PROGRAMS)))
    assert "assign the .data of a Value" in message


def test_few_structures_are_told_nothing():
    f = compile(lambda xs: xs[0], backend="python")
    assert told(f, (([1.0] * (n % PROGRAMS + 1),) for n in range(3 * PROGRAMS))) == []


def test_what_is_used_again_and_again_stays():
    f = compile(lambda x: x.sum(), backend="python")
    x = np.zeros(3)
    program = f.trace(x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in range(4, 4 + 3 * PROGRAMS):
            f(np.zeros(n))
            f(x)
    assert f.trace(x) is program


@pytest.mark.thorough
def test_programs_that_are_dropped_are_freed():
    f = compile(lambda xs: xs[0] * 2.0, backend="python")
    programs = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in range(2 * PROGRAMS):
            f([1.0] * (n + 1))
            programs.append(weakref.ref(f.trace([1.0] * (n + 1))))
    gc.collect()
    assert sum(program() is not None for program in programs) == PROGRAMS
    assert len({entry for entry, _ in f.routes.values()} - set(f.entries.values())) == 0


@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_programs_that_were_called_by_themselves_are_freed(backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    x = Value(2.0)
    program = Program.from_values([x * x], [x])
    assert program(3.0, backend=backend) == 9.0
    seen = weakref.ref(program), weakref.ref(program.codes[backend])
    del program
    gc.collect()
    assert [ref() for ref in seen] == [None, None]


def test_the_count_and_the_reason_of_each_program_are_told():
    w = [Value(2.0)]
    f = compile(lambda xs: xs[0] * w[0], backend="python")
    f([1.0])
    assert (f.recompilations, str(f.trace([1.0])).count("#")) == ([], 0)
    f([1.0, 2.0])
    w[0] = Value(3.0)
    f([1.0, 2.0])
    sizes, rebound = f.recompilations
    assert "argument xs was a list of 1, then a list of 2" in sizes
    assert "another Value" in rebound
    assert str(f.trace([1.0, 2.0])).startswith("# program 3 of <lambda>, since another Value")
    assert len(f.recompilations) == 2
    for n in range(3 * PROGRAMS):
        f([1.0] * (n + 3))
    assert len(f.recompilations) == PROGRAMS
