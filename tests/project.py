"""Where things are in the checkout, for tests that look at the project itself."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "autograd_lite"


def sources():
    """Each module's dotted name and file, `autograd_lite` itself included."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def python(*arguments):
    """The command line for the Python that runs the tests."""
    return [sys.executable, *arguments]
