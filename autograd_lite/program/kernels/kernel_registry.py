"""What a kernel is, and all of them by name; the functions that their source calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd_lite.core import table

if TYPE_CHECKING:
    import ast

Floats = list[Any]
"""Numbers, or Values."""

Sizes = Callable[..., Sequence[int]]

nan = math.nan


class KernelSyntax(NamedTuple):
    """The Python text of a kernel: the names of its sizes and of its arrays, and its statements."""

    sizes: list[str]
    arrays: list[str]
    body: list[ast.stmt]


class ArrayKernel:
    """An algorithm, and the sizes of its operands, of its result, and of what it needs beside these."""

    def __init__(
        self,
        run: Callable[..., None],
        inputs: Sizes,
        output: Callable[..., int],
        work: Sizes,
        operations: Callable[..., int] | None,
        allowed: Callable[..., bool],
    ) -> None:
        self.run, self.inputs, self.output, self.work, self.allowed = run, inputs, output, work, allowed
        self.operations = operations or output  # about how many scalar operations it takes
        self.name = run.__name__

    def __call__(self, sizes: Sequence[int], operands: Sequence[Sequence[Any]]) -> list[Any]:
        """The result for operands that are numbers or Values."""
        out = [0.0] * self.output(*sizes)
        self.run(*sizes, *operands, *[[0.0] * size for size in self.work(*sizes)], out)
        return out

    @cached_property
    def counts(self) -> tuple[int, int]:
        """How many sizes and how many arrays the function takes."""
        annotations = [x for name, x in self.run.__annotations__.items() if name != "return"]
        return annotations.count(int), len(annotations) - annotations.count(int)

    def syntax(self) -> KernelSyntax:
        """What back ends write code from, read anew: they may change it on the way."""
        import ast
        import inspect
        import textwrap

        [definition] = ast.parse(textwrap.dedent(inspect.getsource(self.run))).body
        assert isinstance(definition, ast.FunctionDef)
        names = [argument.arg for argument in definition.args.args]
        count, _ = self.counts
        return KernelSyntax(names[:count], names[count:], definition.body)


KERNELS: dict[str, ArrayKernel] = {}
"""All kernels by name."""


def kernel(
    inputs: Sizes,
    output: Callable[..., int],
    work: Sizes = lambda *sizes: (),
    operations: Callable[..., int] | None = None,
    allowed: Callable[..., bool] = lambda *sizes: True,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Enter a function as a kernel; the sizes of its arrays are functions of its own sizes, of which not all may be."""

    def enter(run: Callable[..., None]) -> Callable[..., None]:
        KERNELS[run.__name__] = ArrayKernel(run, inputs, output, work, operations, allowed)
        return run

    return enter


def sqrt(x: Any) -> Any:
    if x < 0.0:
        return nan
    return table.sqrt(x)


def log(x: Any) -> Any:
    if x == 0.0:
        return -math.inf
    return nan if x < 0.0 else table.log(x)
