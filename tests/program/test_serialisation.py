"""serialisation: documents give their programs back, and what is no program is refused with what is wrong."""

import copy
import json
import math
import time
from importlib.util import find_spec

import dags
import programs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import compile, dot, grad, vmap
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.program.program import Program
from autograd_lite.program.serialisation import UNUSED, from_document, to_document


def document():
    step = grad(vmap(lambda w, x: dot(w, x) ** 2 / 3.0, in_axes=(None, 0), reduce="mean"))
    program = compile(step, backend="python").trace([0.5, 0.1], [[1.0, 2.0]])
    return to_document(program.arguments, program.instructions, program.results)


def test_a_document_gives_its_program_back():
    program = Program(*from_document(document(), "it"))
    assert to_document(program.arguments, program.instructions, program.results) == document()


@pytest.mark.parametrize(("path", "value", "words"), [
    (("version",), 3, "its version is 3"),
    (("arguments", 0, 1), -1, "an argument reads"),
    (("arguments", 0, 1), UNUSED + 100, "numbers, more than"),
    (("arguments", 0, 1), 10**8, "numbers, more than"),
    (("arguments", 0, 1), 10**4000, "numbers, more than|10000"),
    (("arguments", 0), ["w", 2, False, ["a"]], "an argument reads"),
    (("instructions", 0, 0), "sinh2", "the table has no row 'sinh2'"),
    (("instructions", 0, 0), "where", "where takes 3 operands"),
    (("instructions", 0), ["dot", [0]], "dot has no value for 1 operands"),
    (("instructions", 0), ["max", []], "max has no value for 0 operands"),
    (("instructions", 0), ["neg", [99]], "which are not computed before it"),
    (("instructions", 0), ["neg", [0], "0x1p+0"], "has a wrong payload"),
    (("instructions", 0), ["neg", [0], None], "has a wrong payload"),
    (("instructions", 0), ["neg", [0], "0x1.0p+0", 1], "has a wrong payload"),
    (("instructions", 0), ["constant", [], "1e999"], "a number reads '1e999'"),
    (("instructions", 0), ["constant", [], "0.5"], "a number reads '0.5'"),
    (("instructions", 0), ["constant", [], "0x1p+0"], "a number reads '0x1p"),
    (("instructions", 0), ["constant", [], " inf"], "a number reads ' inf'"),
    (("instructions", 0), ["constant", [], 0.5], "a number reads 0.5"),
    (("instructions", 0), ["constant", [0], "0x1.0p+0"], "constant takes 0 operands"),
    (("instructions", 0), ["batch_sum", [0]], "sums value 0 over the samples, which is not batched"),
    (("instructions", 0), "neg", "in place of a list"),
    (("instructions", 0), {"0": "neg"}, "in place of a list"),
    (("instructions", 0, 1), "00", "in place of a list"),
    (("instructions",), {}, "in place of a list"),
    (("arguments", 0), "abc", "in place of a list"),
    (("results", 0), ["00", True], "in place of a list"),
    (("results", 0), [[0], True, None], "too many values"),
    (("more",), 1, "it has the unknown field 'more'"),
    (("results", 0, 0, 0), 99, "a result reads"),
    (("results", 0), [[2], False], "holds values that are"),
])  # fmt: skip
def test_what_is_wrong_is_named(path, value, words):
    changed = copy.deepcopy(document())
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(ValueError, match=f"it does not hold a valid program: .*{words}.*; save it again"):
        from_document(changed, "it")


# -- what loads runs

BACKENDS = ["python", "numpy", *(["llvm"] if find_spec("llvmlite") else [])]
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, -3.0, 1e-310, 1e300, math.inf, -math.inf, math.nan]


def loaded(changed):
    """The program of a document, or None and why not."""
    try:
        return Program(*from_document(changed, "it")), ""
    except ValueError as error:
        return None, str(error)


def empty(name):
    return {
        "format": "autograd_lite.program", "version": 1, "arguments": [["x", 1, True]],
        "instructions": [[name, []], ["add", [0, 1]]], "results": [[[2], True], [[1], False]],
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name, row in PRIMITIVES.items() if row.arity is None])
def test_a_row_without_operands_runs_alike_everywhere_or_is_refused(name):
    row = PRIMITIVES[name]
    if row.empty is None:
        with pytest.raises(ValueError, match=f"{name} has no value for 0 operands"):
            Program(*from_document(empty(name), "it"))
        return
    program = Program(*from_document(empty(name), "it"))
    assert programs.run_everywhere(program, [[[2.0], [3.0]]], BACKENDS)["python"] == (
        [2.0 + row.empty, 3.0 + row.empty], row.empty,
    )  # fmt: skip


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_program_of_nothing_runs(backend):
    assert (
        Program(*from_document({**empty("sum"), "instructions": [], "results": []}, "it"))([[1.0]], backend=backend)
        == ()
    )


@pytest.mark.thorough
@settings(max_examples=60)
@given(st.data())
def test_what_loads_runs_alike_everywhere(data):
    choose = dags.Drawn(data.draw)
    made = programs.program(choose, length=6)
    changed = programs.damaged(to_document(made.arguments, made.instructions, made.results), choose)
    program, why = loaded(changed)
    assert len(why) < 500
    if program is None or program.size > 100 or not {row.name for row, _, _ in program.instructions} <= {
        *programs.EXACT, "constant", "batch_sum", "batch_size",
    }:  # fmt: skip
        return
    samples = choose.integer(0, 4)
    row = st.sampled_from(NUMBERS)
    arguments = [
        data.draw(st.lists(st.lists(row, min_size=a.size, max_size=a.size), min_size=samples, max_size=samples))
        if a.batched else data.draw(st.lists(row, min_size=a.size, max_size=a.size))
        for a in program.arguments
    ]  # fmt: skip
    programs.run_everywhere(program, arguments, BACKENDS)
    assert str(Program.from_json(program.to_json())) == str(program)


@pytest.mark.thorough
@pytest.mark.parametrize("place", [
    ("arguments", 0, 0), ("arguments", 0, 1), ("instructions", 0, 0), ("instructions", 0, 1), ("results", 0, 0),
    ("instructions", 0), ("results", 0, 1), ("version",), ("format",),
])  # fmt: skip
@pytest.mark.parametrize("large", ["x" * 10**6, [0.5] * 10**5, ["x" * 10**6]], ids=["text", "list", "list of text"])
def test_messages_stay_short_whatever_is_in_the_file(tmp_path, place, large):
    changed = document()
    part = changed
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = large
    path = tmp_path / "p.json"
    path.write_text(json.dumps(changed))
    if place == ("arguments", 0, 0) and isinstance(large, str):  # a name may be of any length
        assert Program.load(path).arguments[0].name == large
        return
    with pytest.raises(ValueError, match=r"does not hold|is of version|holds") as caught:
        Program.load(path)
    assert len(str(caught.value)) < 600


def test_a_short_file_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps({**empty("sum"), "arguments": [["x", 10**8, False]], "instructions": [], "results": []}))
    start = time.process_time()
    with pytest.raises(ValueError, match="its arguments hold 100000000 numbers"):
        Program.load(path)
    assert time.process_time() - start < 1.0


def test_what_is_no_text_is_no_program():
    with pytest.raises(TypeError, match="a program is read from text, but got 5; pass what to_json returned"):
        Program.from_json(5)
