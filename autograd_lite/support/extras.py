"""Libraries of the extras: imported when they are needed, with the command that installs them where they are missing.

Every import of an optional library goes through `required`.
"""

import importlib
import sys
from typing import Any, Final

from autograd_lite.support.forking import IMPORTS

NAMES: Final = {
    "PIL": "Pillow", "array_api_compat": "array-api-compat", "flint": "python-flint", "matplotlib": "Matplotlib",
    "numpy": "NumPy", "scipy": "SciPy", "sklearn": "scikit-learn",
}  # fmt: skip
"""The names of libraries whose packages are named differently."""


def required(module: str, by: str, extra: str) -> Any:
    """The module of that name, for `by`.

    Raises ImportError, which names the extra, where its library is not installed; other errors of the import pass.

    >>> required("math", "this line", "demo").pi
    3.141592653589793
    """
    package = module.partition(".")[0]
    try:
        with IMPORTS:
            importlib.import_module(package)
            return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == package:
            raise missing(module, by, extra) from None
        raise


READY: Final[dict[str, Any]] = {}
"""The libraries that were found imported to their end."""


def imported(library: str) -> Any:
    """The library, if it is imported already, to its end; else None.

    While another thread imports it, it is there, and without most of its names.
    """
    module = sys.modules.get(library)
    if module is None or READY.get(library) is module:
        return module
    if getattr(getattr(module, "__spec__", None), "_initializing", False):
        return None
    READY[library] = module
    return module


def missing(module: str, by: str, extra: str) -> ImportError:
    """The error that names the library that is missing, what needs it, and how to get it."""
    package = module.partition(".")[0]
    needs = f"{by} needs {NAMES.get(package, package)}, which is not installed"
    return ImportError(f'{needs}; run: pip install "autograd_lite[{extra}]"', name=package)
