"""The command line: `python -m autograd_lite <command>`.

Top floor. A command is a module with `main() -> exit status`, which takes its options; it is imported when it is
called, so that `info` works whatever else is missing.
"""

import argparse
import importlib
import os
import sys

from autograd_lite.support.version import __version__

# command -> (its module, what it does)
COMMANDS = {
    "cache": ("autograd_lite.cli.cache_command", "show the cache of machine code, or clear it"),
    "demo": ("autograd_lite.cli.demo", "train a network on real handwritten digits, and draw the results"),
    "info": ("autograd_lite.cli.info", "show the version, the build, and which extras are present"),
    "playground": ("autograd_lite.cli.playground_command", "write a page in which a network learns, and open it"),
    "table": ("autograd_lite.cli.table", "print the table of primitives, for the docs"),
}
WITH_OPTIONS = {"cache", "playground"}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m autograd_lite", description="Scalar automatic differentiation that you can see."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="command")
    for name, (_, purpose) in COMMANDS.items():
        of_command = commands.add_parser(name, help=purpose, description=f"{purpose.capitalize()}.")
        if name in WITH_OPTIONS and name in arguments[:1]:
            importlib.import_module(COMMANDS[name][0]).options(of_command)
    given = vars(parser.parse_args(arguments))
    command: str | None = given.pop("command")
    if command is None:
        parser.print_help()
        return 0
    try:
        status: int = importlib.import_module(COMMANDS[command][0]).main(**given)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its end
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
