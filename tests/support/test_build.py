"""Which build is chosen. The folders are made up; finding a module needs no module that loads."""

import importlib.machinery
import importlib.util
import inspect
import json
import os
import subprocess
import sys
import tomllib

import pytest
from project import PACKAGE, compiled, ran

import autograd_lite
from autograd_lite import Value
from autograd_lite.support import build as native

SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """A checkout with two modules, and an installation of it in which `graph` is compiled."""
    checkout, installed = tmp_path / "checkout" / "autograd_lite", tmp_path / "site" / "autograd_lite"
    for folder in (checkout, installed):
        folder.mkdir(parents=True)
        for package in (folder, folder / "core", folder / "support"):
            package.mkdir(exist_ok=True)
            (package / "__init__.py").write_text("")
        (folder / "core" / "graph.py").write_text("x = 1\n")
        (folder / "core" / "drawing.py").write_text("y = 1\n")
        (folder / "support" / "build.py").write_text((PACKAGE / "support" / "build.py").read_text())
    (tmp_path / "checkout" / "pyproject.toml").write_text("")
    (installed / "core" / f"graph{SUFFIX}").write_text("")
    (installed / f"native__mypyc{SUFFIX}").write_text("")
    monkeypatch.setattr(sys, "path", ["", str(tmp_path / "checkout"), str(tmp_path / "site")])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.setattr(sys, "meta_path", [x for x in sys.meta_path if type(x).__name__ != "Redirect"])
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    sys.modules.pop("autograd_lite.core.graph", None)
    monkeypatch.delenv("AUTOGRAD_LITE_PURE", raising=False)
    return checkout, installed


def chosen(folder, module="graph"):
    """The file that `import autograd_lite.<module>` would load, and what `describe` returns."""
    spec = importlib.util.spec_from_file_location("chosen", folder / "support" / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    sys.meta_path[:] = [x for x in sys.meta_path if type(x).__name__ != "Redirect"]
    build.choose()
    finders = [x for x in sys.meta_path if type(x).__name__ == "Redirect"] + [importlib.machinery.PathFinder]
    found = [x.find_spec(f"autograd_lite.core.{module}", [str(folder / "core")]) for x in finders]
    return next(x.origin for x in found if x), build.describe()


def test_a_checkout_uses_the_compiled_modules_of_its_own_sources(layout):
    checkout, installed = layout
    assert chosen(checkout)[0] == str(installed / "core" / f"graph{SUFFIX}")
    assert chosen(checkout, "drawing")[0] == str(checkout / "core" / "drawing.py")


def test_a_checkout_whose_sources_changed_runs_its_sources(layout):
    checkout, _ = layout
    (checkout / "core" / "graph.py").write_text("x = 2\n")
    file, words = chosen(checkout)
    assert file == str(checkout / "core" / "graph.py")
    assert words.startswith("pure Python: core/graph.py changed since native code was installed")


def test_an_edit_of_a_module_that_is_not_compiled_keeps_native_code(layout):
    checkout, installed = layout
    (checkout / "core" / "drawing.py").write_text("y = 2\n")
    assert chosen(checkout)[0] == str(installed / "core" / f"graph{SUFFIX}")
    assert chosen(checkout, "drawing")[0] == str(checkout / "core" / "drawing.py")


def test_a_package_that_was_only_installed_is_left_alone(layout):
    _, installed = layout
    assert chosen(installed)[0] == str(installed / "core" / f"graph{SUFFIX}")


@pytest.mark.parametrize("value", ["1", "yes"])
def test_the_variable_chooses_the_sources(layout, monkeypatch, value):
    monkeypatch.setenv("AUTOGRAD_LITE_PURE", value)
    for folder in layout:
        file, words = chosen(folder)
        assert file == str(folder / "core" / "graph.py")
        assert words == "pure Python: AUTOGRAD_LITE_PURE is set; unset it to use native code"


@pytest.mark.parametrize("value", ["", "0"])
def test_the_variable_can_say_no(layout, monkeypatch, value):
    monkeypatch.setenv("AUTOGRAD_LITE_PURE", value)
    checkout, installed = layout
    assert chosen(checkout)[0] == str(installed / "core" / f"graph{SUFFIX}")


def test_the_reason_of_the_installation_is_told(layout):
    _, installed = layout
    (installed / "core" / f"graph{SUFFIX}").unlink()
    (installed / "why_pure.txt").write_text("compiling failed (no gcc); install again\n")
    for folder in layout:
        file, words = chosen(folder)
        assert file == str(folder / "core" / "graph.py")
        assert words == "pure Python: compiling failed (no gcc); install again"


def test_sources_alone(layout):
    checkout, installed = layout
    (installed / "core" / f"graph{SUFFIX}").unlink()
    assert chosen(checkout) == (
        str(checkout / "core" / "graph.py"),
        "pure Python: the sources run as they are; install the package, not editable, for native code",
    )


@pytest.mark.parametrize("variable", ["0", "1"])
def test_one_build_runs_at_a_time(variable):
    """In the real package: all modules that can be compiled are of one build, and `is_native` tells which."""
    code = (
        "import json, sys, importlib; from autograd_lite.support import build\n"
        "core = [importlib.import_module(f'autograd_lite.{name}') for name in sys.argv[1:]]\n"
        "print(json.dumps([[module.__file__ for module in core], build.is_native()]))"
    )
    environment = {**os.environ, "AUTOGRAD_LITE_PURE": variable}
    files, native = json.loads(ran("-c", code, *compiled(), env=environment).stdout)
    suffixes = importlib.machinery.EXTENSION_SUFFIXES if native else importlib.machinery.SOURCE_SUFFIXES
    assert all(file.endswith(tuple(suffixes)) for file in files)
    assert not (native and variable == "1")


def test_the_build_that_runs_documents_what_is_public():
    """mypyc leaves docstrings out; setup.py puts them back."""
    public = {name: getattr(autograd_lite, name) for name in autograd_lite.__all__ if not name.startswith("_")}
    public |= {f"Value.{name}": getattr(Value, name) for name in dir(Value) if not name.startswith("_")}
    assert {"Value.backward", "Value.data", "Value.tanh", "grad", "tanh"} <= public.keys()
    assert [name for name, thing in public.items() if not thing.__doc__ and callable(thing)] == []
    assert not [name for name in ("data", "grad", "label") if not getattr(Value, name).__doc__]
    assert Value.__doc__.startswith("A scalar that records the operation and the operands that made it.")
    assert Value.backward.__doc__.startswith("Add d(self)/d(leaf)")
    assert ">>> z.data, x.grad, y.grad\n(-3.0, -1.0, 3.0)" in inspect.cleandoc(Value.__doc__)
    assert "gradient" in inspect.signature(Value.backward).parameters


OLD = """
import sys
import tomllib
sys.version_info, sys.argv = (3, 10, 13), ["setup.py", "egg_info"]
exec(compile(open("setup.py", encoding="utf-8").read(), "setup.py", "exec"))
"""


@pytest.mark.thorough
def test_a_python_that_is_too_old_is_told_at_once():
    # pip looked for other versions of every requirement of an extra for half an hour before it said so.
    pytest.importorskip("setuptools")
    done = subprocess.run([sys.executable, "-c", OLD], cwd=PACKAGE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("autograd_lite needs Python 3.11 or later, but this is")
    assert "python3.11 -m venv" in done.stderr
    needed = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    own = [requirement for requirement in needed if "setuptools" not in requirement]
    assert all("python_version >= '3.11'" in requirement for requirement in own)  # else pip stops at these


SUB_INTERPRETER = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
if sys.argv[1] == "both":
    import autograd_lite
interpreters.run_string(interpreters.create(), '''
import sys
sys.path[:] = %r
try:
    import autograd_lite
    print("imported", (autograd_lite.Value(2.0) * 3.0).data)
except ImportError as error:
    print(error)
''' % sys.path)
"""


@pytest.mark.thorough
@pytest.mark.parametrize("where", ["both", "alone"])
def test_a_sub_interpreter_is_told_that_native_code_is_not_for_it(where):
    out = ran("-c", SUB_INTERPRETER, where).stdout
    assert ("set AUTOGRAD_LITE_PURE=1" in out) if native.is_native() else (out == "imported 6.0\n")
    pure = ran("-c", SUB_INTERPRETER, where, env={**os.environ, "AUTOGRAD_LITE_PURE": "1"}).stdout
    assert pure == "imported 6.0\n"
