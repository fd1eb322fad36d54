"""Checks for derivatives, and the tools that check this library: for your own functions too (extra `test`).

Nothing is imported before it is used, so that a part needs only its own libraries.
"""

import importlib
from typing import Any

_HOMES = {
    "Expression": "random_graphs",
    "assert_gradients": "checking",
    "condition": "precision",
    "expressions": "random_graphs",
    "random_expression": "random_graphs",
    "ulps": "precision",
    "floats_by_spacing": "strategies",
    "gradcheck": "checking",
    "operands": "strategies",
    "values": "strategies",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
