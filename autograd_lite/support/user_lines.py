"""The user's line: the innermost one outside of this package, for messages and warnings."""

import os
import sys
import warnings
from itertools import islice
from types import FrameType
from typing import Final

PACKAGE: Final = os.path.dirname(os.path.dirname(__file__))


def users_place() -> tuple[str, int]:
    """The file and the number of the user's line."""
    frame = users_frame()
    return frame.f_code.co_filename, frame.f_lineno


def users_frame() -> FrameType:
    """The innermost frame outside of this package and of NumPy, which calls it too."""
    numpy = getattr(sys.modules.get("numpy"), "__file__", None)
    inside = (PACKAGE, os.path.dirname(numpy)) if numpy else PACKAGE
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(inside):
        frame = frame.f_back
    return frame


def users_text() -> str:
    """The text of what the user's line calls or computes just now, "" where it is not known."""
    import linecache  # for messages alone

    frame = users_frame()
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    places = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    first, last, start, end = places
    return line.encode()[start:end].decode() if first == last and start is not None else line


def users_line() -> str:
    """The user's line as "file:line"."""
    return "{}:{}".format(*users_place())


def warn(message: str) -> None:
    """A warning that points at the user's line."""
    warnings.warn_explicit(message, UserWarning, *users_place())
