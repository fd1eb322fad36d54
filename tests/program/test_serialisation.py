"""serialisation: documents give their programs back, and what is no program is refused with what is wrong."""

import copy

import pytest

from autograd_lite import compile, dot, grad, vmap
from autograd_lite.program.program import Program
from autograd_lite.program.serialisation import LARGEST, from_document, to_document


def document():
    step = grad(vmap(lambda w, x: dot(w, x) ** 2 / 3.0, in_axes=(None, 0), reduce="mean"))
    program = compile(step, backend="python").trace([0.5, 0.1], [[1.0, 2.0]])
    return to_document(program.arguments, program.instructions, program.results)


def test_a_document_gives_its_program_back():
    program = Program(*from_document(document(), "it"))
    assert to_document(program.arguments, program.instructions, program.results) == document()


@pytest.mark.parametrize(("path", "value", "words"), [
    (("version",), 2, "its version is 2"),
    (("arguments", 0, 1), -1, "an argument reads"),
    (("arguments", 0, 1), LARGEST, "numbers, more than"),
    (("arguments", 0), ["w", 2, False, ["a"]], "an argument reads"),
    (("instructions", 0, 0), "sinh2", "the table has no row 'sinh2'"),
    (("instructions", 0, 0), "where", "where takes 3 operands"),
    (("instructions", 0), ["dot", [0]], "dot has no value for 1 operands"),
    (("instructions", 0), ["max", []], "max has no value for 0 operands"),
    (("instructions", 0), ["neg", [99]], "which are not computed before it"),
    (("instructions", 0), ["neg", [0], "0x1p+0"], "has a wrong payload"),
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
