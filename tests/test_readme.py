"""What is written runs: the code of the README and of the page on the engine, and the doctests of every module."""

import ast
import doctest
import importlib
import re
import subprocess

import pytest
from project import ROOT, sources

from autograd_lite import PRIMITIVES

PAGES = [
    "README.md",
    "docs/CERTIFICATES.md",
    "docs/ENGINE.md",
    "docs/FAQ.md",
    "docs/LINALG.md",
    "docs/LOOPS.md",
    "docs/NUMPY.md",
    "docs/RULES.md",
    "docs/SPARSE.md",
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = {
    "demo": 'pip install ".[demo]" && python -m autograd_lite demo',
    "test": 'pip install ".[test]" && python -m pytest',
}
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def failures(test):
    """The report of what failed in a doctest, empty if nothing did."""
    lines = []
    quiet = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)  # by default -v of pytest would be its own
    quiet.run(test, out=lines.append, clear_globs=False)
    return "".join(lines)


def python_blocks(text):
    """Line number and code of the blocks marked as python."""
    for block in re.finditer(r"^```python\n(.*?)^```$", text, flags=re.M | re.S):
        yield text[: block.start(1)].count("\n"), block.group(1)


def docstrings(text):
    """Name, line number and text of the docstrings in a source; not all compiled functions carry theirs."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            docstring = ast.get_docstring(node, clean=False)
            if docstring is not None:
                yield getattr(node, "name", "module"), node.body[0].lineno - 1, docstring


def run_blocks(text, page="README.md"):
    """Run all blocks of a page in order, in one namespace, as a reader would type them."""
    namespace = {"__name__": "readme"}
    for line, code in python_blocks(text):
        if ">>>" in code:
            test = doctest.DocTestParser().get_doctest(code, namespace, page, page, line)
            test.globs = namespace  # not a copy: functions of earlier blocks look here
            assert not failures(test)
        else:
            exec(compile("\n" * line + code, page, "exec"), namespace)


@pytest.mark.thorough
@pytest.mark.parametrize("page", PAGES)
def test_pages(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # what it writes, it writes here
    run_blocks((ROOT / page).read_text(encoding="utf-8"), page)


def test_a_wrong_readme_is_noticed():
    run_blocks("```python\nx = 1\n```\n```python\n>>> x + 1\n2\n```\n")
    with pytest.raises(AssertionError):
        run_blocks("```python\nx = 1\n```\n```python\n>>> x + 1\n3\n```\n")
    with pytest.raises(NameError):
        run_blocks("```python\nnowhere\n```\n")


@pytest.mark.parametrize("job", COMMANDS)
def test_readme_has_the_commands_that_ci_runs(job):
    assert README.splitlines().count(COMMANDS[job]) == 1
    ci = subprocess.run(["bash", str(ROOT / ".ci" / "run"), "--show", job], capture_output=True, text=True, check=True)
    assert ci.stdout.strip() == COMMANDS[job]


@pytest.mark.thorough
@pytest.mark.parametrize(("module", "path"), [(name, path) for name, path in sources()])
def test_doctests(module, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if module.startswith("autograd_lite.backends.llvm"):
        pytest.importorskip("llvmlite")
    if module == "autograd_lite.explaining.widget":
        pytest.importorskip("anywidget")
    namespace, rows = vars(importlib.import_module(module)), set(PRIMITIVES)
    for name, line, text in docstrings(path.read_text(encoding="utf-8")):
        test = doctest.DocTestParser().get_doctest(text, dict(namespace), name, str(path), line)
        assert not failures(test)
    for row in PRIMITIVES.keys() - rows:  # entered by an example
        del PRIMITIVES[row]


def test_a_wrong_doctest_is_noticed():
    text = 'def f():\n    """One.\n\n    >>> f()\n    2\n    """\n    return 1\n'
    ((name, line, docstring),) = docstrings(text)
    namespace = {}
    exec(text, namespace)
    report = failures(doctest.DocTestParser().get_doctest(docstring, namespace, name, "planted", line))
    assert (name, line) == ("f", 1)
    assert "Expected:\n    2\nGot:\n    1" in report
