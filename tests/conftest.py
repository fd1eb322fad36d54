"""What all tests share: the profiles of hypothesis, and a header with what is tested."""

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path

from hypothesis import settings

import autograd_lite
from autograd_lite.support import build as native

# No deadline: no test depends on the clock. CI draws the same examples at every run: a change of colour has a
# cause in the code; where all tests ran once, it draws fewer the second time.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.register_profile("few", settings.get_profile("ci"), max_examples=20)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Tests compile what they test; those of the cache choose folders of their own.
os.environ.setdefault("AUTOGRAD_LITE_CACHE", "0")

# Helpers are imported from here, but the folders beside them are no packages: Dask would take tests/sparse for one.
for folder in Path(__file__).parent.iterdir():
    spec = find_spec(folder.name) if folder.is_dir() and folder.name.isidentifier() else None
    if spec is not None and spec.origin is None:
        sys.modules.setdefault(folder.name, None)

# Tests of the native back end itself have nothing to run without what it is made of.
collect_ignore = [] if find_spec("llvmlite") else ["backends/test_llvm.py", "backends/test_llvm_fast.py"]


def pytest_report_header():
    folder = os.path.dirname(native.__file__)
    return f"autograd_lite: {autograd_lite.__version__}, {native.describe()}, {folder}"


# A shell that starts a job in the background has it ignore Ctrl-C; the tests of interruptions need Python's answer.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--nothing-missing", action="store_true", help="fail where a library is missing")


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--nothing-missing"):
        skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
        missing = sorted({text for text in skipped if "could not import" in text})
        if missing:
            terminalreporter.write_line("\n".join(["Skipped for a missing library:", *missing]), red=True)
            terminalreporter._session.exitstatus = 1
