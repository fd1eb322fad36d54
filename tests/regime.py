"""The regime: every check that is made of numbers, with its figures; writes REGIME.md.

    python tests/regime.py             measures the short parts, and writes the page
    python tests/regime.py --long      the long parts, and the page
    python tests/regime.py PART ...    the parts that are named, and the page
    python tests/regime.py --page      the page alone
    python tests/mutation.py           the mutants, which must not find the package imported already
    python tests/stress.py --record    the attacks, for two minutes or as many as one likes

What is measured is kept in tests/figures with its date and command; the page shows these figures, and no others.
"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

os.environ.setdefault("AUTOGRAD_LITE_CACHE", "0")  # random programs are not for the user's disk
import algebra  # noqa: E402
import comparing  # noqa: E402
import costs  # noqa: E402
import enclosing  # noqa: E402
import faulting  # noqa: E402
import float32_rows  # noqa: E402
import full  # noqa: E402
import growth  # noqa: E402
import infinity  # noqa: E402
import javascript_rows  # noqa: E402
import looping  # noqa: E402
import mutation  # noqa: E402
import networks  # noqa: E402
import orders  # noqa: E402
import scattered  # noqa: E402
import stress  # noqa: E402
import tabulating  # noqa: E402
from recording import origin, record, recorded  # noqa: E402

SHORT = {
    "rows": lambda: record("rows", tabulating.measure_rows(2000)),
    "infinity": lambda: record("infinity", infinity.measure()),
    "networks": lambda: record("networks", networks.measure(40)),
    "expressions": lambda: record("expressions", tabulating.measure_expressions(500)),
    "costs": lambda: record("costs", costs.measure()),
    "faults": lambda: record("faults", faulting.measure()),
    "javascript": lambda: record("javascript", javascript_rows.measure(2000)),
    "float32": lambda: record("float32", float32_rows.measure(1000, 200)),
}
LONG = {
    "dags": lambda: comparing.measure("dags"),
    "dags_python": lambda: comparing.measure("dags_python"),
    "loops": looping.measure,
    "scattered": scattered.measure,
    "algebra": lambda: record("algebra", algebra.measure(8)),
    "balls": enclosing.measure,
    "growth": lambda: record("growth", growth.measure()),
    "orders": lambda: record("orders", orders.measure(4, 2)),
}
SECTIONS = [
    ("rows", "The table, row by row, against 60 digits", tabulating.rows_section),
    ("infinity", "Infinite operands, row by row, against limits", infinity.section),
    ("networks", "Networks: activations, losses, normalisation, against 60 digits", networks.section),
    ("expressions", "Random expressions, against 60 digits", tabulating.expressions_section),
    ("orders", "Derivatives of partials, against as many digits as it takes", orders.section),
    ("dags", "Random functions in every engine", comparing.engines_section),
    ("dags_python", "Random functions in generated Python", comparing.python_section),
    ("javascript", "JavaScript, row by row, against the eager engine", javascript_rows.section),
    ("float32", "Native code in float32, row by row", float32_rows.section),
    ("loops", "Random loops in every engine", looping.section),
    ("scattered", "Sparse derivatives of random functions", scattered.section),
    ("algebra", "Linear algebra, against 150 digits", algebra.section),
    ("balls", "Random functions in intervals that are proven", enclosing.section),
    ("costs", "What a gradient costs", costs.section),
    ("growth", "Time and memory to ten million nodes", growth.section),
    ("mutation", "Mutation: whether tests notice", mutation.section),
    ("faults", "Faults, and what was found", faulting.section),
    ("stress", "Stress: attacks from seeds", stress.section),
    ("full", "By hand: all Pythons, the long parts, the packages", full.section),
]
"""The page: the part that each section shows, its title, and its lines."""


def page():
    lines = [
        "# The regime: what was checked, and how far off the worst was",
        "",
        "`python tests/regime.py` measures what takes a minute, `python tests/regime.py --long` the rest, and both",
        "write this page. Each section tells when and how its figures were measured.",
    ]
    for name, title, section in SECTIONS:
        document = recorded(name)
        lines += ["", f"## {title}", ""]
        lines += [origin(document), "", *section(document["figures"])] if document else ["Not measured yet."]
    return "\n".join(lines) + "\n"


def main(arguments):
    parser = argparse.ArgumentParser(description="Measure the regime, and write its page.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join([*SHORT, *LONG])}")
    parser.add_argument("--long", action="store_true", help="measure what takes long, not what takes a minute")
    parser.add_argument("--page", action="store_true", help="measure nothing")
    asked = parser.parse_args(arguments)
    if unknown := {*asked.parts} - {*SHORT, *LONG}:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    for name in [] if asked.page else asked.parts or (LONG if asked.long else SHORT):
        {**SHORT, **LONG}[name]()
    (ROOT / "REGIME.md").write_text(page(), encoding="utf-8")
    print(page())


if __name__ == "__main__":
    main(sys.argv[1:])
