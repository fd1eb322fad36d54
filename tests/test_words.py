"""The words of the library: terms of the field in prose, and a meaning of its own for every name."""

import ast
import io
import re
import tokenize
from collections import defaultdict

import pytest
from project import sources

MODULES = {name: path for name, path in sources() if not name.startswith("autograd_lite.examples")}

METAPHORS = r"\b(stands|says|born|spares|knows nothing|what nothing follows|lives in|lives on)\b"
"""What plain English has a word for: is, tells, made, leaves out."""

ROWS = ("core.table", "core.columns", "nn.activations", "backends.llvm.approximations")
"""Where a function has the name of the row that it computes, on floats, balls, complex numbers or digits."""

SAME = {
    "an instruction of a program, and the node of a graph that becomes it": (
        "Column Entry Gather Gathers Item Numbers Scatter Stack Whole"
    ),
    "an operation of linear algebra: the function of users, its rule, its kernel": (
        "cholesky eigh expm lu matmul minus norm placed plus qr times triangle"
    ),
    "a part of a command": "main options",
    "a function of mathematics": "dot erfc identity log product",
}


def prose(text):
    """The comments and docstrings of a source, with their lines."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            yield node.body[0].lineno, re.sub(r"`[^`]*`", "", ast.get_docstring(node))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def metaphors(text):
    return [(line, found[0]) for line, words in prose(text) for found in re.finditer(METAPHORS, words)]


@pytest.mark.thorough
@pytest.mark.parametrize("module", MODULES)
def test_prose_has_no_metaphors(module):
    assert metaphors(MODULES[module].read_text(encoding="utf-8")) == []


def test_a_metaphor_is_found():
    text = '"""The row stands here."""\n\n# it says so\nx = "stands"  # and no more\n'
    assert metaphors(text) == [(1, "stands"), (3, "says")]


def shared(texts):
    """The names of functions and classes of two or more modules, but for those of a row and its function."""
    homes = defaultdict(list)
    for module, text in texts.items():
        for node in ast.parse(text).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("__"):
                homes[node.name].append(module.removeprefix("autograd_lite.").startswith(ROWS))
    return {name for name, rows in homes.items() if len(rows) > 1 and not all(rows)}


def test_a_name_has_one_meaning():
    known = {name for names in SAME.values() for name in names.split()}
    assert shared({module: path.read_text(encoding="utf-8") for module, path in MODULES.items()}) - known == set()


def test_a_name_with_two_meanings_is_found():
    texts = {"autograd_lite.nn.a": "def f(): pass\nclass G: pass", "autograd_lite.program.b": "def f(): pass"}
    assert shared(texts) == {"f"}
    assert (
        shared({"autograd_lite.core.table.a": "def f(): pass", "autograd_lite.nn.activations": "def f(): 0"}) == set()
    )
