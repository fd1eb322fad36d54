"""Libraries that are missing are named, with who needs them and the command that brings them."""

import importlib
import sys
import tomllib

import pytest
from project import ROOT, ran

from autograd_lite.support.extras import required


def test_what_is_there_is_imported():
    assert required("json.decoder", "this test", "demo") is importlib.import_module("json.decoder")


def test_what_is_missing_is_named_with_the_command():
    with pytest.raises(ImportError) as caught:
        required("no_such_library.part", "this test", "demo")
    assert str(caught.value) == (
        'this test needs no_such_library, which is not installed; run: pip install "autograd_lite[demo]"'
    )
    assert caught.value.name == "no_such_library"


def test_a_library_that_is_there_and_broken_tells_so_itself(tmp_path, monkeypatch):
    (tmp_path / "broken_library.py").write_text("import no_such_library")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_library'"):
        required("broken_library", "this test", "demo")


USES = {
    "numpy": [
        ("nn.fit(nn.MLP(1, [1]), [[1.0]], [[1.0]], compile=True, progress=False)", "jit"),
        ("ag.compile(ag.exp, backend='numpy')(1.0)", "jit"),
        ("import autograd_lite.sklearn", "sklearn"),
    ],
    "llvmlite": [("ag.compile(ag.exp, backend='llvm')(1.0)", "jit")],
    "sklearn": [("import autograd_lite.sklearn", "sklearn")],
    "matplotlib": [
        ("nn.History().plot()", "demo"),
        ("ag.draw_activations()", "demo"),
        ("ag.animate(nn.MLP(2, [1]), [[0.0, 1.0]], [1])", "demo"),
    ],
    "hypothesis": [("testing.values", "test")],
}


@pytest.mark.thorough
@pytest.mark.parametrize("library", USES)
def test_every_use_of_an_extra_names_it(library):
    """In a process in which the library cannot be found."""
    code = f"""
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {library!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name.partition(".")[0] == {library!r} else found(name, *rest)
import autograd_lite as ag
from autograd_lite import nn, testing
for text in {[text for text, _ in USES[library]]!r}:
    try:
        exec(text)
    except ImportError as error:
        print(error)
    else:
        print("nothing was raised by", text)
"""
    lines = ran("-c", code).stdout.splitlines()
    assert len(lines) == len(USES[library])
    for line, (_, extra) in zip(lines, USES[library], strict=True):
        assert line.endswith(f'which is not installed; run: pip install "autograd_lite[{extra}]"')


def test_extras_that_are_named_exist():
    with open(ROOT / "pyproject.toml", "rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    assert {extra for uses in USES.values() for _, extra in uses} <= extras.keys()
    assert sys.version_info >= (3, 11)
