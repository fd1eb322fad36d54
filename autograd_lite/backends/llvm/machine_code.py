"""Object code of programs and kernels: from the disk where an earlier process made it, and ready to run.

It holds no address: what it calls is found when it is linked.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from autograd_lite.core.columns.entering import row_named
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.fingerprint import fingerprint
from autograd_lite.program.program import Program
from autograd_lite.support import code_cache
from autograd_lite.support.forking import IMPORTS
from autograd_lite.support.user_lines import PACKAGE
from autograd_lite.support.version import __version__

from .engine import Engine, object_code, requirements
from .imported_functions import ImportedFunctions


class Layout(NamedTuple):
    """The memory that the caller of a program provides."""

    slots: dict[str, int]  # of the context, an array of pointers to the buffers
    bytes: dict[str, int]  # offsets of buffers in the scratch memory
    numbers: int  # of the buffers s and m
    kept: int  # vectors of the buffer k for 8 samples, at most
    tiles: int  # of a part of a block, which are in that buffer
    parts: dict[str, int]  # offsets of the sums of a block that a thread computes, in numbers
    part: int  # the size of all of them
    stages: list[tuple[bool, dict[str, list[int]]]]  # whether one passes over the samples; offsets of its sums
    lengths: list[int]  # the buffer n
    constants: list[float]  # the buffer e
    pooled: list[float]  # the buffer c


class ObjectCode(NamedTuple):
    """Object code, what it calls, and the names of its functions that are called."""

    objects: list[bytes]
    rows: dict[str, tuple[Primitive, int]]
    kernels: list[str]
    names: list[str]
    layout: Layout | None = None

    def content(self) -> bytes:
        rows = {symbol: [row.name, operands] for symbol, (row, operands) in self.rows.items()}
        sizes = list(map(len, self.objects))
        head: dict[str, Any] = {"sizes": sizes, "rows": rows, "kernels": self.kernels, "names": self.names}
        head["layout"] = self.layout and self.layout._asdict()
        return b"\n".join([json.dumps(head).encode(), b"".join(self.objects)])

    @staticmethod
    def from_content(content: bytes) -> ObjectCode:
        head, _, rest = content.partition(b"\n")
        document = json.loads(head)
        objects = []
        for size in document["sizes"]:
            objects.append(rest[:size])
            rest = rest[size:]
        rows = {symbol: (row_named(name), operands) for symbol, (name, operands) in document["rows"].items()}
        layout = document["layout"] and Layout(**document["layout"])
        return ObjectCode(objects, rows, document["kernels"], document["names"], layout)


class MachineCode:
    """Object code that runs."""

    def __init__(self, code: ObjectCode) -> None:
        self.layout = code.layout
        imported = ImportedFunctions(code.rows)
        self.callbacks, self.failures = imported.callbacks, imported.failures
        kernels = {f"kernel.{name}": kernel_code(name).engine.address(f"kernel.{name}") for name in code.kernels}
        self.engine: Engine = Engine(code.objects, imported.addresses | kernels, code.names)


def compiler() -> ModuleType:
    """What makes object code: by name, and at the first use."""
    with IMPORTS:
        return import_module("autograd_lite.backends.llvm.compilation")


def stored(what: tuple[Any, ...] | None, made: Callable[[], ObjectCode]) -> ObjectCode:
    """The object code that was stored for something, else the one that is made, which is stored; None is not."""
    if what is None or not code_cache.is_on() or not library():
        return made()
    key = marshal.dumps((*what, library(), requirements()), 2)
    content = code_cache.load_code(key)
    if content is not None:
        return ObjectCode.from_content(content)
    code = made()
    code_cache.store_code(key, code.content())
    return code


# No lock guards these: a fork, which waits for locks, would meet a thread that holds it and waits for LLVM's.  Two
# threads may make the same code, of which one is kept.
MADE: dict[bytes, bytes] = {}
"""Object code that was made before, by its text, which programs for other lengths of data share."""

KERNELS: dict[str, MachineCode] = {}
"""The kernels that this process has called."""

MOST = 64


def code_of_text(text: str, optimized: bool) -> bytes:
    """The object code of a module; made once for programs that differ in lengths and constants alone."""
    key = hashlib.blake2b(text.encode(), digest_size=32).digest() + bytes([optimized])
    code = MADE.pop(key, None) or object_code(text, optimized)
    MADE[key] = code
    for oldest in list(MADE)[:-MOST]:
        MADE.pop(oldest, None)
    return code


def code_of_program(program: Program, fastmath: bool, lanes: int) -> MachineCode:
    known = None
    if code_cache.is_on():  # the code of an equal program needs nothing but that
        known = fingerprint(program) or fingerprint(compiler().prepared(program))
    what = None if known is None else ("program", known, fastmath, lanes)
    return MachineCode(stored(what, lambda: compiler().object_code_of(program, fastmath, lanes)))


def kernel_code(name: str) -> MachineCode:
    """The native code of a kernel, which is the same one at every call."""
    found = KERNELS.get(name)
    if found is None:
        code = stored(("kernel", name), lambda: compiler().object_code_of_kernel(name))
        found = KERNELS.setdefault(name, MachineCode(code))
    return found


@cache
def library() -> str:
    """The version of what writes code: its files, by size and time, as Python decides whether a module has changed.

    It is "" where they are not in a folder but in an archive, and code is not kept.
    """
    if not os.path.isdir(PACKAGE):
        return ""
    found = []
    folders = [os.path.join(PACKAGE, folder) for folder in ("core", "program", "backends")]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".so", ".pyd")):
                    status = entry.stat()
                    found.append((entry.path[len(PACKAGE) :], status.st_size, status.st_mtime_ns))
                elif entry.is_dir() and entry.name != "__pycache__":
                    folders.append(entry.path)
    return repr((__version__, sorted(found)))
