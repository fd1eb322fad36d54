"""The pytest plugin: its fixtures, what a failure shows, and that it leaves the package alone until then."""

from project import ROOT, entry_points, ran

PLUGIN = "autograd_lite_pytest"


def run(tmp_path, text, *options):
    """pytest on a file of its own, with nothing but the plugin."""
    (tmp_path / "test_it.py").write_text(text)
    options = ["-p", PLUGIN, "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *options]
    folder = {"PYTHONPATH": str(ROOT), "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return ran(
        "-m", "pytest", *options, "--rootdir", str(tmp_path), str(tmp_path), cwd=tmp_path, env=folder, check=False
    )


PASSING = """
import autograd_lite as ag

def test_right(gradcheck, assert_gradients):
    assert gradcheck(lambda x: ag.sin(x), 0.5, order=2)
    assert_gradients(lambda x, y: x * x, 0.5, 1.0, allow_unused=True)
"""

FAILING = """
import autograd_lite as ag

WRONG = ag.custom_derivative(lambda x: ag.sin(x), lambda out, x: (2.0 * ag.cos(x),))

def test_wrong(gradcheck):
    assert gradcheck(WRONG, 0.5)

def test_wrong_too(assert_gradients):
    assert_gradients(WRONG, 0.5)
"""

EARLY = """
import sys

EARLY = [name for name in sys.modules if name.split(".")[0] == "autograd_lite"]

def test_nothing_was_imported():
    assert not EARLY

def test_nor_by_now():
    assert "autograd_lite" not in sys.modules

def test_but_now(gradcheck):
    assert "autograd_lite" in sys.modules
"""


def test_the_entry_point_names_the_plugin():
    assert entry_points()["pytest11"] == {"autograd_lite": PLUGIN}
    assert (ROOT / f"{PLUGIN}.py").exists()


def test_what_is_right_passes(tmp_path):
    result = run(tmp_path, PASSING)
    assert "1 passed" in result.stdout, result.stdout


def test_a_failure_shows_the_report(tmp_path):
    result = run(tmp_path, FAILING)
    assert "2 failed" in result.stdout, result.stdout
    assert "Captured gradcheck call" in result.stdout
    assert result.stdout.count("expected 0.877") >= 3
    assert "E       AssertionError: gradcheck failed with 2 findings" in result.stdout
    assert "checking.py" not in result.stdout  # the traceback ends at the user's line


def test_the_package_is_not_imported_early(tmp_path):
    """Coverage that pytest starts would miss whatever is imported before."""
    result = run(tmp_path, EARLY)
    assert "3 passed" in result.stdout, result.stdout
