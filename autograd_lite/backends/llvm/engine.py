"""The text of a module compiled by LLVM's code generator to functions, one of which Python calls directly.

Only this module uses llvmlite, and CPython's calling convention.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping

import llvmlite.binding as llvm

from autograd_lite.support.forking import KEPT

FASTCALL = 0x0080  # METH_FASTCALL: function(self, arguments, number of arguments)
OPTIMIZED_LINES = 8000  # longer modules get code generator level 0: a quarter of the time to compile, slower loops

KEPT.append(llvm.ffi.lib._lock._lock)  # llvmlite holds it whenever it is in LLVM

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()


class MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p)
    )  # fmt: skip


class Engine:
    """A compiled module. Its functions live as long as the engine, so whoever holds one must hold the other."""

    def __init__(self, text: str, addresses: Mapping[str, int], optimized: bool) -> None:
        level = 2 if optimized and text.count("\n") <= OPTIMIZED_LINES else 0
        features = llvm.get_host_cpu_features().flatten()
        target = llvm.Target.from_triple(llvm.get_default_triple())
        # A machine of its own: engines that shared one crashed the process when some of them were dropped.
        machine = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=level)
        module = llvm.parse_assembly(text)
        self._engine = llvm.create_mcjit_compiler(module, machine)
        for name, address in addresses.items():
            self._engine.add_global_mapping(module.get_function(name), address)
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        return int(self._engine.get_function_address(name))

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
