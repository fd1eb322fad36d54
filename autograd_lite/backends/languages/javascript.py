"""Programs as JavaScript."""

import json

from autograd_lite.backends.languages.dialects import JavaScript, indented
from autograd_lite.backends.languages.rows import Functions
from autograd_lite.backends.languages.statements import Writer
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.program import Program

NUMBERS = """\
function numbers(x, name, size) {
    if (!(x instanceof Float64Array)) {
        const flat = typeof x === "number" ? [x] : Array.isArray(x) ? x.flat(Infinity) : Array.from(x ?? []);
        if (!flat.every((y) => typeof y === "number")) {
            throw new TypeError(`argument ${name} holds something that is no number; pass numbers alone`);
        }
        x = Float64Array.from(flat);
    }
    if (size >= 0 && x.length !== size) {
        throw new RangeError(`argument ${name} holds ${size} numbers, but got ${x.length}; pass as many`);
    }
    return x;
}"""


def is_inlined(row: Primitive) -> bool:
    """Whether a row has no function of its own: its lowering depends on how many operands it has, or on which."""
    return row.lowering is not None and (row.arity is None or bool(row.whole))


def javascript_source(program: Program, module: bool = True, name: str = "program") -> str:
    """The text of a program as an ES module that exports a function, or as an expression that is this function."""
    dialect = JavaScript()
    functions = Functions(dialect)
    lowered = program.unrolled().lowered(is_inlined)
    writer = Writer(lowered, dialect, functions)
    body = writer.write()
    names = writer.arguments
    batched = any(a.batched for a in program.arguments) or any(r.batched for r in program.results)
    counts = batched or "n" in " ".join(body).split()
    lines = []
    sized = [(name, a) for name, a in zip(names, program.arguments, strict=True) if a.batched and a.size]
    for name, a in zip(names, program.arguments, strict=True):
        size = "" if a.batched else f", {a.size}"
        lines.append(f"{name} = numbers({name}, {quoted(a.name)}{size});")
    if counts:
        first = f"{sized[0][0]}.length / {sized[0][1].size}" if sized else "1"
        lines.append(f"n ??= {first};")
        lines += [f"numbers({name}, {quoted(a.name)}, {a.size} * n);" for name, a in sized]
    for k, result in enumerate(program.results):
        size = f"{len(result.values)} * n" if result.batched else str(len(result.values))
        lines.append(f"const r{k} = new Float64Array({size});")
    returned = ", ".join(f"r{k}" for k in range(len(program.results)))
    parameters = ", ".join([*names, *(["n"] if counts else [])])
    head = "export function" if module else "function"
    function = [f"{head} {name}({parameters}) {{", *indented([*lines, *body, f"return [{returned}];"]), "}"]
    texts = [NUMBERS, *functions.texts, "\n".join(function)]
    text = "\n\n".join(texts) + "\n"
    if module:
        return text
    inside = "\n".join(indented(['"use strict";', "", *text.splitlines(), f"return {name};"]))
    return f"(() => {{\n{inside}\n}})()\n"


def quoted(text: str) -> str:
    """A text as a string of JavaScript that may be in a page: nothing in it ends a script or a comment."""
    return json.dumps(text).replace("<", "\\u003c").replace("*/", "*\\/")
