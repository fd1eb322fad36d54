"""The user's line: the innermost one outside of this package, for messages and warnings."""

import os
import sys
import warnings
from typing import Final

PACKAGE: Final = os.path.dirname(os.path.dirname(__file__))


def users_place() -> tuple[str, int]:
    """The file and the number of the user's line."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def users_line() -> str:
    """The user's line as "file:line"."""
    return "{}:{}".format(*users_place())


def warn(message: str) -> None:
    """A warning that points at the user's line."""
    warnings.warn_explicit(message, UserWarning, *users_place())
