"""Which build runs: the modules that mypyc compiled, or the same sources as plain Python.

The lowest floor: `__init__` calls `choose` before it imports anything else. In an ordinary installation there
is nothing to choose, Python prefers a compiled module to the source beside it. Two cases need a word:

- `AUTOGRAD_LITE_PURE=1` in the environment: the sources run, though compiled modules are installed.
- In a checkout Python finds the sources first, as `python -m` puts the working directory in front of the
  path; the compiled modules stand in the installed package. They are used from there if they were compiled
  from the very sources of the checkout. After an edit to one of these the sources run, until
  the package is installed again; so what stands in the checkout is always what runs.
"""

import os
import sys

PURE_VARIABLE = "AUTOGRAD_LITE_PURE"
_HERE = os.path.dirname(os.path.abspath(__file__))


def choose(package_path: list[str]) -> None:
    """Direct the imports of the package, whose `__path__` this is, to one build."""
    if _pure_wanted():
        _restrict(_HERE, to_compiled=False)
        package_path[:] = [_HERE]
    elif _in_checkout():
        for folder in _installed_folders():
            if _sources_of_compiled(folder) and not _changed(folder):
                _restrict(folder, to_compiled=True)
                package_path.insert(0, folder)
                return


def is_native() -> bool:
    """Whether the compiled modules run.

    >>> is_native() == (describe() == "native")
    True
    """
    from importlib.machinery import EXTENSION_SUFFIXES

    core = sys.modules.get("autograd_lite.graph")
    return str(getattr(core, "__file__", "")).endswith(tuple(EXTENSION_SUFFIXES))


def describe() -> str:
    """The build that runs, for people: "native", or "pure Python" with the reason and what to do."""
    if is_native():
        return "native"
    return f"pure Python: {_reason()}"


def _reason() -> str:
    if _pure_wanted():
        return f"{PURE_VARIABLE} is set; unset it to use native code"
    for folder in _installed_folders():
        if changed := _changed(folder):
            return f"{', '.join(changed)} changed since native code was installed; install again"
    for folder in (_HERE, *_installed_folders()):
        if why := _text(folder, "why_pure.txt"):
            return why.decode().strip()
    return "the sources run as they are; install the package, not editable, for native code"


def _pure_wanted() -> bool:
    return os.environ.get(PURE_VARIABLE, "0") not in ("", "0")


def _in_checkout() -> bool:
    return os.path.exists(os.path.join(os.path.dirname(_HERE), "pyproject.toml"))


def _installed_folders() -> list[str]:
    """The folders of other copies of the package, in the order in which Python would find them."""
    name = os.path.basename(_HERE)
    folders = [os.path.join(os.path.abspath(entry), name) for entry in sys.path]
    return [folder for folder in folders if folder != _HERE and os.path.isdir(folder)]


def _sources_of_compiled(folder: str) -> set[str]:
    from importlib.machinery import EXTENSION_SUFFIXES

    compiled = [name for name in os.listdir(folder) if name.endswith(tuple(EXTENSION_SUFFIXES))]
    modules = {name.partition(".")[0] for name in compiled}
    # the library that holds the code of all of them has no source
    return {f"{module}.py" for module in modules if not module.endswith("__mypyc")}


def _changed(folder: str) -> list[str]:
    """The compiled modules of `folder` whose sources are not the ones of this package."""
    return sorted(name for name in _sources_of_compiled(folder) if _text(folder, name) != _text(_HERE, name))


def _text(folder: str, name: str) -> bytes | None:
    try:
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()
    except OSError:
        return None


def _restrict(folder: str, to_compiled: bool) -> None:
    """Let imports find only compiled modules, or only sources, in `folder`."""
    from importlib.machinery import (
        EXTENSION_SUFFIXES,
        SOURCE_SUFFIXES,
        ExtensionFileLoader,
        FileFinder,
        SourceFileLoader,
    )

    compiled = (ExtensionFileLoader, EXTENSION_SUFFIXES)
    sources = (SourceFileLoader, SOURCE_SUFFIXES)
    sys.path_importer_cache[folder] = FileFinder(folder, compiled if to_compiled else sources)
