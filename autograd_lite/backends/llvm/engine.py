"""The text of modules compiled by LLVM's code generator to object code, and object code made ready to run.

Only this module uses llvmlite, and CPython's calling convention.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache

import llvmlite
import llvmlite.binding as llvm

from autograd_lite.support.forking import KEPT

FASTCALL = 0x0080  # METH_FASTCALL: function(self, arguments, number of arguments)
OPTIMIZED_LINES = 8000  # longer modules get code generator level 0: a quarter of the time to compile, slower loops
LINKED = os.name != "nt"  # by the newer of LLVM's linkers, which keeps the sections of a module together

KEPT.append(llvm.ffi.lib._lock._lock)  # llvmlite holds it whenever it is in LLVM

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()
# For each two accesses of memory in a straight piece of code LLVM asks whether they may be at one place, up to 1,000 of
# them at once: a step of 6,000 lines took 1.3 s, in which 0.2 s are enough.
llvm.set_option("autograd_lite", "-dag-maps-huge-region=100")


class MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)
    )  # fmt: skip


@cache
def processor() -> tuple[str, str, str]:
    """What code is made for: the triple of the system, the name of the processor and its features."""
    return llvm.get_default_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def requirements() -> str:
    """What has to be the same where object code is to run: processor, versions, and how Python lays out objects."""
    python = sys.implementation.cache_tag, getattr(sys, "abiflags", ""), object.__basicsize__
    return repr((processor(), llvmlite.__version__, llvm.llvm_version_info, python))


@cache
def machine(level: int) -> llvm.TargetMachine:
    """LLVM's code generator of a level."""
    triple, name, features = processor()
    # Code that may call over any distance takes LLVM twice the time; the linker brings what is far away near.
    model = {"codemodel": "small", "reloc": "pic"} if LINKED else {}
    return llvm.Target.from_triple(triple).create_target_machine(cpu=name, features=features, opt=level, **model)


def object_code(text: str, optimized: bool) -> bytes:
    """The object code of a module."""
    module = llvm.parse_assembly(text, llvm.create_context())  # which is freed with its constants
    if not optimized or text.count("\n") > OPTIMIZED_LINES:
        return bytes(machine(0).emit_object(module))
    with llvm.ffi.lib._lock:
        # A pass over the addresses in loops takes 40 % of the time, and ours run as fast without it.  The option is one
        # of the process, in which others may compile too.
        llvm.set_option("autograd_lite", "-disable-lsr=1")
        try:
            return bytes(machine(2).emit_object(module))
        finally:
            llvm.set_option("autograd_lite", "-disable-lsr=0")


class Engine:
    """Object code in memory. Its functions live as long as the engine, so whoever holds one must hold the other.

    `addresses` are those of the functions that the code calls, `names` those of its own functions to be found.
    """

    def __init__(self, objects: Iterable[bytes], addresses: Mapping[str, int], names: Iterable[str]) -> None:
        builder = llvm.JITLibraryBuilder().add_current_process()
        for code in objects:
            builder.add_object_img(code)
        for name, address in addresses.items():
            builder.import_symbol(name, address)
        for name in names:
            builder.export_symbol(name)
        # A linker of its own: what one keeps of each engine is only freed with it.
        self._library = builder.link(llvm.create_lljit_compiler(use_jit_link=LINKED, suppress_errors=True), "code")

    def address(self, name: str) -> int:
        return int(self._library[name])

    def function(self, name: str, *types: type) -> Callable[..., None]:
        """A function of the module; other Python threads run while it does."""
        return ctypes.CFUNCTYPE(None, *types)(self.address(name))

    def builtin(self, name: str, keep: list[object]) -> Callable[..., object]:
        """A function of the module as a built-in of CPython, which takes 20 ns to call where ctypes takes 500.

        It holds this engine and `keep`, so it may outlive both.
        """
        method = MethodDef(name.encode(), self.address(name), FASTCALL, None)
        new = ctypes.pythonapi.PyCFunction_NewEx
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.py_object, ctypes.py_object]
        made: Callable[..., object] = new(ctypes.addressof(method), (self, method, keep), None)
        return made
