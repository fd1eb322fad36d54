"""What the Values of a graph are called: by their labels, by modules, and by the caller's variables."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, product
from pathlib import Path
from typing import Any
from zlib import crc32

from autograd_lite.core.value import Value
from autograd_lite.nn.module import Module
from autograd_lite.support.wording import readable
from autograd_lite.trees import is_array, item_name, joined
from autograd_lite.trees.paths import parts
from autograd_lite.trees.registry import is_module

PACKAGE = str(Path(__file__).parent.parent)
MOST_ELEMENTS = 100_000  # of containers, in all: naming must not take longer than drawing
DEEPEST = 4
LONGEST_KEY = 60  # letters of a path that belong to one key


@dataclass
class Names:
    """The name of each Value that has one, and the modules they belong to."""

    names: dict[Value, str] = field(default_factory=dict)
    parameters: dict[Value, str] = field(default_factory=dict)  # the path of the innermost module that holds each
    module_at: dict[str, Module] = field(default_factory=dict)  # every module by its path
    modules: list[tuple[str, Module]] = field(default_factory=list)  # ("", model), or ("model", model) of several
    left: int = MOST_ELEMENTS

    def of(self, value: Value) -> str:
        """Its own label, else the name that was found, else nothing."""
        return readable(value.label or self.names.get(value, ""))

    def take(self, name: str, x: object, depth: int = DEEPEST) -> None:
        """Name the Values in a variable; those that have a name keep it."""
        inner: Iterable[tuple[str, object]] = ()
        if isinstance(x, Value):
            self.left -= 1
            if not x.label:
                self.names.setdefault(x, name)
        elif is_module(x):
            if not any(x is module for _, module in self.modules):
                self.modules.append((name, x))
        elif depth and isinstance(x, (list, tuple, dict)):
            items = list(x.items()) if isinstance(x, dict) else enumerate(x)
            inner = ((item_name(name, key), y) for key, y in items)
        elif is_array(x) and x.dtype == object:  # type: ignore[attr-defined]
            array: Any = x
            inner = ((item_name(name, *i), array[i]) for i in product(*map(range, array.shape)))
        for item, y in inner:
            if self.left <= 0:
                return
            self.left -= 1
            self.take(item, y, depth - 1)

    def name_parameters(self, order: Iterable[Value]) -> None:
        """Name what modules hold by its path; by the module's variable too where several are in the graph.

        Modules without a parameter among the nodes in `order` are forgotten.  Once is enough.
        """
        if self.module_at or not self.modules:
            return
        leaves = {x for x in order if not x.parents}
        self.modules = [(name, x) for name, x in self.modules if any(p in leaves for _, p in x.named_parameters())]
        for variable, module in self.modules:
            prefix = variable if len(self.modules) > 1 else ""
            inner = dict(module.named_modules()) if hasattr(module, "named_modules") else {"": module}
            for path, part in inner.items():
                self.module_at[shown_path(prefix, path)] = part
            for path, value in module.named_parameters():
                if not value.label:
                    self.names[value] = shown_path(prefix, path)
                ends = accumulate(parts(path)[:-1], initial="")
                home = [end for end in ends if end in inner][-1]
                self.parameters.setdefault(value, shown_path(prefix, home))


def shown_path(prefix: str, path: str) -> str:
    """The path of what is in a module, as it is shown: long keys without their middle, and still unlike all others."""
    keys = [readable(key, LONGEST_KEY, f"...{crc32(key.encode(errors='replace')):08x}...") for key in parts(path)]
    return joined(prefix, "".join(keys))


def module_text(module: object) -> str:
    """A module in a few words, as it describes itself where it can."""
    own = getattr(module, "describe", None)
    return readable(str(own()) if callable(own) else type(module).__name__)


def find_names(given: Mapping[str, object] | None, infer: bool) -> Names:
    """The `given` names of Values, containers or modules; then the variables of the caller outside this package."""
    names = Names()
    for name, x in (given or {}).items():
        names.take(readable(name), x)
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    outer = [] if frame.f_locals is frame.f_globals else [frame.f_globals]
    for variables in (frame.f_locals, *outer) if infer else ():
        # Plain variables first: `x` is a better name than `points[3]` for the same Value.
        # Names that are no identifiers are made by tools: `.0` by generators, `@py_assert1` by pytest.
        public = [(k, x) for k, x in dict(variables).items() if k.isidentifier() and not k.startswith("_")]
        for name, x in sorted(public, key=lambda item: not isinstance(item[1], Value)):
            names.take(name, x)
    return names
