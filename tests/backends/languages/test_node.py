"""The back end that runs in Node: what is asked of a process that may be missing, die or be forked."""

import gc
import os
import subprocess
import sys
import time

import numpy
import pytest
import sources
from project import ROOT

from autograd_lite import compile, exp, tanh, value_and_grad, vmap
from autograd_lite.backends.languages.node import NODE, JavaScriptCode, NodeProcess

needs_node = pytest.mark.skipif(sources.NODE is None, reason="there is no node on the path")


def squares(x):
    return [y * y for y in x]


@needs_node
def test_a_function_runs_as_in_python():
    f = value_and_grad(vmap(lambda w, x: (w * x - 1.0) * (w + x), (None, 0), "mean"))
    X = numpy.linspace(-1.0, 1.0, 1500)
    value, slope = compile(f, backend="javascript")(0.3, X)
    assert (value, slope) == compile(f, backend="python")(0.3, X)


@needs_node
def test_results_have_the_structure_that_other_back_ends_give():
    f = vmap(lambda x: {"a": x[0], "b": (2.0, x)})
    for X in (numpy.zeros((0, 2)), numpy.ones((3, 2))):
        found, wanted = (compile(f, backend=name)(X) for name in ("javascript", "llvm"))
        assert repr(found) == repr(wanted)


@needs_node
def test_a_program_is_called_there():
    program = compile(squares, backend="python").trace([1.0, 2.0])
    assert program([3.0, 4.0], backend="javascript") == [9.0, 16.0]


def test_without_node_the_error_tells_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ImportError, match=r"runs in Node, but there is no program node on the path; install it from"):
        NodeProcess().run(0, "", [], 1)


@needs_node
def test_a_process_that_ended_is_started_again():
    f = compile(squares, backend="javascript")
    assert f([2.0]) == [4.0]
    NODE.process.kill()
    NODE.process.wait()
    assert f([3.0]) == [9.0]


@needs_node
def test_a_process_that_ends_in_a_call_tells_so():
    mine = NodeProcess()
    with pytest.raises(RuntimeError, match="Node ended while it computed"):
        mine.run(0, "() => process.exit(1)", [], 1)
    assert mine.run(1, "() => [Float64Array.of(1)]", [], 1)[0].tolist() == [1.0]
    mine.stop()


@needs_node
def test_an_error_in_node_is_raised_and_the_process_goes_on():
    mine = NodeProcess()
    with pytest.raises(RuntimeError, match="a function failed in Node: RangeError: too few"):
        mine.run(0, "() => { throw new RangeError('too few'); }", [], 1)
    process = mine.process
    assert mine.run(1, "(x) => [x]", [numpy.ones(2)], 1)[0].tolist() == [1.0, 1.0]
    assert mine.process is process
    mine.stop()


@needs_node
def test_functions_are_forgotten_with_their_code():
    code = JavaScriptCode(compile(squares, backend="python").trace([1.0]))
    code([[1.0]], 1)
    number = code.id
    del code
    gc.collect()
    assert number in NODE.dropped
    compile(exp, backend="javascript")(0.0)
    assert number not in NODE.dropped


@needs_node
def test_a_child_of_a_fork_has_a_process_of_its_own():
    f = compile(squares, backend="javascript")
    assert f([2.0]) == [4.0]
    parent = NODE.process.pid
    child = os.fork()
    if child == 0:
        os._exit(0 if f([3.0]) == [9.0] and NODE.process.pid != parent else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert f([4.0]) == [16.0]
    assert NODE.process.pid == parent


@pytest.mark.thorough
@needs_node
def test_node_ends_with_python():
    text = (
        "from autograd_lite import compile, exp\nfrom autograd_lite.backends.languages.node import NODE\n"
        "compile(exp, backend='javascript')(0.0)\nprint(NODE.process.pid)"
    )
    for more in ("", "\nimport os, sys\nsys.stdout.flush()\nos._exit(0)"):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", text + more],
            capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert not done.stderr
        until = time.monotonic() + 10.0
        while is_running(int(done.stdout)):
            assert time.monotonic() < until
            time.sleep(0.05)


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.thorough
@needs_node
@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("f([1, 2, 3], 1)", "RangeError: argument w holds 2 numbers, but got 3; pass as many"),
        ("f([1, 2], ['a'])", "TypeError: argument x holds something that is no number; pass numbers alone"),
        ("f([1, 2])", "RangeError: argument x holds 1 numbers, but got 0; pass as many"),
        ("f([1, 2], [[NaN]])[0][0]", "NaN"),
        ("f(new Float32Array([0, 2]), 0)[0][0]", "2"),
    ],
)
def test_what_a_call_from_javascript_gets_wrong_is_said(call, told):
    source = compile(lambda w, x: w[0] * tanh(x) + w[1], backend="python").trace([1.0, 2.0], 3.0)
    text = f"const f = {source.source('javascript', module=False)};\n"
    text += f"try {{ console.log(String({call})); }} catch (error) {{ console.log(String(error)); }}"
    done = subprocess.run([sources.NODE, "-"], input=text, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == told
