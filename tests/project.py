"""Where things are in the checkout, for tests that look at the project itself, and how to run it apart."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "autograd_lite"


def sources():
    """Each module's dotted name and file, `autograd_lite` itself included."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def compiled():
    """The names of the modules that a native build compiles, from the one list of them, in setup.py."""
    for statement in ast.parse((ROOT / "setup.py").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "COMPILED":
            return ast.literal_eval(statement.value)
    raise LookupError("setup.py has no list COMPILED")


def entry_points():
    """The entry points by group, each a dict of what they name."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]["entry-points"]


def python(*arguments):
    """The command line for the Python that runs the tests."""
    return [sys.executable, *arguments]


def ran(*arguments, check=True, **options):
    """A Python of its own, run with these arguments in the checkout: what it printed, and its return code.

    It must come to its end within five minutes, and without an error unless `check` is False.
    """
    settings = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 300}
    done = subprocess.run(python(*arguments), check=False, **{**settings, **options})
    assert not check or done.returncode == 0, f"it ended with {done.returncode}: {done.stderr[-2000:]}"
    return done
