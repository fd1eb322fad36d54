"""What a value without a number says when it is asked for one.

While a program is traced, its values stand for numbers that are not known yet.  Asking for one would freeze
a branch or a number into the program; this floor raises instead, naming the user's line and the way out.
`RUNNING` knows the trace that runs in this thread.
"""

import os
import sys
import threading
from typing import Any, Final, NoReturn

PACKAGE: Final = os.path.dirname(__file__)


class Running(threading.local):
    """The trace that runs in this thread, an object of `compiling`; None where there is none."""

    trace: Any = None


RUNNING: Final = Running()


class TracingError(TypeError):
    """A traced value was asked for its number."""


def users_line() -> str:
    """The innermost line outside this package, as "file:line"."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


READ_LATER: Final = "a Value closed over is an input of the program, read at each call"


def complain(what: str, because: str = "a traced value has no number") -> NoReturn:
    """Raise a TracingError that names the user's line."""
    raise TracingError(
        f"{because}, but {what}, at {users_line()}; choose between values with where(condition, a, b), combine "
        f"conditions with logical_and, logical_or and logical_not, and compare with less, less_equal and equal"
    )
