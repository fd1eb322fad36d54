"""Sources of programs compiled and run, many at a time: by gcc or clang, and by Node."""

import ctypes
import json
import shutil
import subprocess

import numpy

from autograd_lite.backends.languages.actions import LIMITS, Limits
from autograd_lite.backends.languages.c import c_texts
from autograd_lite.backends.languages.function_text import counts_samples
from autograd_lite.backends.languages.javascript import javascript_source

CUT = Limits(whole=3, piece=2, apart=0, many=2)
"""Everything in functions of its own, and every sum in a loop."""

COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
NODE = shutil.which("node")
BITS = ["-ffp-contract=off", "-frounding-math"]  # the second: gcc computes what it knows by functions of its own
OPTIONS = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", *BITS, "-shared", "-fPIC"]


def flat(x):
    """The numbers in a nest of lists."""
    return [y for part in x for y in flat(part)] if isinstance(x, list) else [x]


def in_c(programs, calls, folder, compiler="gcc", optimise="-O1", limits=LIMITS):
    """The flat results of programs, for the arguments and the number of samples of each call."""
    texts = [c_texts(program, f"f{i}", limits) for i, program in enumerate(programs)]
    source, library = folder / "all.c", folder / f"all-{compiler}.so"
    source.write_text("\n".join(text for text, _ in texts))
    subprocess.run([compiler, *OPTIONS, optimise, "-o", library, source, "-lm"], check=True)
    loaded = ctypes.CDLL(str(library))
    found = []
    for i, (program, (arguments, samples)) in enumerate(zip(programs, calls, strict=True)):
        arrays = [numpy.array(flat(x), dtype=float) for x in arguments]
        arrays += [numpy.full(len(r.values) * (samples if r.batched else 1), numpy.nan) for r in program.results]
        given = [ctypes.c_size_t(samples)] if counts_samples(program) else []
        room = numpy.full(10**6 if "_WORK" in texts[i][1] else 0, numpy.nan)
        given += [ctypes.c_void_p(x.ctypes.data) for x in [*arrays, *([room] if room.size else [])]]
        loaded[f"f{i}"].restype = None
        loaded[f"f{i}"](*given)
        found.append([x.tolist() for x in arrays[len(arguments) :]])
    return found


def in_node(programs, calls, limits=LIMITS):
    """The same by Node, which prints every number so that it reads back to the bit."""
    lines = ["const shown = (x) => (Object.is(x, -0) ? '-0.0' : String(x));"]
    for program, (arguments, samples) in zip(programs, calls, strict=True):
        function = javascript_source(program, module=False, limits=limits).strip()
        given = ", ".join([*map(literal, arguments), str(samples)])
        lines.append(f"console.log(JSON.stringify(({function})({given}).map((r) => Array.from(r, shown))));")
    return evaluated("\n".join(lines))


def evaluated(text):
    """What a script prints: a line for each call, with lists of texts of numbers."""
    done = subprocess.run([NODE, "-"], input=text, capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [[[float(x.replace("Infinity", "inf")) for x in result] for result in results] for results in found]


def literal(x):
    if isinstance(x, list):
        return f"[{', '.join(map(literal, x))}]"
    return "NaN" if x != x else repr(x).replace("inf", "Infinity")
