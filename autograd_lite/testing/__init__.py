"""Checks for derivatives, and the tools that check this library: for your own functions too (extra `test`).

Nothing is imported before it is used, so that a part needs only its own libraries: the strategies hypothesis,
`certify` python-flint (extra `certify`), `gradcheck`, `assert_gradients`, `condition` and `ulps` none.
"""

import importlib
from typing import Any

from autograd_lite.support.extras import missing

_NAMES = {
    "certificates": ("Certificate", "certify"),
    "checking": ("assert_gradients", "gradcheck"),
    "precision": ("condition", "ulps"),
    "random_graphs": ("Expression", "expressions", "random_expression"),
    "random_modules": ("Network", "modules"),
    "report": ("Comparison", "Report"),
    "strategies": ("floats_by_spacing", "operands", "values"),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    try:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise missing(error.name, f"autograd_lite.testing.{name}", "test") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
