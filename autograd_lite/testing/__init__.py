"""Checks for derivatives, and the tools that check this library: for your own functions too (extra `test`).

Nothing is imported before it is used, so that a part needs only its own libraries: the strategies hypothesis,
`gradcheck`, `assert_gradients`, `condition` and `ulps` none.
"""

import importlib
from typing import Any

from autograd_lite.support.extras import missing

_HOMES = {
    "Expression": "random_graphs",
    "assert_gradients": "checking",
    "Comparison": "report",
    "Network": "random_modules",
    "Report": "report",
    "condition": "precision",
    "expressions": "random_graphs",
    "random_expression": "random_graphs",
    "ulps": "precision",
    "floats_by_spacing": "strategies",
    "gradcheck": "checking",
    "modules": "random_modules",
    "operands": "strategies",
    "values": "strategies",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("hypothesis", "mpmath"):
            raise
        raise missing(error.name, f"autograd_lite.testing.{name}", "test") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
