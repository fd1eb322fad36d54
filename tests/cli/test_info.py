"""`python -m autograd_lite info` and the command line around it."""

import importlib.metadata
import re
import subprocess
import tomllib
from email.message import Message

import pytest
from project import ROOT, python, ran

import autograd_lite
from autograd_lite.__main__ import COMMANDS
from autograd_lite.cli import info
from autograd_lite.support import build as native

REQUIREMENTS = [
    "graphviz>=0.20",
    'scikit-learn>=1.3; extra == "demo"',
    'autograd-lite[draw]; extra == "demo"',
    "pygraphviz>=2.0; extra == 'draw'",
    'numpy>=1.26; extra == "jit"',
    'autograd_lite[demo,jit]; extra == "all"',
]


@pytest.fixture
def machine(monkeypatch):
    """A machine with the requirements above, of which those in the returned set are installed."""
    metadata = Message()
    for requirement in REQUIREMENTS:
        metadata["Requires-Dist"] = requirement
    for extra in ("demo", "draw", "jit", "all"):
        metadata["Provides-Extra"] = extra
    present = set()

    def version(name):
        if name not in present:
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "metadata", lambda name: metadata)
    monkeypatch.setattr(importlib.metadata, "version", version)
    return present


def test_missing_follows_extras_of_extras(machine):
    assert info.missing_requirements() == {
        "all": ["numpy>=1.26", "pygraphviz>=2.0", "scikit-learn>=1.3"],
        "demo": ["pygraphviz>=2.0", "scikit-learn>=1.3"],
        "draw": ["pygraphviz>=2.0"],
        "jit": ["numpy>=1.26"],
    }
    machine |= {"pygraphviz", "numpy", "scikit_learn"}
    assert info.missing_requirements() == {"all": [], "demo": [], "draw": [], "jit": []}


def test_report_tells_how_to_get_what_is_missing(machine):
    machine |= {"numpy"}
    text = "\n".join(info.report())
    assert re.search(r"^  jit +present, to compile functions to native code$", text, flags=re.M)
    missing = r'^  draw +missing, to see pictures of graphs without .*: pip install "pygraphviz>=2.0"$'
    assert re.search(missing, text, flags=re.M)


def test_what_each_extra_gives_is_told():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert info.GIVES.keys() == declared.keys()


def test_report_of_sources_that_are_not_installed(monkeypatch):
    def metadata(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "metadata", metadata)
    assert "not installed; run pip install" in "\n".join(info.report())


def run(*arguments):
    return ran("-m", "autograd_lite", *arguments, check=False)


def test_the_command():
    result = run("info")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"autograd_lite {autograd_lite.__version__}\n")
    assert native.describe() in result.stdout


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("inof",), "invalid choice: 'inof'"),
        (("info", "--all"), "unrecognized arguments: --all"),
        (("table", "tanh"), "unrecognized arguments: tanh"),
        (("demo", "--fast"), "unrecognized arguments: --fast"),
    ],
)
def test_a_wrong_command_is_refused(arguments, words):
    result = run(*arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.thorough
def test_commands_tell_what_they_do():
    assert run("--version").stdout == f"{autograd_lite.__version__}\n"
    for command, (_, purpose) in COMMANDS.items():
        told = " ".join(run(command, "--help").stdout.split()).lower()
        assert purpose in told


def test_a_reader_who_leaves_is_no_trouble():
    with subprocess.Popen(
        python("-m", "autograd_lite", "table"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as table:
        table.stdout.close()
        assert table.stderr.read() == ""


def test_alone_it_prints_its_commands():
    done = ran("-m", "autograd_lite")
    assert all(f"    {name}" in done.stdout for name in COMMANDS)
