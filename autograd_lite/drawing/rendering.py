"""DOT text turned into a picture: by `dot`, or by the Graphviz that the wheels of pygraphviz carry (extra `draw`)."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from autograd_lite.support.forking import ProcessLock

IN_LIBRARY = ProcessLock()  # Graphviz as a library does one thing at a time
FORMATS = ("svg", "png", "pdf")
SHARPNESS = 2  # dots of a PNG for each pixel of a screen
ADVICE = 'to see graphs as pictures, install Graphviz (`dot`), or run: pip install "pygraphviz>=2.0"'


class CannotRender(RuntimeError):
    """There is no Graphviz, or it failed."""


def render(source: str, format: str, engine: str = "dot") -> bytes:
    """The picture of a DOT text as svg, png or pdf, laid out by that engine of Graphviz.

    Raises CannotRender where no Graphviz is found, or where it fails on the text.
    """
    dpi = f"-Gdpi={96 * SHARPNESS if format == 'png' else 72}"
    if shutil.which("dot"):
        command = ["dot", f"-K{engine}", f"-T{format}", dpi]
        run = subprocess.run(command, input=source.encode(), capture_output=True, check=False)
        if run.returncode:
            raise CannotRender(f"dot failed: {run.stderr.decode(errors='replace').strip()}")
        return run.stdout
    try:
        import pygraphviz
    except ImportError:
        raise CannotRender(f"no Graphviz was found; {ADVICE}") from None
    with IN_LIBRARY.here(), quiet():
        return bytes(pygraphviz.AGraph(string=source).draw(format=format, prog=engine, args=dpi))


MESSAGES = (b"Fontconfig ", b"Warning: ", b"Error: ", b"(process:", b"Pango")
"""How lines begin that the C libraries write to standard error, about fonts mostly."""


@contextmanager
def quiet() -> Iterator[None]:
    """Discard what the C libraries write to standard error; failures raise all the same.

    There is one standard error for all threads: what others write meanwhile is kept, and written at the end.
    """
    try:
        saved = os.dup(2)
    except OSError:  # a program without standard error
        yield
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.NamedTemporaryFile(dir=folder, delete=False) as kept,
        open(kept.name, "rb") as found,  # a place of its own: a write that is under way still goes to the end
    ):
        try:
            os.dup2(kept.fileno(), 2)
            yield
        finally:
            os.dup2(saved, 2)
            lines = b"".join([line for line in found if not line.startswith(MESSAGES)])
            while lines:
                lines = lines[os.write(saved, lines) :]
            os.close(saved)
