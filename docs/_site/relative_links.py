"""Links that lead to files of the repository which are no pages of the site: there they are the names of the files.

The pages are read in the repository too, where such a link opens the file.
"""

import os
import re
from pathlib import Path

LINK = re.compile(r"\[([^\]\n]+(?:\n[^\]\n]+)?)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")
DOCS = Path(__file__).resolve().parent.parent
ROOT = DOCS.parent


def with_pages_alone(text, folder):
    """The text of a page in that folder, its links to what is no page turned into code."""

    def one(found):
        words, path = found[1], found[2]
        target = (folder / path).resolve()
        if not target.exists() or (target.is_relative_to(DOCS) and target.suffix in (".md", ".ipynb", ".svg", ".png")):
            return found[0]
        if target.suffix == ".ipynb" and folder.is_relative_to(DOCS):  # a notebook is a page, by its copy
            copy = os.path.relpath(DOCS / "generated" / "notebooks" / target.name, folder)
            return f"[{words}]({Path(copy).as_posix()})"
        shown = words.strip("`")
        return f"`{shown}`" if shown in path else f"{words} (`{target.relative_to(ROOT).as_posix()}`)"

    return LINK.sub(one, text)


def on_source_read(app, docname, content):
    path = Path(app.env.doc2path(docname))
    if path.suffix == ".md":
        content[0] = with_pages_alone(content[0], path.parent)


def setup(app):
    app.connect("source-read", on_source_read)
    return {"parallel_read_safe": True}
