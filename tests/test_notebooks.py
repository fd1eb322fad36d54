"""Every notebook runs from its first cell to its last; `-m notebook` chooses that."""

import json

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
    assert path.stat().st_size < 1_000_000
