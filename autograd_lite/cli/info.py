"""What is installed: `python -m autograd_lite info`, the first thing to look at, and to send with a report.

It reads the metadata of the installation, and imports none of the libraries that it reports on.
"""

import importlib.metadata
import platform
import re
import sys
from collections.abc import Iterator

from autograd_lite.cli.cache_command import cache_text
from autograd_lite.support.build import describe
from autograd_lite.support.version import __version__

_DISTRIBUTION = "autograd_lite"

GIVES = {
    "arrays": "run programs on arrays of NumPy, PyTorch, JAX, CuPy and Dask",
    "certify": "have intervals that are proven to contain the true result",
    "demo": "run the demo",
    "docs": "build the documentation site",
    "draw": "see pictures of graphs without Graphviz on the machine",
    "jit": "compile functions to native code",
    "notebook": "run the notebooks, and have explorers as widgets",
    "sklearn": "use networks as estimators of scikit-learn",
    "sparse": "get sparse Jacobians and Hessians as SciPy's arrays",
    "test": "run the tests",
}
"""What one can do with each extra."""


def main() -> int:
    """Print the report."""
    print("\n".join(report()))
    return 0


def report() -> Iterator[str]:
    """The lines of the report: version, build, Python, platform, cache of machine code, and the extras.

    >>> print(next(report()))  # doctest: +ELLIPSIS
    autograd_lite ...
    """
    yield f"autograd_lite {__version__}"
    yield f"build     {describe()}"
    yield f"Python    {platform.python_version()} ({platform.python_implementation()}), {sys.executable}"
    yield f"platform  {platform.platform()}"
    yield f"cache     {cache_text()}"
    try:
        extras = missing_requirements()
    except importlib.metadata.PackageNotFoundError:
        yield 'extras    unknown: the package runs from its sources and is not installed; run pip install "."'
        return
    yield "extras"
    for extra, absent in extras.items():
        command = " ".join(f'"{requirement}"' for requirement in absent)
        gives = f", to {GIVES[extra]}" if extra in GIVES else ""
        yield f"  {extra:9} " + (f"missing{gives}: pip install {command}" if absent else f"present{gives}")


def missing_requirements() -> dict[str, list[str]]:
    """The requirements of each extra that are not installed, as pip takes them.

    Raises `importlib.metadata.PackageNotFoundError` if the package itself is not installed.
    """
    metadata = importlib.metadata.metadata(_DISTRIBUTION)
    requirements = [_parse(line) for line in metadata.get_all("Requires-Dist") or []]
    extras = sorted(metadata.get_all("Provides-Extra") or [])

    def absent(extra: str) -> Iterator[str]:
        for requirement, name, nested, of_extra in requirements:
            if of_extra != extra:
                continue
            if name == _DISTRIBUTION:
                for other in nested:
                    yield from absent(other)
            else:
                try:
                    importlib.metadata.version(name)
                except importlib.metadata.PackageNotFoundError:
                    yield requirement

    return {extra: sorted(set(absent(extra))) for extra in extras}


def _parse(line: str) -> tuple[str, str, list[str], str]:
    """Requirement, distribution, extras of it, and the extra that asks, of a line such as
    'numpy>=1.26; extra == "jit"'.

    >>> _parse('autograd_lite[draw,jit]; extra == "demo"')
    ('autograd_lite[draw,jit]', 'autograd_lite', ['draw', 'jit'], 'demo')
    """
    requirement, _, marker = line.partition(";")
    name = re.match(r"[\w.-]+", requirement)
    extras = re.search(r"\[(.*)\]", requirement)
    asking = re.search(r"extra == ['\"](.*?)['\"]", marker)
    distribution = re.sub(r"[-_.]+", "_", name.group()).lower() if name else ""
    listed = [extra.strip() for extra in extras.group(1).split(",")] if extras else []
    return requirement.strip(), distribution, listed, asking.group(1) if asking else ""
