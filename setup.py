"""Compile the hot modules with mypyc where a C compiler works, and install the same sources as plain Python
where none does.

Everything else about the package stands in pyproject.toml.
"""

import ast
import contextlib
import glob
import os
import re
import sys
import tempfile

from setuptools import setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.extension import Extension

# The modules to compile: the only place that lists them.
COMPILED = [
    "core.numerics", "core.operands", "core.columns", "core.primitives", "core.graph", "core.fast.clock",
    "core.fast.pool", "core.fast.vectors", "core.reverse", "core.symbolic", "core.branches",
    "core.create_graph", "core.tracers", "core.recording", "core.copying", "core.operators", "core.value",
    "core.fast.layers", "program.instructions", "program.simplification", "program.flattening",
]  # fmt: skip
SOURCES = [f"autograd_lite/{module.replace('.', '/')}.py" for module in COMPILED]

# What stands before all C code that mypyc writes.
#
# It frees every class through CPython's trashcan, which defers an object that dies inside 50 levels of others by
# writing into its collector header. Our Values have none (acyclic classes are not tracked), so it would overwrite
# the object before them in memory. They need no trashcan: `Value.__del__` keeps the nesting flat.
PREAMBLE = """\
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#undef Py_TRASHCAN_BEGIN
#undef Py_TRASHCAN_END
#define Py_TRASHCAN_BEGIN(op, dealloc) do {
#define Py_TRASHCAN_END } while (0);
#define PyFloat_AsDouble(x) (PyFloat_CheckExact(x) ? PyFloat_AS_DOUBLE(x) : (PyFloat_AsDouble)(x))
"""


class NotCompiled(Exception):
    """Compiling failed; its text is the reason, for the user."""


class build_native(build_ext):
    """Translate to C and compile: all modules, or none and NotCompiled."""

    def run(self):
        # Not earlier: pip also runs this file for metadata only, which shall not take seconds.
        try:
            with contextlib.redirect_stdout(sys.stderr):
                self.distribution.ext_modules = translated(self.build_temp)
            self.reinitialize_command(self).ensure_finalized()  # the extensions are known only now
            super().run()
        except (Exception, SystemExit) as error:  # mypyc reports through SystemExit
            words = " ".join(str(error).split())
            if len(words) > 120:  # a whole command line; what went wrong stands at its end
                words = f"{words[:40]} ... {words[-70:]}"
            raise NotCompiled("mypyc refused the sources" if words == "1" else words) from error


def translated(folder):
    """The extensions that mypyc makes of SOURCES, with the C files in `folder`."""
    from mypyc.build import mypycify

    extensions = mypycify(
        # With no configuration file: an installation depends on types being right, not on our strictness.
        # And on no library: what the modules import lazily is not installed yet on a fresh machine.
        ["--config-file=", "--ignore-missing-imports", f"--cache-dir={os.devnull}", *SOURCES],
        opt_level="3",
        debug_level="0",
        target_dir=folder,
        group_name="autograd_lite.native",  # the code of all modules: autograd_lite/native__mypyc.*.so
    )
    header = os.path.join(os.path.abspath(folder), "preamble.h")
    with open(header, "w") as file:
        file.write(PREAMBLE)
    for path in glob.glob(os.path.join(folder, "**", "*.c"), recursive=True):
        document(path)
    for extension in extensions:
        arguments = extension.extra_compile_args
        if "-Werror" in arguments:  # that is, a compiler with the options of gcc
            arguments.remove("-Werror")  # a new warning of a new compiler is no reason to be slow
            # Strict arithmetic: a fused multiply-add would give other bits than plain Python.
            arguments += ["-ffp-contract=off", "-fno-semantic-interposition", "-include", header]
            if sys.platform.startswith("linux"):
                extension.extra_link_args.append("-Wl,--strip-debug")
        elif sys.platform == "win32" and f"/FI{header}" not in arguments:  # the extensions share one list
            arguments.append(f"/FI{header}")
    return extensions


def docstrings():
    """The docstrings of the compiled modules, by the name that mypyc gives to what they document."""
    found = {}
    for module, path in zip(COMPILED, SOURCES, strict=True):
        with open(path, encoding="utf-8") as file:
            level = [(module.rpartition(".")[2], ast.parse(file.read()))]
        while level:
            name, node = level.pop()
            if not isinstance(node, ast.Module) and ast.get_docstring(node):
                found.setdefault(name, ast.get_docstring(node))  # a property's is its getter's, which stands first
            level += [
                (f"{name}___{x.name}", x) for x in reversed(node.body) if isinstance(x, (ast.ClassDef, ast.FunctionDef))
            ]
    return found


def document(path):
    """Put the docstrings into the C code that mypyc wrote: it knows them, and leaves them out."""
    texts = docstrings()

    def quoted(name):
        return "".join(
            chr(x) if 32 <= x < 127 and chr(x) not in '"\\?' else f"\\{x:03o}" for x in texts.get(name, "").encode()
        )

    def after_signature(match):
        return f"{match[1]}{quoted(match[2])}{match[3]}"

    def of_property(match):
        name = f"{match[2]}___{match[3]}"
        return f'{match[1]}"{quoted(name)}", NULL}}' if name in texts else match[0]

    with open(path, encoding="utf-8") as file:
        code = file.read()
    signature = r'PyDoc_STR\("[^"]*?--\\n\\n'
    code = re.sub(rf'(\(PyCFunction\)CPyPy_(\w+),[^"{{}}]*{signature})("\))', after_signature, code)
    code = re.sub(
        rf'(PyTypeObject CPyType_(\w+)_template_ = {{[^{{}}]*?\.tp_doc = {signature})("\))', after_signature, code
    )
    code = re.sub(r"(\(getter\)(\w+?)_get_(\w+),[^{}]*?)NULL, NULL\}", of_property, code)
    with open(path, "w", encoding="utf-8") as file:
        file.write(code)


def build_pure(reason):
    """The command that copies the sources and puts the reason for having no native code beside them."""

    class build_with_reason(build_py):
        def run(self):
            super().run()
            if not self.editable_mode:  # there the sources themselves are installed: leave them alone
                with open(os.path.join(self.build_lib, "autograd_lite", "why_pure.txt"), "w") as file:
                    file.write(reason + "\n")

    return build_with_reason


def install(folder, **options):
    # Building in a temporary folder leaves a checkout as it was, and nothing of an earlier build gets in.
    directories = {"build": {"build_base": folder}}
    if "sdist" not in sys.argv:  # a source archive contains the folder egg-info
        directories["egg_info"] = {"egg_base": folder}
    setup(options=directories, **options)


def main():
    if os.environ.get("AUTOGRAD_LITE_PURE", "0") not in ("", "0"):
        reason = "AUTOGRAD_LITE_PURE was set when it was installed; install again without it for native code"
    elif "editable_wheel" in sys.argv:
        # A compiled module beside its source would hide the source, and every edit of it, from Python.
        reason = "an editable installation runs the sources as they are"
    else:
        placeholder = Extension("autograd_lite.native_code", [])  # marks the wheel as one for this platform
        try:
            with tempfile.TemporaryDirectory() as folder:
                return install(folder, ext_modules=[placeholder], cmdclass={"build_ext": build_native})
        except NotCompiled as error:
            reason = f"compiling failed ({error}); with a C compiler and Python's headers, install again"
            print(f"autograd_lite is installed as plain Python: {reason}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        install(folder, cmdclass={"build_py": build_pure(reason)})


main()
