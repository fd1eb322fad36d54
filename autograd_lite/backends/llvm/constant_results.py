"""Results of which most numbers are constants, as dense Jacobians of functions of few inputs: only the others are code.

Each call copies the constants and puts the numbers that were computed between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite.core.graph import NUMBER
from autograd_lite.program.instructions import Result
from autograd_lite.program.program import Program

from .native_code import NativeCode

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.floating[Any]]

MANY = 256
"""Numbers in a result from which on its constants are looked for."""


def mostly_constant(program: Program) -> list[int]:
    """The results of which at least half of many numbers are constants."""
    found: list[int] = []
    if program.tables:
        return found
    for k, (values, batched) in enumerate(program.results):
        if not batched and len(values) >= MANY:
            count = sum([i >= program.size and program.instructions[i - program.size].row is NUMBER for i in values])
            if 2 * count >= len(values):
                found.append(k)
    return found


class ConstantResults:
    """The code of a program, of which some results are mostly constants."""

    def __init__(self, program: Program, which: Sequence[int], fastmath: bool, threads: bool, dtype: str) -> None:
        self.templates: list[tuple[int, Array, NDArray[np.int64]]] = []
        results = list(program.results)
        for k in which:
            values = results[k].values
            constants = [program.instructions[i - program.size].constant if i >= program.size else None for i in values]
            places = [place for place, x in enumerate(constants) if x is None]
            template = np.array([0.0 if x is None else x for x in constants], dtype)
            self.templates.append((k, template, np.array(places, dtype=np.int64)))
            results[k] = Result(tuple([values[place] for place in places]), False)
        self.code = NativeCode(Program(program.arguments, program.instructions, results), fastmath, threads, dtype)

    @property
    def source(self) -> str:
        return self.code.source

    def __call__(self, arguments: Sequence[Any], samples: int) -> list[Array]:
        results = self.code(arguments, samples)
        for k, template, places in self.templates:
            result = template.copy()
            result[places] = results[k]
            results[k] = result
        return results
