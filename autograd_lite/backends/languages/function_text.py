"""A program as the parts of a source file: functions that it calls, what its own function takes, and its statements."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.backends.languages.actions import LIMITS, Action, Limits
from autograd_lite.backends.languages.dialects import Dialect
from autograd_lite.backends.languages.functions import functions_in_c, javascript_texts
from autograd_lite.backends.languages.memory import Place, SourceParts, times
from autograd_lite.backends.languages.statements import Writer
from autograd_lite.backends.languages.value_places import ValuePlaces
from autograd_lite.core.graph import BATCH_SIZE
from autograd_lite.core.primitives import Primitive
from autograd_lite.program.flattening import lower
from autograd_lite.program.gathers import Gather, Gathers, Scatter
from autograd_lite.program.instructions import ROWS
from autograd_lite.program.kernels import KERNELS
from autograd_lite.program.lazy_branches import with_lazy_branches
from autograd_lite.program.payloads import Item, Kernel, Loop, Numbers, Payload, Stack, Whole
from autograd_lite.program.program import Program

OWN = re.compile(r"([acgjprstv]|sums|lanes|room|values|shared|part|row)[\d_]*|[inkt]|lane|start|stop|numbers|work")
"""Names that a source uses itself."""


class FunctionText(NamedTuple):
    """The function that a program is, in parts."""

    program: Program
    name: str
    arguments: list[str]
    source: SourceParts
    lines: list[str]
    counts: bool
    """Whether it takes the number of samples."""


def function_text(
    program: Program, dialect: Dialect, name: str, limits: Limits = LIMITS, is_lazy: bool = True
) -> FunctionText:
    """The parts of the source of a program, whose function gets that name."""
    taken = dialect.reserved | dialect.library | ROWS.keys()
    if name in taken or not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise ValueError(
            f"the function of a program needs a name of letters, digits and underscores that {dialect.name} and the "
            f"table of rows do not have, but got {name!r}; choose another, as name='step'"
        )
    program = with_lazy_branches(program) if is_lazy else program
    program = Program(*lower(program.arguments, program.instructions, program.results, is_unrolled, is_inlined))
    source = SourceParts(dialect, limits)
    source.functions.names[name] = name
    names = argument_names(program, dialect, name)
    places: list[Place | None] = []
    arrays = []
    for x, argument in zip(names, program.arguments, strict=True):
        source.memory.kinds[x] = "in"
        array = Place(x, times(argument.size, "k") if argument.batched else "")
        arrays.append(array)
        places += [array.moved(offset=j) for j in range(argument.size)]
    source.memory.kinds |= {f"r{k}": "out" for k in range(len(program.results))}
    source.memory.kinds |= dict.fromkeys(("n", "k", "lane"), "index")
    writer = Writer(ValuePlaces(source, program, "", places, arrays, {}))

    def store(batched: bool) -> list[Action]:
        actions = []
        for k, result in enumerate(program.results):
            if result.batched == batched:
                place = Place(f"r{k}", times(len(result.values), "k") if batched else "")
                actions += writer.actions.storing(result.values, place)
        return actions

    lines = writer.write(store)
    return FunctionText(program, name, names, source, lines, counts_samples(program))


def is_unrolled(payload: Payload, batched: Sequence[bool]) -> bool:
    """Whether an instruction on arrays is written out number by number, for want of a text of its own."""
    return not isinstance(payload, (Item, Stack, Numbers, Whole, Loop, Gather, Gathers, Scatter, Kernel))


def is_inlined(row: Primitive) -> bool:
    """Whether a row has no function of its own: its lowering depends on how many operands it has, or on which."""
    return row.lowering is not None and (row.arity is None or bool(row.whole))


def argument_names(program: Program, dialect: Dialect, name: str) -> list[str]:
    """A name for each argument: its own, where that is one in the dialect and no other thing has it."""
    taken = {*dialect.reserved, *ROWS, *KERNELS, *functions_in_c(), *javascript_texts(), name}
    names: list[str] = []
    for k, argument in enumerate(program.arguments):
        x = re.sub(r"[.\[]", "_", argument.name).rstrip("]")
        free = re.fullmatch(r"[A-Za-z_]\w*", x, re.ASCII) and x not in taken and not OWN.fullmatch(x)
        names.append(x if free else f"a{k}")
        taken.add(names[-1])
    return names


def counts_samples(program: Program) -> bool:
    """Whether a program depends on the number of samples."""
    rows = {row for row, _, _ in program.instructions}
    bodies = [row.payload.body for row in rows if isinstance(row.payload, Loop)]
    batched = any(a.batched for a in program.arguments) or any(r.batched for r in program.results)
    return batched or BATCH_SIZE in rows or any(map(counts_samples, bodies))


def counted(size: int, batched: bool) -> str:
    numbers = f"{size} number{'s' if size != 1 else ''}"
    return f"{numbers} for each sample, one sample after the other" if batched else numbers
