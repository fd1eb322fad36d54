"""The pages for contributors: what they name exists, what they show runs, and the hooks check what CI checks."""

import importlib
import re
import textwrap

import pytest
from project import PACKAGE, ROOT, ran
from test_layout import FLOORS

PAGES = ["CONTRIBUTING.md", "docs/ARCHITECTURE.md", "docs/ENGINE.md"]
FOLDERS = (ROOT, PACKAGE)  # to which paths in backticks are relative


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def missing(text, folder):
    """What a page in that folder names and what is not there: targets of links, files, folders and modules."""
    links = re.findall(r"\]\(([^)#]+)\)", text)
    yield from (link for link in links if "://" not in link and not (folder / link).exists())
    for name in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(r"[\w./-]*(/|\.(py|md|toml|json|yaml))[\w./-]*", name):
            if not any((base / name).exists() for base in FOLDERS):
                yield name
        elif re.fullmatch(r"autograd_lite(\.\w+)+", name):
            module, _, attribute = name.rpartition(".")
            path = PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py")
            if not path.exists() and not hasattr(importlib.import_module(module), attribute):
                yield name


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_names_exists(name):
    assert list(missing(page(name), (ROOT / name).parent)) == []


def test_a_wrong_name_is_found():
    text = "[a](docs/LECTURES.md) [b](docs/NONE.md) `core/value.py` `core/none.py` `autograd_lite.nn.None_` `nn/none`"
    assert list(missing(text, ROOT)) == ["docs/NONE.md", "core/none.py", "autograd_lite.nn.None_", "nn/none"]


def test_the_picture_shows_every_floor():
    picture = re.search(r"```text\n(.*?)```", page("docs/ARCHITECTURE.md"), flags=re.S)[1]
    names = [line[:40].strip("│ ").split() for line in picture.splitlines()]
    assert {word for words in names for word in words if "/" not in word and word.isidentifier()} == set(FLOORS)


def test_what_the_page_shows_runs():
    blocks = re.findall(r"^( *)```python\n(.*?)^\1```", page("CONTRIBUTING.md"), flags=re.M | re.S)
    assert len(blocks) == 3
    ran("-c", "\n".join(textwrap.dedent(code) for _, code in blocks))  # apart: it enters a row into the table


def test_the_hooks_are_steps_of_the_gate():
    commands = re.findall(r"^ +entry: (.*?)(?: --force-exclude)?$", page(".pre-commit-config.yaml"), flags=re.M)
    assert commands == ["ruff check", "ruff format --check", "mypy"]
    for command in commands:
        assert re.search(rf'^step "\w+" {command}( \.)?$', page(".ci/run"), flags=re.M), command


def test_every_file_of_tests_that_the_gate_names_exists():
    wasm = re.search(r"const TESTS = `(.*?)`", page(".ci/pyodide.mjs"), flags=re.S)[1].split()
    run = re.findall(r"\btests/[\w/.]+", page(".ci/run"))
    assert len(wasm) > 20
    assert len(run) > 3
    assert [name for name in [*(f"tests/{file}" for file in wasm), *run] if not (ROOT / name).exists()] == []
