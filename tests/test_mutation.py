"""The mutants: single changes of what a module computes, and none of its messages."""

import ast

import pytest
from equivalents import EQUIVALENT, reason
from mutants import mutants
from mutation import TESTS, path_of
from project import ROOT

SOURCE = '''
"""A text."""
LIMIT = 3

def f(x: float, y: float = 2.0) -> float:
    """Another."""
    if x < y and not y:
        raise ValueError(f"{x} - {y}")
    return g(x, -y) - 1.0
'''


def texts(source):
    return {mutant.text.partition(" in `")[0] for mutant in mutants(source)}


def test_operators_signs_operands_constants_and_conditions_are_changed():
    found = texts(SOURCE)
    for text in (
        "3 -> 4", "2.0 -> 3.0", "x < y -> x <= y", "x < y and (not y) -> x < y or not y", "not y -> y", "x -> y",
        "g(x, -y) - 1.0 -> g(x, -y) + 1.0", "g(x, -y) - 1.0 -> 1.0 - g(x, -y)", "g(x, -y) -> g(-y, x)", "-y -> y",
    ):  # fmt: skip
        assert text in found, text
    assert not any("A text" in text or "raise" in text or "float" in text for text in found)


def test_every_mutant_is_another_program_and_leaves_the_source_alone():
    right, seen = ast.unparse(ast.parse(SOURCE)), set()
    for mutant in mutants(SOURCE):
        text = ast.unparse(mutant.tree)
        compile(mutant.tree, "mutant", "exec")
        assert text != right
        seen.add(text)
    assert len(seen) > 15
    *_, last = mutants(SOURCE)
    assert ast.unparse(last.tree) == right  # the last one is put back too


def test_the_modules_and_their_tests_are_there():
    for module, tests in TESTS.items():
        assert path_of(module).exists()
        assert all((ROOT / test).exists() for test in tests)


def test_reasons_are_given_to_equivalent_mutants_alone():
    assert reason("FEW: 64 -> 65 in `FEW = 64`")
    assert not reason("FEW: 64 -> 66")
    assert len({words for words, _ in EQUIVALENT}) == len(EQUIVALENT)


@pytest.mark.thorough
def test_reasons_are_given_to_mutants_that_there_are():
    keys = [mutant.key for module in TESTS for mutant in mutants(path_of(module).read_text(encoding="utf-8"))]
    assert [words for words, _ in EQUIVALENT if not any(words in key for key in keys)] == []
