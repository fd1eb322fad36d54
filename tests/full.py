"""The part of the regime that .ci/full runs: what each of its jobs gave, and when.

python tests/full.py JOB WORDS ...    keep the result of a job, and write the page
"""

import sys
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from recording import record, recorded  # noqa: E402


def keep(job, words):
    document = recorded("full")
    figures = document["figures"] if document else {}
    figures[job] = {"date": f"{datetime.now():%Y-%m-%d %H:%M}", "words": words}
    record("full", dict(sorted(figures.items())))


def section(figures):
    yield "`.ci/full` is run by hand; a job that is not listed has not run since it was written."
    yield ""
    yield "| job | when | result |"
    yield "| --- | --- | --- |"
    for job, found in figures.items():
        yield f"| {job} | {found['date']} | {found['words']} |"


if __name__ == "__main__":
    keep(sys.argv[1], " ".join(sys.argv[2:]))
    import regime  # which imports this module

    regime.main(["--page"])
