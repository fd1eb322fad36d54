"""The command line: `python -m autograd_lite <command>`.

Top floor. A command is a module with `main(arguments) -> exit status`; it is imported when it is called, so
that `info` works whatever else is missing.
"""

import argparse
import importlib
import sys

# command -> (its module, what it does)
COMMANDS = {
    "demo": ("autograd_lite.demo", "train a network on real handwritten digits, and draw the results"),
    "info": ("autograd_lite.info", "show the version, the build, and which extras are present"),
    "table": ("autograd_lite.explaining.documentation", "print the table of primitives, for the docs"),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m autograd_lite", description="Scalar automatic differentiation that you can see."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, (_, purpose) in COMMANDS.items():
        commands.add_parser(name, help=purpose, add_help=False)
    options, rest = parser.parse_known_args(arguments)
    module = importlib.import_module(COMMANDS[options.command][0])
    status: int = module.main(rest)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
