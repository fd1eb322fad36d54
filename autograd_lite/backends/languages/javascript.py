"""Programs as JavaScript, and their types for TypeScript."""

import json

from autograd_lite.backends.languages.actions import LIMITS, Limits
from autograd_lite.backends.languages.dialects import JavaScript
from autograd_lite.backends.languages.function_text import FunctionText, counted, function_text
from autograd_lite.backends.source_text import indented
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
"""Checks an argument and makes it what the program reads fastest."""


def javascript_source(
    program: Program, module: bool = True, name: str = "program", limits: Limits = LIMITS, is_lazy: bool = True
) -> str:
    """The text of a program as an ES module that exports a function, or as an expression that is this function.

    Where it is not lazy, branches that are not taken are computed too.
    """
    text = function_text(program, JavaScript(), name, limits, is_lazy)
    lines = [*arguments(text), *results(text), *text.source.memory.declared(), *text.lines]
    returned = ", ".join(f"r{k}" for k in range(len(text.program.results)))
    about = [f"// {line}" for line in described(text)]
    head = f"{'export ' if module else ''}function {name}({', '.join(parameters(text))}) {{"
    function = "\n".join([*about, head, *indented([*lines, f"return [{returned}];"]), "}"])
    whole = "\n\n".join([NUMBERS, *text.source.functions.texts, function])
    if module:
        return f"{whole}\n"
    inside = "\n".join(indented(['"use strict";', "", *whole.splitlines(), "", f"return {name};"]))
    return f"(() => {{\n{inside}\n}})()\n"


def parameters(text: FunctionText) -> list[str]:
    return [*text.arguments, *(["n"] if text.counts else [])]


def arguments(text: FunctionText) -> list[str]:
    """The statements that check the arguments, and find the number of samples."""
    pairs = list(zip(text.arguments, text.program.arguments, strict=True))
    lines = []
    for name, argument in pairs:
        size = "" if argument.batched else f", {argument.size}"
        lines.append(f"{name} = numbers({name}, {quoted(argument.name)}{size});")
    if text.counts:
        over = [(name, argument) for name, argument in pairs if argument.batched and argument.size]
        first = f"{over[0][0]}.length / {over[0][1].size}" if over else "1"
        lines.append(f"n ??= {first};")
        lines += [f"numbers({name}, {quoted(argument.name)}, {argument.size} * n);" for name, argument in over]
    return lines


def results(text: FunctionText) -> list[str]:
    sizes = [f"{len(r.values)} * n" if r.batched else str(len(r.values)) for r in text.program.results]
    return [f"const r{k} = new Float64Array({size});" for k, size in enumerate(sizes)]


def quoted(text: str) -> str:
    """A text as a string of JavaScript that may be in a page: nothing in it ends the script."""
    return json.dumps(text).replace("<", "\\u003c")


def typescript_types(program: Program, name: str = "program") -> str:
    """The declaration of the module's function for TypeScript."""
    text = function_text(program, JavaScript(), name)
    pairs = list(zip(text.arguments, text.program.arguments, strict=True))
    given = [f"{x}: {'number | ' * (a.size == 1 and not a.batched)}Numbers" for x, a in pairs] + [
        "n?: number"
    ] * text.counts
    lines = [
        "/** Numbers in order: a typed array, an array, or arrays in arrays. */",
        "export type Numbers = ArrayLike<number> | ReadonlyArray<Numbers>;",
        "",
        "/**",
        *(f" * {line}" for line in described(text)),
        " */",
        f"export function {name}({', '.join(given)}): [{', '.join(['Float64Array'] * len(text.program.results))}];",
    ]
    return "\n".join(lines) + "\n"


def described(text: FunctionText) -> list[str]:
    """What the function takes and gives."""
    pairs = zip(text.arguments, text.program.arguments, strict=True)
    lines = [f"{x}: {counted(argument.size, argument.batched)}" for x, argument in pairs]
    lines += ["n: how many samples, where no argument tells it"] * text.counts
    returned = [counted(len(r.values), r.batched) for r in text.program.results]
    lines.append(f"returns [{', '.join(f'r{k}' for k in range(len(returned)))}]")
    return lines + [f"r{k}: {what}" for k, what in enumerate(returned)]
