"""Compile the hot modules with mypyc where a C compiler works; elsewhere install the same sources as plain Python.

Everything else about the package is in pyproject.toml.
"""

import ast
import contextlib
import os
import re
import sys
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.extension import Extension

# The modules to compile: the only place that lists them.
COMPILED = [
    "core.columns.constants", "core.contexts.variables", "core.operands", "core.columns.row", "core.columns.called_row",
    "core.primitives", "core.columns.entering", "core.table.float_values", "core.table.special_functions", "core.graph",
    "core.fast.clock",
    "core.fast.pool", "core.fast.uses", "core.fast.vectors", "core.fast.sweeps", "core.reverse", "core.create_graph",
    "transforms.propagation", "transforms.conditions", "transforms.branches", "transforms.reverse_mode",
    "transforms.forward_mode", "core.abstract.tracers", "core.recording", "core.copying",
    "core.methods.attributes", "core.methods.named_rows", "core.operators", "core.value", "core.fast.layers",
    "core.fast.flat_order",
    "program.instructions", "program.simplification", "program.reaching", "program.flattening",
    "program.fast_arguments", "program.repetitions", "program.rolling", "program.fingerprint",
    "backends.call_programs", "backends.call_nodes", "backends.llvm.fusion", "backends.llvm.rerolling",
]  # fmt: skip
SOURCES = [f"autograd_lite/{module.replace('.', '/')}.py" for module in COMPILED]

# Included before all C code that mypyc writes.
#
# mypyc frees every class through CPython's trashcan, which defers the freeing of an object nested 50 levels deep by
# writing into its garbage collector header. Values have none (acyclic classes are not tracked), so it would overwrite
# the object before them in memory. They need no trashcan: `Value.__del__` keeps the nesting flat.
PREAMBLE = """\
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#undef Py_TRASHCAN_BEGIN
#undef Py_TRASHCAN_END
#define Py_TRASHCAN_BEGIN(op, dealloc) do {
#define Py_TRASHCAN_END } while (0);
"""


class NotCompiled(Exception):
    """Compiling failed; its text is the reason, for the user."""


class build_native(build_ext):
    """Translate to C and compile: all modules, or none and NotCompiled."""

    def run(self):
        # Not earlier: pip also runs this file for the metadata alone, which must not take seconds.
        try:
            with contextlib.redirect_stdout(sys.stderr):
                self.distribution.ext_modules = translate(self.build_temp)
            self.reinitialize_command(self).ensure_finalized()  # the extensions are known only now
            self.parallel = True  # as many of them at once as there are cores
            super().run()
        except (Exception, SystemExit) as error:  # mypyc reports by SystemExit
            reason = " ".join(str(error).split())
            if len(reason) > 120:  # a whole command line, with the error at its end
                reason = f"{reason[:40]} ... {reason[-70:]}"
            raise NotCompiled("mypyc refused the sources" if reason == "1" else reason) from error


def translate(folder):
    """The extensions that mypyc makes of SOURCES, with the C files in `folder`."""
    from mypyc.build import mypycify

    extensions = mypycify(
        # No configuration file: an installation depends on the types being right, not on our strictness.
        # And on no library: what the modules import lazily is not installed yet on a fresh machine.
        # Nor on modules that are not compiled, which are followed, but not judged.
        [
            "--config-file=",
            "--ignore-missing-imports",
            "--follow-imports=silent",
            f"--cache-dir={os.devnull}",
            *SOURCES,
        ],
        opt_level="3",
        debug_level="0",
        target_dir=folder,
        group_name="autograd_lite.native",  # the code of all modules: autograd_lite/native__mypyc.*.so
    )
    header = Path(folder, "preamble.h").absolute()
    header.write_text(PREAMBLE)
    files = [*Path(folder).rglob("*.c")]
    guard_finalizers(files)
    leave_imports(files)
    add_docstrings(files)
    for extension in extensions:
        arguments = extension.extra_compile_args
        if "-Werror" in arguments:  # a compiler with the options of gcc
            arguments.remove("-Werror")  # a new warning of a new compiler is no reason to be slow
            # Strict arithmetic: a fused multiply-add would give other bits than plain Python.
            arguments += ["-ffp-contract=off", "-fno-semantic-interposition", "-include", str(header)]
            if sys.platform.startswith("linux"):
                extension.extra_link_args.append("-Wl,--strip-debug")
        elif sys.platform == "win32" and f"/FI{header}" not in arguments:  # the extensions share one list
            arguments.append(f"/FI{header}")
    return extensions


def guard_finalizers(files):
    """Let `__del__` do nothing where it is called by hand: what is still in use must not be used again.

    Python calls it with the last reference.
    """
    finalizer = re.compile(r"(_finalize\(PyObject \*self\)\s*\{\s*)(CPyDef_\w+_____del__\(self\);)")
    for path in files:
        code = path.read_text(encoding="utf-8")
        path.write_text(finalizer.sub(r"\1if (Py_REFCNT(self) == 1) \2", code), encoding="utf-8")


def leave_imports(files):
    """Let GCC not optimize what runs once, at the import of a module: a fifth of the code, and more of the time."""
    top = re.compile(r"^(?=char CPyDef_\w+_____top_level__\(void\)\s*\{)", re.MULTILINE)
    attribute = '#if defined(__GNUC__) && !defined(__clang__)\n__attribute__((optimize("O0")))\n#endif\n'
    for path in files:
        code = path.read_text(encoding="utf-8")
        path.write_text(top.sub(attribute, code), encoding="utf-8")


def docstrings():
    """The docstrings of the compiled modules, by the C name of what they document: `value___Value___backward`."""
    found = {}

    def visit(name, node):
        if text := ast.get_docstring(node):
            found.setdefault(name, text)  # of a property, the getter, which comes first
        for inner in node.body:
            if isinstance(inner, (ast.ClassDef, ast.FunctionDef)):
                visit(f"{name}___{inner.name}", inner)

    for module, path in zip(COMPILED, SOURCES, strict=True):
        visit(module.rpartition(".")[2], ast.parse(Path(path).read_text(encoding="utf-8")))
    return found


def add_docstrings(files):
    """Put the docstrings, which mypyc leaves out, into its C code."""
    texts = docstrings()

    def literal(name):
        return "".join(
            chr(x) if 32 <= x < 127 and chr(x) not in '"\\?' else f"\\{x:03o}" for x in texts.get(name, "").encode()
        )

    def of_property(match):
        name = f"{match[2]}___{match[3]}"
        return f'{match[1]}"{literal(name)}", NULL}}' if name in texts else match[0]

    signature = r'PyDoc_STR\("[^"]*?--\\n\\n'
    function = re.compile(rf'(\(PyCFunction\)CPyPy_(\w+),[^"{{}}]*{signature})("\))')
    kind = re.compile(rf'(PyTypeObject CPyType_(\w+)_template_ = {{[^{{}}]*?\.tp_doc = {signature})("\))')
    getter = re.compile(r"(\(getter\)(\w+?)_get_(\w+),[^{}]*?)NULL, NULL\}")
    for path in files:
        code = path.read_text(encoding="utf-8")
        for pattern in (function, kind):
            code = pattern.sub(lambda match: f"{match[1]}{literal(match[2])}{match[3]}", code)
        path.write_text(getter.sub(of_property, code), encoding="utf-8")


def build_pure(reason):
    """The command that copies the sources, with the reason for having no native code beside them."""

    class build_with_reason(build_py):
        def run(self):
            super().run()
            if not self.editable_mode:  # which installs the sources themselves: leave them alone
                Path(self.build_lib, "autograd_lite", "why_pure.txt").write_text(reason + "\n")

    return build_with_reason


def install(**options):
    """Build in a temporary folder, so that the checkout stays as it is and no earlier build gets in."""
    with tempfile.TemporaryDirectory() as folder:
        directories = {"build": {"build_base": folder}}
        if "sdist" not in sys.argv:  # a source archive contains the folder egg-info
            directories["egg_info"] = {"egg_base": folder}
        setup(options=directories, **options)


def refuse_old_python():
    """Stop where Python is too old: with an extra, pip looks for other versions of every requirement first."""
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    least = re.search(r'^requires-python = ">=([\d.]+)"', text, re.MULTILINE)[1]
    if sys.version_info < tuple(map(int, least.split("."))):
        found = f"autograd_lite needs Python {least} or later, but this is {sys.version.split()[0]} at {sys.executable}"
        sys.exit(f"{found}; create the environment with a newer one, for instance: python{least} -m venv .venv")


def main():
    refuse_old_python()
    if os.environ.get("AUTOGRAD_LITE_PURE", "0") not in ("", "0"):
        reason = "AUTOGRAD_LITE_PURE was set when it was installed; install again without it for native code"
    elif "editable_wheel" in sys.argv:
        # A compiled module beside its source would hide the source, and every edit of it, from Python.
        reason = "an editable installation runs the sources as they are"
    else:
        placeholder = Extension("autograd_lite.native_code", [])  # marks the wheel as one for this platform
        try:
            return install(ext_modules=[placeholder], cmdclass={"build_ext": build_native})
        except NotCompiled as error:
            reason = f"compiling failed ({error}); with a C compiler and Python's headers, install again"
            print(f"autograd_lite is installed as plain Python: {reason}", file=sys.stderr)
    install(cmdclass={"build_py": build_pure(reason)})


main()
