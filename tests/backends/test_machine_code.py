"""Machine code from the disk: the same bits, never what was tampered with, and nothing of the process that made it."""

import gc
import math
import os
import subprocess
import warnings
from itertools import count
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import ROOT, python, ran

import autograd_lite as ag
from autograd_lite import compile, grad, scan, sin, value_and_grad, vmap
from autograd_lite.backends.llvm import compilation, engine, machine_code
from autograd_lite.support import code_cache

pytest.importorskip("llvmlite")


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache, with the modules that are compiled counted."""
    monkeypatch.setenv(code_cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(code_cache, "STATE", code_cache.State())
    machine_code.MADE.clear()
    return tmp_path / "cache"


@pytest.fixture
def made(monkeypatch):
    """The modules that were compiled."""
    found = []
    real = engine.machine
    monkeypatch.setattr(engine, "machine", lambda level: found.append(level) or real(level))
    return found


def layers(p, x):
    return sum(ag.tanh(sum(w * v for w, v in zip(p[k : k + 3], x, strict=True))) for k in range(0, 12, 3))


def looped(x):
    return scan(lambda c, _: (c + 0.1 * sin(c) * ag.lgamma(c), None), x, None, length=50)[0]


def written_out(x):
    for _ in range(300):
        x = x + 0.1 * sin(x)
    return x


P, X = np.linspace(0.1, 0.9, 12), np.linspace(-1.0, 1.0, 60).reshape(20, 3)
JOBS = {
    "rows": (lambda: value_and_grad(lambda x: ag.exp(x) * ag.hypot(x, 2.0) + x**2.5), (1.3,), False),
    "samples": (lambda: value_and_grad(vmap(layers, in_axes=(None, 0), reduce="mean")), (P, X), False),
    "fast": (lambda: vmap(lambda x: ag.tanh(x) * ag.log(x)), (np.linspace(0.1, 2.0, 50),), True),
    "loop": (lambda: grad(looped), (1.3,), False),
    "written out": (lambda: grad(written_out), (1.3,), False),
    "kernels": (lambda: grad(lambda a: ag.linalg.slogdet(a)[1]), ([[2.0, 1.0], [0.5, 3.0]],), False),
    "constants": (lambda: ag.jacobian(lambda x: [2.0 * v for v in x]), (np.linspace(0.0, 1.0, 20),), False),
}


def result(name):
    build, arguments, fastmath = JOBS[name]
    return repr(compile(build(), backend="llvm", fastmath=fastmath)(*arguments))


@pytest.mark.parametrize("name", JOBS)
def test_code_from_the_disk_has_the_same_bits(cache, made, name):
    machine_code.KERNELS.clear()
    expected = result(name)
    assert made
    assert list(cache.iterdir())
    del made[:]
    machine_code.KERNELS.clear()
    with mock.patch.object(compilation, "prepared", side_effect=AssertionError("nothing is to be planned")):
        assert result(name) == expected
    assert made == []


@pytest.mark.parametrize("name", ["rows", "loop"])
def test_strict_code_is_not_made_with_fastmath(cache, name):
    build, arguments, _ = JOBS[name]
    assert result(name) == repr(compile(build(), backend="python")(*arguments))


def test_another_file_of_what_writes_code_is_another_library(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_code, "PACKAGE", str(tmp_path))
    files = [
        tmp_path / name for name in ("core/a.py", "program/inner/b.py", "backends/c.so", "backends/__pycache__/d.py")
    ]
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("one")

    def seen():
        return machine_code.library.__wrapped__()

    for path in files:
        before = seen()
        path.write_text("three")
        longer = seen()
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
        assert (longer != before, seen() != longer) == (path.parent.name != "__pycache__",) * 2
    monkeypatch.setattr(machine_code, "PACKAGE", str(tmp_path / "in an archive"))
    assert seen() == ""


def test_another_function_option_or_library_has_code_of_its_own(cache, made, monkeypatch):
    def number_made(f, **how):
        del made[:]
        machine_code.MADE.clear()
        compile(f, backend="llvm", **how)(1.5)
        return len(made)

    assert [number_made(lambda x: sin(x) + 2.0) for _ in range(2)] == [2, 0]
    assert number_made(lambda x: sin(x) + 3.0)
    assert number_made(lambda x: sin(x) + 2.0, fastmath=True)
    for name in ("library", "requirements"):
        with monkeypatch.context() as patch:
            patch.setattr(machine_code, name, lambda: "another")
            assert number_made(lambda x: sin(x) + 2.0)
    assert number_made(lambda x: sin(x) + 2.0) == 0


def test_code_that_calls_rules_of_users_is_not_kept(cache):
    def scaled(slope):
        return ag.custom_derivative(lambda x: math.sqrt(x) * slope, lambda out, x: (slope,))

    for slope in (2.0, 3.0):
        assert compile(value_and_grad(scaled(slope)), backend="llvm")(1.0) == (slope, slope)
    assert not cache.exists() or list(cache.iterdir()) == []


@pytest.mark.thorough
@given(place=st.floats(0.0, 1.0, exclude_max=True), bit=st.integers(0, 7))
def test_what_was_tampered_with_never_runs(tmp_path_factory, place, bit):
    linked = []
    real = engine.Engine.__init__

    def linking(self, objects, *rest):
        linked.append(list(objects))
        real(self, objects, *rest)

    folder = tmp_path_factory.mktemp("cache")
    with (
        mock.patch.dict(os.environ, {code_cache.VARIABLE: str(folder)}),
        mock.patch.object(code_cache, "STATE", code_cache.State()),
        mock.patch.object(engine.Engine, "__init__", linking),
        warnings.catch_warnings(record=True) as told,
    ):
        warnings.simplefilter("always")
        assert compile(lambda x: x * 3.0, backend="llvm")(2.0) == 6.0
        (path,) = folder.iterdir()
        content = bytearray(path.read_bytes())
        content[int(place * len(content))] ^= 1 << bit
        path.write_bytes(content)
        assert compile(lambda x: x * 3.0, backend="llvm")(2.0) == 6.0
        assert linked[0] == linked[1]
        assert len(told) == 1
        assert "is made anew" in str(told[0].message)


FIRST = """

import autograd_lite as ag
def step(x):
    return ag.scan(lambda c, _: (ag.sin(c) + ag.digamma(c + 3.0), None), x, None, length=9)[0]
f = ag.compile(ag.value_and_grad(step), backend="llvm")
print(f(0.5), f(1.5))
"""


def test_another_process_runs_it(cache):
    """It holds no address: each process has its libraries at other places."""
    first = ran("-W", "error", "-c", FIRST).stdout
    kept = {path.name: path.read_bytes() for path in cache.iterdir()}
    assert len(kept) == 1
    assert ran("-W", "error", "-c", FIRST).stdout == first
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == kept


def test_processes_that_start_together_do(cache):

    started = [
        subprocess.Popen(python("-W", "error", "-c", FIRST), cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert len({(process.communicate()[0], process.returncode) for process in started}) == 1
    assert all(process.returncode == 0 for process in started)


def resident():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


NUMBER = count()


def straight():
    k = next(NUMBER)
    return lambda x: sin(x * (k + 0.1)) + ag.exp(x) * (k + 0.2)


def with_loop():
    k = next(NUMBER)
    return grad(lambda x: scan(lambda c, _: (c * (1.0 + 1e-9 * k) + sin(c), None), x, None, length=5)[0])


def with_callback():
    k = next(NUMBER)
    return ag.custom_derivative(lambda x: math.sqrt(x) + k, lambda out, x: (0.0,))


def with_call():
    k = next(NUMBER)
    inner = compile(lambda x: sum(sin(x * (k + i + 0.5)) for i in range(60)), backend="llvm")
    return lambda x: inner(x) + inner(x + 1.0)


@pytest.mark.thorough
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="resident memory is read from /proc")
@pytest.mark.parametrize("build", [straight, with_loop, with_callback, with_call])
def test_memory_of_dropped_functions_returns(build):
    """200 functions, after 200 that fill the pools of the allocators: of 20 kB and more of code each, nothing stays."""
    for _ in range(200):
        compile(build(), backend="llvm")(0.5)
    before = resident()
    for _ in range(200):
        compile(build(), backend="llvm")(0.5)
    assert resident() - before < 200 * 5000
