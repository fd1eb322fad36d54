"""The page of the benchmarks, docs/reference/benchmarks.md, made of what runs have printed: targets, then tables.

`python -m benchmarks TABLE --record` keeps what it prints in benchmarks/figures, with its command, date and machine,
and writes the page; `python -m benchmarks --page` writes it again.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from benchmarks import harness

FIGURES, PAGE = harness.ROOT / "benchmarks" / "figures", harness.ROOT / "docs" / "reference" / "benchmarks.md"
GOAL = re.compile(
    r"^- (.*): (?:\*\*(.*)\*\*|not measured) \(target ([<>]= [\d.]+)(?:: (met|NOT MET))?\)$", re.MULTILINE
)
OPENING = """# Benchmarks

`python -m benchmarks` in a checkout prints the tables below, and its peers' figures where they are installed
(`pip install -r benchmarks/requirements.txt`); a name runs one of them, as in `python -m benchmarks loops`. Each
workload has a process of its own, with one core and one thread unless a table tells another number. Worth reading are
ratios within one run: the machines had other work, and each table tells how much.

*First call* is the time to trace, compile and run once, less a later run where the column tells so; each library, with
what it compiles with, is imported before. *Strict* code has the bits of the eager engine, *fastmath* may fuse and
reorder.
"""


class Target(NamedTuple):
    table: str
    text: str
    value: str | None
    bound: str
    met: bool


def record(name: str, text: str) -> None:
    """Keep what a table has printed, and where and when that was."""
    FIGURES.mkdir(exist_ok=True)
    document = {
        "date": f"{datetime.datetime.now():%Y-%m-%d %H:%M}",
        "command": shlex.join(["python", "-m", "benchmarks", name, *rounds(sys.argv[1:])]),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "machine": harness.machine(),
        "text": text,
    }
    (FIGURES / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def rounds(words: list[str]) -> list[str]:
    return words[words.index("--rounds") :][:2] if "--rounds" in words else []


def recorded(tables: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What was kept of these tables."""
    files = {name: FIGURES / f"{name}.json" for name in tables}
    return {name: json.loads(x.read_text(encoding="utf-8")) for name, x in files.items() if x.exists()}


def targets(documents: dict[str, dict[str, Any]]) -> Iterator[Target]:
    for name, document in documents.items():
        for text, value, bound, verdict in GOAL.findall(document["text"]):
            yield Target(name, text, value or None, bound, verdict == "met")


def page(tables: Iterable[str]) -> str:
    """All of it: targets that are missed, targets that are met, the tables as they were printed."""
    documents = recorded(tables)
    every = list(targets(documents))
    missed, met = [x for x in every if not x.met], [x for x in every if x.met]
    absent = [name for name in tables if name not in documents]
    parts = [OPENING, "## Targets", f"{len(met)} of {len(every)} are met."]
    for title, listed in (("Missed", missed), ("Met", met)):
        rows = [(x.table, x.text, x.value or "not measured", x.bound) for x in listed]
        parts += [f"### {title}", harness.markdown(("table", "target", "measured", "wanted"), rows)]
    parts += [f"Not measured yet: {', '.join(absent)}."] if absent else []
    for name, document in documents.items():
        text = GOAL.sub("", document["text"]).strip()
        origin = f"`{document['command']}` on {document['date']}, load {document['load']}: {document['machine']}"
        parts += [f"## {name.capitalize()}", origin, re.sub(r"\n{3,}", "\n\n", text)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def write(tables: Iterable[str]) -> None:
    PAGE.write_text(page([*tables]), encoding="utf-8")
