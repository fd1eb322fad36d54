"""The playground: `python -m autograd_lite playground` writes its page to a file and opens it in the browser."""

import sys
import webbrowser
from argparse import ArgumentParser
from pathlib import Path

from autograd_lite.live.playground_page import playground
from autograd_lite.support.wording import for_output

FILE = "playground.html"


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--output", metavar="FILE", default=FILE, help=f"the file to write, by default {FILE}")
    parser.add_argument("--no-open", action="store_true", help="write the file, but open no browser")
    parser.add_argument("--theme", choices=["auto", "light", "dark"], default="auto", help="the colours of the page")


def main(output: str = FILE, no_open: bool = False, theme: str = "auto") -> int:
    """Write the page; the exit status is 0 where all went well."""
    try:
        path = playground(theme=theme).save(output).absolute()
    except (OSError, ValueError) as error:
        print(for_output(f"the playground was not written: {error}"), file=sys.stderr)
        return 1
    print(for_output(f"written  {path}"))
    if not no_open and not open_in_browser(path):
        print(for_output(f"no browser was found; open {path.as_uri()} in one"), file=sys.stderr)
    return 0


def open_in_browser(path: Path) -> bool:
    """Whether a browser took the page."""
    try:
        return webbrowser.open(path.as_uri())
    except webbrowser.Error:
        return False
