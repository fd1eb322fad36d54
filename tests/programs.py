"""Random programs for tests, in several rounds over their samples, the plainest way to run them, and their documents
with faults."""

import copy

from autograd_lite.backends.batch_order import batch_sum
from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM, NUMBER
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.program.instructions import Argument, Instruction, Result
from autograd_lite.program.interpreter import interpret
from autograd_lite.program.program import Program

CONSTANTS = [0.0, -0.0, 1.0, -1.0, 0.5, -3.0, 1e-310, 1e300]
EXACT = [
    "add", "sub", "mul", "div", "neg", "square", "sqrt", "abs", "maximum", "minimum", "relu", "sign", "less", "where",
    "sum", "dot", "prod", "max", "min", "clip", "logical_not", "equal", "mod", "floor", "copysign", "mean",
]  # fmt: skip
"""Rows whose bits do not depend on a library."""


def program(choose, rows=EXACT, length=12):
    """A program of two arguments, the second one batched, with sums over the samples in between."""
    arguments = [Argument("w", choose.integer(0, 3), False), Argument("x", choose.integer(1, 3), True)]
    batched = [argument.batched for argument in arguments for _ in range(argument.size)]
    instructions = []
    for _ in range(choose.integer(1, length)):
        ids = range(len(batched))
        kind = choose.integer(0, 9)
        if kind == 0:
            instruction = Instruction(NUMBER, (), choose.one_of(CONSTANTS))
        elif kind == 1:
            instruction = Instruction(BATCH_SIZE, ())
        elif kind <= 3:
            instruction = Instruction(BATCH_SUM, (choose.one_of([i for i in ids if batched[i]]),))
        else:
            row = PRIMITIVES[choose.one_of(rows)]
            count = row.arity or choose.integer(1, 3) * 2
            instruction = Instruction(row, tuple(choose.one_of(ids) for _ in range(count)))
        instructions.append(instruction)
        batched.append(instruction.row is not BATCH_SUM and any(batched[i] for i in instruction.operands))
    every = list(range(len(batched)))
    results = [Result(tuple(choose.one_of(every) for _ in range(choose.integer(1, 3))), True)]
    flat = [i for i in every if not batched[i]]
    if flat:
        results.append(Result(tuple(choose.one_of(flat) for _ in range(choose.integer(1, 3))), False))
    return Program(arguments, instructions, results)


def interpreted(program, arguments, samples):
    """The results, instruction by instruction and sample by sample; batched ones as a list for each sample."""

    def meaning(row, operands):
        return batch_sum(operands) if row is BATCH_SUM else row.ieee_value(*operands)

    return interpret(program, meaning, arguments, samples)


WEIRD = [
    0, 1, -1, 2, 10**9, 10**30, 0.5, True, False, None, "", "x", [], [[]], [0], [0, 0], {}, "0x1p+0", "0x1.0p+0",
    "1e999", "0.5", "nan", "inf", "-inf", "sum", "dot", "prod", "constant", "batch_sum", "batch_size",
]  # fmt: skip
"""What may be at any place of a damaged document."""


def places(document, at=()):
    """The keys that lead to each part of a document."""
    if at:
        yield at
    for key in range(len(document)) if isinstance(document, list) else document if isinstance(document, dict) else ():
        yield from places(document[key], (*at, key))


def damaged(document, choose):
    """The document of a program with one to three changes, after which it may be one of another program or of none."""
    changed = copy.deepcopy(document)
    for _ in range(choose.integer(1, 3)):
        found = [at for at in places(changed) if at[0] in ("arguments", "instructions", "results")]
        if not found:
            break
        *outer, key = choose.one_of(found)
        part = changed
        for step in outer:
            part = part[step]
        kind = choose.integer(0, 6)
        if kind == 0:
            part[key] = copy.deepcopy(choose.one_of(WEIRD))
        elif kind == 1 and isinstance(part, list):
            part.insert(key, copy.deepcopy(choose.one_of([part[key], *WEIRD])))
        elif kind == 2:
            del part[key]
        elif isinstance(part[key], list):
            part[key] = [] if kind == 3 else part[key][::-1]
        elif isinstance(part[key], bool):
            part[key] = not part[key]
        elif isinstance(part[key], int):
            part[key] += choose.one_of([-1, 1])
        elif isinstance(part[key], str):
            part[key] = choose.one_of([*PRIMITIVES, "constant", "batch_sum", "batch_size"])
    return changed


def run_everywhere(program, arguments, backends):
    """The results of a program by back end; those of all are the same, bit for bit, or this raises."""
    found = {name: program(*arguments, backend=name) for name in backends}
    told = {name: repr(result).replace("-nan", "nan") for name, result in found.items()}
    if len(set(told.values())) > 1:
        raise AssertionError(f"{told} of\n{program}\non {arguments}")
    return found
