"""The cache of machine code: `python -m autograd_lite cache` shows it, and with `--clear` empties it."""

import sys
from argparse import ArgumentParser

from autograd_lite.support import code_cache
from autograd_lite.support.wording import for_output


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--clear", action="store_true", help="remove all files of the cache")


def main(clear: bool = False) -> int:
    """Show or empty the cache; the exit status is 0 where all went well."""
    try:
        removed = f"; removed {code_cache.clear()} files" if clear else ""
    except OSError as error:
        do = "remove it by hand if it is yours"
        print(for_output(f"{code_cache.folder()} was not emptied: {error}; {do}"), file=sys.stderr)
        return 1
    print(for_output(f"{cache_text()}{removed}"))
    return 0


def cache_text() -> str:
    """The folder of the cache, and what is in it."""
    if not code_cache.folder():
        return f"off; unset {code_cache.VARIABLE} to use it"
    count, size = code_cache.size()
    files = f"{count} file{'' if count == 1 else 's'}"
    return f"{code_cache.folder()}, {files}, {size / 1e6:.1f} of {code_cache.LARGEST / 1e6:.0f} MB"
