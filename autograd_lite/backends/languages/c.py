"""Programs as C99 with its mathematical library, and the header that declares them."""

import re

from autograd_lite.backends.languages.actions import LIMITS, Limits
from autograd_lite.backends.languages.dialects import C, on_stack
from autograd_lite.backends.languages.function_text import FunctionText, counted, function_text
from autograd_lite.backends.languages.memory import SourceArrays
from autograd_lite.backends.source_text import indented
from autograd_lite.program.program import Program

START = """\
/* Compile with -ffp-contract=off -frounding-math, which keep the bits of the engine, and link with -lm. */
#include <math.h>
#include <stddef.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif"""


def c_source(program: Program, name: str = "program") -> str:
    """The text of a program as a file of C."""
    return c_texts(program, name)[0]


def c_texts(program: Program, name: str, limits: Limits = LIMITS) -> tuple[str, str]:
    """The text of a program as a file of C, and that of its header."""
    text = function_text(program, C(name), name, limits)
    memory = text.source.memory
    declared = memory.declared()
    size = room(memory)
    head = prototype(text, size)
    unused = [text.source.dialect.unread(x) for x in unused_parameters(text, size, [*declared, *text.lines])]
    function = "\n".join([f"{head} {{", *indented([*declared, *unused, *text.lines]), "}"])
    about = comment(text, size)
    functions = text.source.functions.texts
    return (
        "\n\n".join([START, *functions, f"{about}\n{function}"]) + "\n",
        header(text, size, head, about),
    )


def room(memory: SourceArrays) -> str:
    """The numbers that the caller makes room for, as an expression; "" where there are none."""
    stack, each = on_stack(memory.sizes), sum(memory.samples.values())
    fixed = sum([size for name, size in memory.sizes.items() if name not in stack])
    return " + ".join([*([str(fixed)] if fixed else []), *([f"{each} * (n)"] if each else [])])


def prototype(text: FunctionText, size: str) -> str:
    given = [
        *(["size_t n"] if text.counts else []),
        *(f"const double *{x}" for x in text.arguments),
        *(f"double *r{k}" for k in range(len(text.program.results))),
        *(["double *work"] if size else []),
    ]
    return f"void {text.name}({', '.join(given) or 'void'})"


def unused_parameters(text: FunctionText, size: str, lines: list[str]) -> list[str]:
    """The parameters that no statement reads, of which compilers would warn."""
    words = set(re.findall(r"\w+", " ".join(lines)))
    given = [*(["n"] if text.counts else []), *text.arguments, *(f"r{k}" for k in range(len(text.program.results)))]
    return [x for x in given if x not in words]


def comment(text: FunctionText, size: str) -> str:
    """What the function takes and gives."""
    lines = []
    if text.counts:
        lines.append("n: how many samples")
    pairs = list(zip(text.arguments, text.program.arguments, strict=True))
    for x, argument in pairs:
        lines.append(f"{x}: {counted(argument.size, argument.batched)}")
    for k, result in enumerate(text.program.results):
        lines.append(f"r{k}: {counted(len(result.values), result.batched)}, of the result")
    if size:
        lines.append(f"work: {size} numbers of room, whatever is in them")
    return "\n".join(["/*", *(f" * {line}" for line in lines), " */"])


def header(text: FunctionText, size: str, head: str, about: str) -> str:
    guard = f"{text.name.upper()}_H"
    sized = [f"#define {text.name.upper()}_WORK(n) ({size})", ""] if size else []
    return "\n".join(
        [
            f"#ifndef {guard}", f"#define {guard}", "", "#include <stddef.h>", "",
            "#ifdef __cplusplus", 'extern "C" {', "#endif", "",
            *sized, about, f"{head};", "",
            "#ifdef __cplusplus", "}", "#endif", "", "#endif", "",
        ]
    )  # fmt: skip
