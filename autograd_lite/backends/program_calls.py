"""Programs called by themselves, without the function that they were traced from: loaded ones, for instance.

Numbers run as code of a back end; on Values the program is interpreted, so that gradients flow and other programs can
be traced.
"""

import os
import re
from typing import Any

from autograd_lite.backends.choice import BACKENDS, checked, chosen_backend
from autograd_lite.backends.languages.c import c_source, c_texts
from autograd_lite.backends.languages.javascript import javascript_source, typescript_types
from autograd_lite.control import array_rules  # noqa: F401  (the derivatives of kernels, which a file may hold)
from autograd_lite.control.array_algebra import array
from autograd_lite.control.array_algebra import call_kernel as kernel
from autograd_lite.control.gathering import take
from autograd_lite.control.loops import scan, while_loop
from autograd_lite.core.abstract.tracers import is_tracing
from autograd_lite.core.contexts.modes import TRACE, ieee_arithmetic
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.core.operands import Operand
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.recording import as_node
from autograd_lite.core.table import sum as total
from autograd_lite.core.value import Value
from autograd_lite.program.gathers import Gather
from autograd_lite.program.interpreter import interpret
from autograd_lite.program.payloads import Environment, Kernel, Loop, Payload, When, While
from autograd_lite.program.program import Program
from autograd_lite.support.files import shortened
from autograd_lite.transforms.differentiation import as_value
from autograd_lite.transforms.opaque_functions import opaque_node
from autograd_lite.trees import flatten_numbers, is_array


def call(program: Program, arguments: tuple[Any, ...], backend: str) -> Any:
    """The results for the arguments: a number or a flat list each, or a list of them over the samples.

    Raises TypeError on a wrong number of arguments, ValueError on wrong sizes and unknown back ends.
    """
    checked(backend, "auto", *BACKENDS)
    if len(arguments) != len(program.arguments):
        raise TypeError(
            f"the program takes {len(program.arguments)} arguments, "
            f"{shortened(', '.join(a.name for a in program.arguments))}, "
            f"but got {len(arguments)}; pass one for each"
        )
    data, samples, has_values = [], None, False
    for x, (name, size, batched, _) in zip(arguments, program.arguments, strict=True):
        leaves = flatten_numbers(x, f"argument {name}", only=True)[0]
        has_values |= any(isinstance(leaf, Operand) for leaf in leaves)
        n = len(x) if batched and hasattr(x, "__len__") else 1
        if batched and samples not in (None, n):
            raise ValueError(f"argument {name} has {n} samples, others have {samples}; pass as many of each")
        if len(leaves) != n * size:
            each = f" in each of its {n} samples" if batched else ""
            raise ValueError(f"argument {name} holds {size} numbers{each}, but got {len(leaves)}; pass as many")
        samples = n if batched else samples
        data.append([leaves[i : i + size] for i in range(0, n * size, size)] if batched and size else leaves)
    n = 1 if samples is None else samples
    results = on_values(program, data, n) if has_values else by_code(program, data, n, backend)
    told = [shown(x, result.batched) for x, result in zip(results, program.results, strict=True)]
    if any(is_array(x) for x in arguments):
        import numpy

        told = [x if isinstance(x, (float, Operand)) else numpy.array(x) for x in told]
    return told[0] if len(told) == 1 else tuple(told)


def source(program: Program, backend: str, module: bool, name: str) -> str:
    if backend == "javascript":
        return javascript_source(program, module, name)
    if backend == "c":
        return c_source(program, name)
    return BACKENDS[checked(backend, *BACKENDS, "c")](program, False).source


def source_files(program: Program, path: str | os.PathLike[str], header: bool) -> dict[str, str] | None:
    """The files in which a program is saved as a source, by their names; None where its name is that of a document."""
    whole = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
    stem, ending = os.path.splitext(whole)
    name = re.sub(r"\W", "_", os.path.basename(stem), flags=re.ASCII)
    if header and ending != ".c":
        raise ValueError(f"only a file of C has a header, but got {path!r}; choose a name that ends in .c")
    if ending == ".c":
        source, declared = c_texts(program, name)
        return {whole: source, f"{stem}.h": declared} if header else {whole: source}
    if ending in (".mjs", ".js"):
        types = typescript_types(program, name)
        # TypeScript looks for the types of step.mjs in step.d.mts
        return {whole: javascript_source(program, name=name), f"{stem}.d.ts": types} | (
            {f"{stem}.d.mts": types} if ending == ".mjs" else {}
        )
    return None


def by_code(program: Program, data: list[list[Any]], n: int, backend: str) -> list[Any]:
    name = chosen_backend(backend, program, [], n)[0]
    arguments: list[Any] = data
    if name != "python":
        import numpy

        arguments = [numpy.array(x, dtype=numpy.float64) for x in data]
    code = program.codes.get(name)
    if code is None:
        code = program.codes[name] = BACKENDS[name](program, False)
    return [x.tolist() if is_array(x) else x for x in code(arguments, n)]


def on_values(program: Program, data: list[list[Any]], n: int) -> list[Any]:
    """The results, Values all, by the rows of the table; sums over samples go from left to right.

    As in code, nothing raises: both branches of a choice are computed.  While a program is traced, a loop stays one.
    """
    with ieee_arithmetic():
        results = interpret(program, row_on_values, data, n, on_arrays)
    return [
        [[as_value(x) for x in sample] for sample in found] if result.batched else [as_value(x) for x in found]
        for found, result in zip(results, program.results, strict=True)
    ]


def row_on_values(row: Primitive, operands: list[Value | float]) -> Value | float:
    if row is BATCH_SUM:
        return total(operands)  # type: ignore[no-any-return]
    for x in operands:
        if isinstance(x, Value):
            if row.called_back:
                return opaque_node(row, [as_node(row, y) for y in operands])  # type: ignore[return-value]
            return x.apply(row, tuple(operands))  # type: ignore[no-any-return]
    return row.evaluate([float(x) for x in operands])


def on_arrays(payload: Payload, operands: list[Any], run: Environment) -> Any:
    """An instruction on arrays, as the graph records it: linear algebra as whole matrices, and loops in a trace."""
    if isinstance(payload, Kernel):
        counts = payload.kernel.inputs(*payload.sizes)
        parts = zip(operands, payload.offsets, counts, strict=True)
        return kernel(payload.name, payload.sizes, *[array(x[start : start + n]) for x, start, n in parts]).leaves()
    if not is_tracing() or (TRACE.get().scalar and not isinstance(payload, While)):
        return payload.evaluate(operands, run)
    if isinstance(payload, Gather):
        x, index = operands
        return take([x[payload.offset + i * payload.stride] for i in range(payload.bound)], index)
    if isinstance(payload, Loop) and not isinstance(payload, When) and not payload.is_call and payload.length:
        return recorded_loop(payload, operands, run)
    return payload.evaluate(operands, run)


def recorded_loop(loop: Loop, operands: list[Any], run: Environment) -> list[Any]:
    """A loop as one of the trace."""
    carry, arrays, shared, whole = loop.parts(operands)
    step = run.step(loop.body)
    if isinstance(loop, While):
        return while_loop(lambda c: c[0], lambda c: step(c, [], shared, whole)[0], carry)  # type: ignore[no-any-return]

    def once(carry: list[Any], xs: tuple[Any, ...] | None) -> tuple[list[Any], tuple[list[Any], ...]]:
        new, y, residuals = step(carry, list(xs or ()), shared, whole)
        return new, (carry, y, residuals)

    xs = tuple([column.read(arrays, range(loop.length)) for column in loop.columns]) or None
    last, rows = scan(once, carry, xs, loop.length, loop.reverse)
    before = [x for row in (reversed(rows) if loop.reverse else rows) for x in row[0]]
    return [*before, *last, *[x for k in (1, 2) for row in rows for x in row[k]]]


def shown(x: list[Any], batched: bool) -> Any:
    """A flat result: one number by itself, over the samples if batched."""
    if batched:
        return [row[0] for row in x] if all(len(row) == 1 for row in x) else x
    return x[0] if len(x) == 1 else x
