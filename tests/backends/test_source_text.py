"""The text of programs: valid Python with the instructions of the program, which shows in tracebacks."""

import ast
import gc
import linecache
import re
import traceback

import dags
import programs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import Value, compile, sum, vmap
from autograd_lite.backends.python import PythonCode
from autograd_lite.backends.source_text import TERMS, Text, function, operators
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.core.table import mul
from autograd_lite.program.instructions import Argument, Instruction, Result
from autograd_lite.program.program import Program


@pytest.mark.thorough
@settings(max_examples=100)
@given(st.data(), st.booleans())
def test_any_text_is_python(data, blocks):
    ast.parse(Text(programs.program(dags.Drawn(data.draw), list(PRIMITIVES)), operators, blocks).write())


@given(st.floats())
def test_constants_read_back_to_the_bit(x):
    program = compile(lambda y: [0.5 * y, y], backend="python").trace(2.0)
    half, *rest = program.instructions
    changed = Program(program.arguments, [half._replace(constant=x), *rest], program.results)
    assert dags.same(PythonCode(changed)([[1.0]], 1)[0][0], x)


def test_text_of_a_batch():
    program = compile(lambda w, x: w * x, backend="python").trace(2.0, 3.0)
    batched = Program(
        [Argument("w", 1, False), Argument("x", 1, True)],
        [*program.instructions, Instruction(PRIMITIVES["tanh"], (2,))],
        [Result((3, 0), True)],
    )
    assert batched.source("python") == (
        "def program(n, a0, a1):\n"
        "    [v0] = a0\n"
        "    r0 = [None] * n\n"
        "    for k in range(n):\n"
        "        [v1] = a1[k]\n"
        "        v2 = v0 * v1\n"
        "        v3 = tanh(v2)\n"
        "        r0[k] = [v3, v0]\n"
        "    return [r0]\n"
    )


def test_text_of_a_sum_over_samples():
    summed = compile(vmap(lambda w, x: w * x, (None, 0), "sum"), backend="python")
    assert summed.trace(2.0, [3.0, 4.0]).source("python") == (
        "def program(n, a0, a1):\n"
        "    [v0] = a0\n"
        "    sums = [0.0] * 1\n"
        "    for start in range(0, n, 1024):\n"
        "        lanes = []\n"
        "        for lane in range(8):\n"
        "            s2 = 0.0\n"
        "            for k in range(n)[start + lane : start + 1024 : 8]:\n"
        "                [v1] = a1[k]\n"
        "                s2 += v0 * v1\n"
        "            lanes.append([s2])\n"
        "        sums = add_lanes(sums, *lanes)\n"
        "    [s2] = sums\n"
        "    v3 = s2\n"
        "    return [[v3]]\n"
    )


@pytest.mark.parametrize("n", [2, TERMS, TERMS + 1, 1000])
def test_long_sums_fit_any_parser(n):
    values = [Value(0.1 * i) for i in range(n)]
    program = Program.from_values([sum(values)], values)
    text = program.source("python")
    assert max(map(len, text.splitlines()[2:])) < 20 * TERMS
    found = compile(lambda x: sum(x), backend="python")([v.data for v in values])
    assert found == sum(values).data


def test_a_traceback_shows_the_line_of_the_program():
    broken = function("def program(n):\n    x = 1.0\n    return x / 0.0\n", {})
    with pytest.raises(ZeroDivisionError) as caught:
        broken(1)
    shown = "".join(traceback.format_exception(caught.value))
    assert re.search(r'File "<autograd_lite program \d+>", line 3, in program\n    return x / 0.0', shown)


@pytest.mark.thorough
def test_the_text_is_forgotten_with_the_function():
    text = function("def program(n):\n    return n\n", {})
    name = text.__code__.co_filename
    assert name in linecache.cache
    del text
    gc.collect()
    assert name not in linecache.cache


def test_nothing_of_python_hides_behind_a_row():
    """A name in the text is a row, or one of the few that `function` gives it."""
    with pytest.raises(NameError):
        function("def program(n):\n    return print(n)\n", {})(1)


def test_a_value_that_is_summed_and_read_elsewhere_has_a_name():
    arguments = [Argument("w", 1, False), Argument("x", 1, True)]
    product, total, each = Instruction(mul, (0, 1)), Instruction(BATCH_SUM, (2,)), Instruction(mul, (2, 1))
    program = Program(arguments, [product, total, each], [Result((3,), False), Result((4,), True)])
    text = Text(program, operators, blocks=False).write()
    assert "s2 += v2" in text
    assert program(3.0, [[1.0], [2.0]], backend="python") == (9.0, [3.0, 12.0])
