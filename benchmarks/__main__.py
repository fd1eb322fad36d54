"""`python -m benchmarks [table ...]`: print the tables that are asked for, or all of them, as Markdown."""

from __future__ import annotations

import argparse
import importlib

from benchmarks import harness, page

# name of a table: the modules that make it, and the rounds of fresh processes that steady it
TABLES = {
    "core": (["core"], 7),
    "memory": (["memory"], 1),
    "import": (["imports"], 7),
    "programs": (["programs", "digits", "small"], 7),
    "compiling": (["compiling"], 3),
    "calls": (["calls"], 3),
    "threads": (["threads"], 3),
    "nn": (["nn"], 5),
    "linalg": (["linalg"], 3),
    "gpt": (["gpt"], 3),
    "loops": (["loops", "recurrent"], 3),
    "sparse": (["sparse"], 3),
    "special": (["special"], 3),
    "javascript": (["javascript"], 3),
    "clusters": (["clusters"], 3),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="table", help=f"{', '.join(TABLES)}; all where none is named")
    parser.add_argument("--rounds", type=int, help="fresh processes a workload, instead of each table's own number")
    parser.add_argument("--slow", action="store_true", help="the peers that take seconds a pass, too")
    parser.add_argument(
        "--record", action="store_true", help="keep the tables, and write the page of the documentation"
    )
    parser.add_argument("--page", action="store_true", help="measure nothing, write that page")
    options = parser.parse_args()
    if unknown := set(options.tables) - set(TABLES):
        parser.error(f"no table is called {', '.join(sorted(unknown))}: there are {', '.join(TABLES)}")
    if not options.page:
        print(f"Measured on {harness.machine()}\n")
    for name in [] if options.page else options.tables or TABLES:
        modules, rounds = TABLES[name]
        texts = []
        for module in modules:
            table = importlib.import_module(f"benchmarks.{module}").table
            texts.append(table(options.rounds or rounds, options.slow))
            print(texts[-1], "\n", flush=True)
        if options.record:
            page.record(name, "\n\n".join(texts))
    if options.record or options.page:
        page.write(TABLES)


if __name__ == "__main__":
    main()
