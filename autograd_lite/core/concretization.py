"""What a value without a number says when it is asked for one.

While a program is traced, its values stand for numbers that are not known yet.  Asking for one would freeze
a branch or a number into the program; this floor raises instead, naming the user's line and the way out.
`RUNNING` knows the trace that runs in this thread.
"""

import os
import sys
import threading
import warnings
from typing import Any, Final, NoReturn

PACKAGE: Final = os.path.dirname(os.path.dirname(__file__))


class Running(threading.local):
    """The trace that runs in this thread, an object of `compiling`; None where there is none."""

    trace: Any = None


RUNNING: Final = Running()


class TracingError(TypeError):
    """A traced value was asked for its number."""


def users_place() -> tuple[str, int]:
    """The file and the number of the innermost line outside this package."""
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def users_line() -> str:
    """The innermost line outside this package, as "file:line"."""
    file, line = users_place()
    return f"{file}:{line}"


def warn(message: str) -> None:
    """A warning that points at the user's line."""
    warnings.warn_explicit(message, UserWarning, *users_place())


READ_LATER: Final = "a Value closed over is an input of the program, read at each call"


CHOOSE: Final = (
    "choose between values with where(condition, a, b), combine conditions with logical_and, logical_or and "
    "logical_not, and compare with less, less_equal and equal"
)
COMPUTE: Final = (
    "compute with the value itself, with autograd_lite.exp and its like in place of math.exp, and return what you want "
    "to see; a number that shapes the program, as a count does, is bound before: functools.partial(f, n=3)"
)
DERIVE: Final = "differentiate by grad or value_and_grad, or by gradients(..., create_graph=True)"


def complain(what: str, because: str = "a traced value has no number", do: str = COMPUTE) -> NoReturn:
    """Raise a TracingError that names the user's line, and says what to do."""
    raise TracingError(f"{because}, but {what}, at {users_line()}; {do}")
