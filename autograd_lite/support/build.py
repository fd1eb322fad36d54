"""Which build runs: the modules that mypyc compiled, or the same sources as plain Python.

`autograd_lite/__init__` calls `choose` first.  Python prefers a compiled module to the source beside it, but for two
cases: `AUTOGRAD_LITE_PURE=1` in the environment redirects compiled modules to their sources; and a checkout, whose
sources Python finds first, redirects them to the installed compiled modules, if these were made from the very sources
of the checkout: what is in the checkout is always what runs.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType
from typing import NamedTuple

PURE_VARIABLE = "AUTOGRAD_LITE_PURE"
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NAME = os.path.basename(_HERE)


class Redirect(NamedTuple):
    """A finder of modules whose files are given, by dotted name."""

    files: dict[str, str]

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        return spec_from_file_location(name, self.files[name]) if name in self.files else None


def choose() -> None:
    """Direct the imports of the compiled modules to one build.

    Raises ImportError in a sub-interpreter where it would be the native one, whose modules a process has once.
    """
    if _pure_wanted():
        sys.meta_path.insert(0, Redirect({name: _source(file) for name, file in _compiled(_HERE).items()}))
    elif in_sub_interpreter() and _native_folder():
        raise ImportError(
            f"the native build of {_NAME} works in the main interpreter of a process, but was imported in a "
            f"sub-interpreter; set {PURE_VARIABLE}=1 in the environment to run plain Python there",
            name=_NAME,
        )
    elif _is_checkout() and (folder := _native_folder()):
        sys.meta_path.insert(0, Redirect(_compiled(folder)))


def _is_checkout() -> bool:
    return os.path.exists(os.path.join(os.path.dirname(_HERE), "pyproject.toml"))


def _native_folder() -> str:
    """The copy of the package whose compiled modules would run; "" for none."""
    if _compiled(_HERE):
        return _HERE
    folders = _installed_folders() if _is_checkout() else []
    return next((folder for folder in folders if _compiled(folder) and not _changed(folder)), "")


def in_sub_interpreter() -> bool:
    """Whether the running interpreter is not the main one of its process."""
    for name in ("_interpreters", "_xxsubinterpreters"):  # of Python 3.13, and before
        try:
            interpreters = import_module(name)
        except ImportError:
            continue
        return bool(interpreters.get_current() != interpreters.get_main())
    return False


def is_native() -> bool:
    """Whether the compiled modules run.

    >>> is_native() == (describe() == "native")
    True
    """
    graph = sys.modules.get(f"{_NAME}.core.graph")
    return str(getattr(graph, "__file__", "")).endswith(tuple(EXTENSION_SUFFIXES))


def describe() -> str:
    """The build that runs, for people: "native", or "pure Python" with the reason and what to do."""
    return "native" if is_native() else f"pure Python: {_reason()}"


def _reason() -> str:
    if _pure_wanted():
        return f"{PURE_VARIABLE} is set; unset it to use native code"
    for folder in _installed_folders():
        if changed := _changed(folder):
            return f"{', '.join(changed)} changed since native code was installed; install again"
    for folder in (_HERE, *_installed_folders()):
        if why := _read(os.path.join(folder, "why_pure.txt")):
            return why.decode().strip()
    return "the sources run as they are; install the package, not editable, for native code"


def _pure_wanted() -> bool:
    return os.environ.get(PURE_VARIABLE, "0") not in ("", "0")


def _installed_folders() -> list[str]:
    """The folders of other copies of the package, in the order in which Python would find them."""
    folders = [os.path.join(os.path.abspath(entry), _NAME) for entry in sys.path]
    return [folder for folder in folders if folder != _HERE and os.path.isdir(folder)]


def _compiled(folder: str) -> dict[str, str]:
    """The files of the compiled modules in a copy of the package, by dotted name."""
    found = {}
    for parent, _, files in os.walk(folder):
        for file in files:
            if file.endswith(tuple(EXTENSION_SUFFIXES)):
                path = os.path.join(parent, file)
                folders = os.path.relpath(parent, os.path.dirname(folder)).split(os.sep)
                found[".".join([*folders, file.partition(".")[0]])] = path
    return found


def _source(compiled: str) -> str:
    """The source that a compiled module was made from; the library with the code of all of them has none."""
    source = compiled[: compiled.index(".", len(os.path.dirname(compiled)))] + ".py"
    return source if os.path.exists(source) else compiled


def _changed(folder: str) -> list[str]:
    """The compiled modules of another copy of the package whose sources differ from those here."""
    sources = [_source(file) for file in _compiled(folder).values()]
    names = [os.path.relpath(source, folder) for source in sources if source.endswith(".py")]
    return sorted(name for name in names if _read(os.path.join(folder, name)) != _read(os.path.join(_HERE, name)))


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
