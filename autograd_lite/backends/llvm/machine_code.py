"""Object code of programs and kernels: from the disk where an earlier process made it, and ready to run.

It holds no address: what it calls is found when it is linked.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from autograd_lite.core.primitives import Primitive, row_named
from autograd_lite.program.fingerprint import fingerprint
from autograd_lite.program.program import Program
from autograd_lite.support import code_cache
from autograd_lite.support.forking import KEPT
from autograd_lite.support.user_lines import PACKAGE
from autograd_lite.support.version import __version__

from .engine import Engine, object_code, requirements
from .imported_functions import ImportedFunctions
from .kernel_text import kernel_module

LOCK = threading.RLock()
KEPT.append(LOCK)


class Layout(NamedTuple):
    """The memory that the caller of a program provides."""

    slots: dict[str, int]  # of the context, an array of pointers to the buffers
    bytes: dict[str, int]  # offsets of buffers in the scratch memory
    numbers: int  # of the buffers s and m
    kept: int  # vectors of the buffer k for 8 samples, at most
    parts: dict[str, int]  # offsets of the sums of a block that a thread computes, in numbers
    part: int  # the size of all of them
    operations: int
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
        layout = self.layout and self.layout._asdict()
        head = {"sizes": sizes, "rows": rows, "kernels": self.kernels, "names": self.names, "layout": layout}
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


def machine_code(key: bytes | None, made: Callable[[], ObjectCode]) -> MachineCode:
    """The code that is stored under a key, else the one that is made, which is stored."""
    content = key and code_cache.load(key)
    if content:
        return MachineCode(ObjectCode.from_content(content))
    code = made()
    if key and code_cache.is_on():
        code_cache.store(key, code.content())
    return MachineCode(code)


MADE: dict[bytes, bytes] = {}
"""Object code that was made before, by its text, which programs for other lengths of data share."""

MOST = 64


def code_of_text(text: str, optimized: bool) -> bytes:
    """The object code of a module; made once for programs that differ in lengths and constants alone."""
    key = hashlib.blake2b(text.encode(), digest_size=32).digest() + bytes([optimized])
    with LOCK:
        found = MADE.pop(key, None)
        code = MADE[key] = object_code(text, optimized) if found is None else found
        if len(MADE) > MOST:
            del MADE[next(iter(MADE))]
        return code


def key_of_program(program: Program, fastmath: bool) -> bytes | None:
    """What the code of a program depends on; None where it is not stored."""
    what = fingerprint(program) if code_cache.is_on() else None
    return what and key_of("program", what, fastmath)


def key_of(*what: Any) -> bytes | None:
    return marshal.dumps((*what, library(), requirements()), 2) if library() else None


@cache
def library() -> str:
    """The version of what writes code: its files, by size and time, as Python decides whether a module has changed."""
    found = []
    for folder in ("core", "program", "backends"):
        for parent, _, names in os.walk(os.path.join(PACKAGE, folder)):
            for name in names:
                if name.endswith((".py", ".so", ".pyd")):
                    status = os.stat(os.path.join(parent, name))
                    found.append((os.path.relpath(parent, PACKAGE), name, status.st_size, status.st_mtime_ns))
    return repr((__version__, sorted(found))) if found else ""


@cache
def made_kernel(name: str) -> MachineCode:
    def made() -> ObjectCode:
        text, emitter = kernel_module(name)
        return ObjectCode([object_code(text, True)], emitter.rows, sorted(emitter.kernels), [f"kernel.{name}"])

    return machine_code(key_of("kernel", name) if code_cache.is_on() else None, made)


def kernel_code(name: str) -> MachineCode:
    """The native code of a kernel; made once in a process."""
    with LOCK:
        return made_kernel(name)
