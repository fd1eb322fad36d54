"""What the parts of the regime have measured: a JSON file for each in tests/figures, with its date and command."""

import datetime
import json
import platform
import shlex
import sys
from pathlib import Path

from project import ROOT

from autograd_lite.support import build as native
from autograd_lite.support.files import write_json

FOLDER = ROOT / "tests" / "figures"


def record(name, figures):
    """Keep the figures of one part, and when and how they were measured."""
    FOLDER.mkdir(exist_ok=True)
    words = [word if word.startswith("-") or "/" not in word else word.rpartition("/")[2] for word in sys.argv[1:]]
    document = {
        "date": f"{datetime.datetime.now():%Y-%m-%d %H:%M}",
        "command": shlex.join(["python", f"tests/{Path(sys.argv[0]).name}", *words]),
        "build": "native" if native.is_native() else "pure Python",
        "python": platform.python_version(),
        "machine": platform.machine(),
        "figures": figures,
    }
    write_json(FOLDER / f"{name}.json", document)


def recorded(name):
    """The document of one part, None where it was never measured."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def origin(document):
    """When and how the figures of a document were measured, as a sentence."""
    return (
        f"`{document['command']}` on {document['date']}, {document['build']} build, "
        f"Python {document['python']}, {document['machine']}."
    )
