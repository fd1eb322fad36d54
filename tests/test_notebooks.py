"""Every notebook runs from its first cell to its last; `-m notebook` chooses that."""

import json

import notebook_files
import pytest
from project import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs(path, tmp_path):
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    # In a folder of its own: a run leaves nothing behind in the checkout.
    NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}}).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_kept_with_its_outputs(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    counts = [cell["execution_count"] for cell in cells]
    assert counts == list(range(1, len(cells) + 1)), "run all cells in order, in a fresh kernel, and save"
    assert any(cell["outputs"] for cell in cells)
    errors = [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"]
    assert errors == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_asks_the_reader_in_few_lines_a_cell_and_tells_nothing_of_a_machine(path):
    text = path.read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]
    assert any("**Question.**" in "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    lines = ["".join(cell["source"]).count("\n") + 1 for cell in cells if cell["cell_type"] == "code"]
    assert max(lines) <= 20
    streams = {output.get("name") for cell in cells for output in cell.get("outputs", ())}
    assert "stderr" not in streams  # warnings
    assert not [place for place in ("/home/", "/root/", "/tmp/", "/Users/", ":\\\\Users") if place in text]
    assert notebook_files.output_size(json.loads(text)) <= notebook_files.LIMIT


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_begins_with_its_badge_and_the_installation(path):
    # if not: python tests/notebook_files.py
    notebook = json.loads(path.read_text(encoding="utf-8"))
    title, first = notebook["cells"][:2]
    assert "".join(title["source"]).startswith("# ")
    assert notebook_files.badge(path) in "".join(title["source"])
    assert "".join(first["source"]) == notebook_files.installation()
    assert first["outputs"] == []
    assert notebook_files.begun(path, notebook)["cells"][0] == title


def test_the_library_is_installed_by_the_name_of_the_project():
    assert f'"{notebook_files.package()}[notebook]"' in notebook_files.installation()
    assert notebook_files.package() in (ROOT / "docs" / "start" / "install.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_output_is_shown_without_trust(path):
    # JupyterLab shows neither SVG nor scripts of a notebook that it does not trust; GitHub no frames.
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            assert not data or data.keys() & {"text/plain", "text/markdown", "image/png", "text/html"}
            assert "image/svg+xml" not in data or "text/plain" in data
            page = "".join(data.get("text/html", ""))
            assert "<script" not in page
            assert "<iframe" not in page or "text/plain" in data or "<details>" in page


def test_slim_keeps_what_is_shown_everywhere():
    page = (
        "<iframe></iframe>" + "x" * notebook_files.LARGE + '<details><img src="data:image/png;base64,AAAA"></details>'
    )
    kept = notebook_files.slim({"data": {"text/html": [page], "text/plain": ["a page"]}}, shrink=lambda png, width: png)
    assert kept["data"] == {"image/png": "AAAA"}
    kept = notebook_files.slim({"data": {"text/html": ["<b>x</b>"], "text/plain": ["x"]}})
    assert kept["data"] == {"text/html": ["<b>x</b>"]}
