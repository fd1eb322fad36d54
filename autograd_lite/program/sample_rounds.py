"""A program over samples cut at its sums over samples, so that blocks of samples compute it apart from each other.

A sum over samples needs all of them, and what depends on it can only be computed afterwards.  So there is a program for
each round of sums, which gives those of a block from its samples and the sums of the rounds before; then one for the
results of each sample, and one for those of all samples.
"""

from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite.core.graph import BATCH_SIZE, BATCH_SUM
from autograd_lite.program.instructions import Argument, Instruction, Result
from autograd_lite.program.payloads import Whole
from autograd_lite.program.program import Program


class Rounds(NamedTuple):
    """The programs that a program over samples is cut into.

    Each takes its arguments, of which those that it does not read have no numbers, then the number of samples, and the
    sums of all rounds before.  Results of each sample take a last argument, one number of each: there may be no other
    that tells how many samples a block has.
    """

    sums: list[Program]  # of each round: the sums over the samples that it is called with
    each: Program | None  # the results of each sample, in order
    whole: Program | None  # the results of all samples, in order


def rounds_of(program: Program) -> Rounds:
    """The rounds of a program; without sums over samples there are none."""
    depths = [0] * program.size
    rounds: list[list[int]] = []
    for i, (row, operands, _) in enumerate(program.instructions, program.size):
        depth = max([depths[j] for j in operands], default=0)
        if row is BATCH_SUM:
            rounds += [[]] if depth == len(rounds) else []
            rounds[depth].append(i)
            depth += 1
        depths.append(depth)
    sums: list[Program] = []
    before: list[int] = []
    for found in rounds:
        sums.append(partial_program(program, before, [Result(tuple(found), False)]))
        before = before + found
    each = [r for r in program.results if r.batched]
    whole = [r for r in program.results if not r.batched]
    return Rounds(
        sums,
        partial_program(program, before, each) if each else None,
        partial_program(program, before, whole) if whole else None,
    )


def partial_program(program: Program, sums: Sequence[int], results: Sequence[Result]) -> Program:
    """The program of some results, all of each sample or none; what it takes, `Rounds` tells."""
    given = dict.fromkeys(sums)
    sizes = [i for i, (row, _, _) in enumerate(program.instructions, program.size) if row is BATCH_SIZE]
    needed: set[int] = set()
    stack = [i for result in results for i in result.values]
    while stack:
        i = stack.pop()
        if i not in needed:
            needed.add(i)
            if i >= program.size and i not in given:
                stack += program.instructions[i - program.size].operands
    arrays = {
        row.payload.argument
        for i, (row, _, _) in enumerate(program.instructions, program.size)
        if i in needed and isinstance(row.payload, Whole)
    }
    number: dict[int, int] = {}  # of a value in the part, by its number in the program
    arguments: list[Argument] = []
    first = count = 0
    for k, argument in enumerate(program.arguments):
        values = range(first, first + argument.size)
        if k in arrays or not needed.isdisjoint(values):
            number.update(zip(values, range(count, count + argument.size), strict=True))
            arguments.append(argument)
            count += argument.size
        else:
            arguments.append(Argument(argument.name, 0, False))
        first += argument.size
    arguments += [Argument("samples", 1, False), Argument("sums", len(sums), False)]
    number |= dict.fromkeys(sizes, count) | {i: count + 1 + k for k, i in enumerate(sums)}
    count += 1 + len(sums)
    if any(result.batched for result in results):
        arguments.append(Argument("each", 1, True))
        count += 1
    instructions: list[Instruction] = []
    for i, instruction in enumerate(program.instructions, program.size):
        if i in needed and i not in number:
            number[i] = count + len(instructions)
            instructions.append(instruction._replace(operands=tuple([number[j] for j in instruction.operands])))
    return Program(arguments, instructions, [Result(tuple([number[i] for i in r.values]), r.batched) for r in results])
