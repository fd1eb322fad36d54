"""The notebooks: the cell and the badge with which each begins, and how they are run and kept.

    python tests/notebook_files.py              writes the first cells
    python tests/notebook_files.py NAME ...     runs the notebooks whose names begin so, and keeps their outputs

A page with a script does not run where a reader distrusts a notebook, as on GitHub, so that of a larger one its still
picture and its text are kept; of two forms of a picture the smaller one that is shown everywhere.
"""

import base64
import io
import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
REPOSITORY = "autograd-lite/autograd_lite"  # on GitHub, where Colab reads notebooks from
LIMIT = 300_000  # characters of output a notebook
LARGE = 60_000  # characters of a page that is not kept


def package() -> str:
    """The name by which the library is installed: that of the project."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"])


def installation() -> str:
    return (
        "# Installs the library where it is missing, as on Colab.\n"
        "from importlib.util import find_spec\n\n"
        f'if find_spec("autograd_lite") is None:\n    %pip install --quiet "{package()}[notebook]"'
    )


def badge(path: Path) -> str:
    target = f"https://colab.research.google.com/github/{REPOSITORY}/blob/main/notebooks/{path.name}"
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({target})"


def begun(path: Path, notebook: dict) -> dict:
    """The notebook with its badge below the title, and the installation as its first code."""
    title, *cells = notebook["cells"]
    lines = [x for x in "".join(title["source"]).split("\n\n") if "colab-badge" not in x]
    title["source"] = "\n\n".join([lines[0], badge(path), *lines[1:]]).splitlines(keepends=True)
    old = [c for c in cells if c.get("id") == "installation"]
    cells = [c for c in cells if c.get("id") != "installation"]
    first = {"cell_type": "code", "id": "installation", "metadata": {}, "outputs": [], "execution_count": None,
             "source": installation().splitlines(keepends=True)}  # fmt: skip
    kept = old[0] if old and old[0]["source"] == first["source"] else first
    return {**notebook, "cells": [title, kept, *cells]}


def size(data: object) -> int:
    return len(json.dumps(data))


def output_size(notebook: dict) -> int:
    """The characters of all outputs of a notebook."""
    return sum(size(output) for cell in notebook["cells"] for output in cell.get("outputs", ()))


def slim(output: dict, shrink: Callable[[str, int | None], str] | None = None) -> dict:
    """An output without what is kept twice, or is of no use in a file."""
    data, metadata = dict(output["data"]), output.get("metadata", {})
    data.pop("application/vnd.jupyter.widget-view+json", None)
    if size(data.get("text/html", "")) > LARGE:
        page = "".join(data.pop("text/html"))
        still = re.search(r'src="data:image/png;base64,([^"]+)"', page[page.rfind("<details>") :])
        if still and "image/png" not in data:
            data["image/png"] = still[1]
    if "image/png" in data:
        data.pop("image/svg+xml", None)
        data["image/png"] = (shrink or reduced)("".join(data["image/png"]), metadata.get("image/png", {}).get("width"))
    if data.keys() & {"text/markdown", "text/html", "image/png"}:
        data.pop("text/plain", None)
    return {**output, "data": data}


def reduced(png: str, width: int | None) -> str:
    """The same picture in as many pixels as it is shown with, and few colours; a moving one, or a small one, as it is.

    Drawings, which say their width, have 12 colours at most; plots have 128.
    """
    from PIL import Image

    raw = base64.b64decode(png)
    picture = Image.open(io.BytesIO(raw))
    if getattr(picture, "n_frames", 1) > 1:
        return png
    drawing = width is not None
    picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB").convert("RGB")
    if width is not None and picture.width > width:
        picture = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.BOX)
    method = Image.Quantize.MAXCOVERAGE if drawing else Image.Quantize.MEDIANCUT
    few = picture.quantize(12 if drawing else 128, method=method, kmeans=int(drawing), dither=Image.Dither.NONE)
    made = io.BytesIO()
    few.save(made, "png", optimize=True)
    return base64.b64encode(made.getvalue()).decode() if len(made.getvalue()) < len(raw) else png


def keep(path: Path, notebook: dict) -> None:
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def run(path: Path) -> None:
    """Run a notebook in a fresh kernel and an empty folder, and keep what it shows."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
    kept = json.loads(nbformat.writes(notebook))
    for cell in kept["cells"]:
        cell["metadata"].pop("execution", None)
        if "outputs" in cell:
            cell["outputs"] = [slim(output) if "data" in output else output for output in cell["outputs"]]
    keep(path, {**kept, "metadata": {name: kept["metadata"][name] for name in ("kernelspec", "language_info")}})
    print(f"{path.name}: {output_size(kept)} characters of output")


def main() -> None:
    for path in sorted(FOLDER.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        made = begun(path, notebook)
        if made != notebook:
            keep(path, made)
        if any(path.name.startswith(name) for name in sys.argv[1:]):
            run(path)


if __name__ == "__main__":
    main()
