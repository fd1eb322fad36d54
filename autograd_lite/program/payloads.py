"""Instructions whose value is an array: among them the loop, which runs a program again and again, and the kernel.

An array is a value of a program like a number, made by an instruction and read by `item`, or column by column by a
loop.  Each payload is plain data, a column of a row that is made for it; `evaluate` is what the instruction computes
with any meaning of numbers: floats, Values, or the numbers of instructions.
"""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple

from autograd_lite.core.primitives import Primitive
from autograd_lite.program.gathers import Column, Gather, Gathers, Scatter
from autograd_lite.program.kernels import KERNELS, ArrayKernel

Step = Callable[[list[Any], list[Any], list[Any], list[Any]], Sequence[list[Any]]]
"""Runs the body of a loop once: (carry, x, shared numbers, shared arrays) to (carry, y, residuals)."""


class Item(NamedTuple):
    """One number of an array, its only operand."""

    offset: int

    def shown(self) -> str:
        return f"[{self.offset}]"

    def evaluate(self, operands: Sequence[Any], run: "Environment") -> Any:
        return operands[0][self.offset]


class Stack(NamedTuple):
    """The operands as an array."""

    size: int

    def shown(self) -> str:
        return ""

    def evaluate(self, operands: Sequence[Any], run: "Environment") -> Any:
        return list(operands)


class Numbers(NamedTuple):
    """An array of constants."""

    numbers: tuple[float, ...]

    def shown(self) -> str:
        few = ", ".join(map(repr, self.numbers[:4]))
        return f"[{few}{', ...' if len(self.numbers) > 4 else ''}]"

    @property
    def size(self) -> int:
        return len(self.numbers)

    def evaluate(self, operands: Sequence[Any], run: "Environment") -> Any:
        return list(self.numbers)


class Whole(NamedTuple):
    """An argument of the program as an array, or `size` numbers of it from number `first` on."""

    argument: int
    size: int
    first: int = 0

    def shown(self) -> str:
        return f"#{self.argument}" + (f" from {self.first} on" if self.first else "")

    def evaluate(self, operands: Sequence[Any], run: "Environment") -> Any:
        return run.arguments[self.argument][self.first : self.first + self.size]


class Loop(NamedTuple):
    """A program run `length` times over a carry.

    The operands are the first carry, then arrays, then numbers that all steps share.  The arguments of the body are
    the carry, x (an element of each column), the shared numbers, and those arrays that it reads as a whole; its
    results are the new carry, y, and residuals, which are y that only derivatives read.  The value is an array: the
    carry before each step, in the order of the steps, and after the last; the y of each t; the residuals of each t.
    With `reverse`, t goes from length - 1 to 0.
    """

    body: Any  # a `Program`
    length: int
    reverse: bool
    carries: int
    arrays: int
    columns: tuple[Column, ...]  # `array` counts the arrays among the operands
    whole: tuple[int, ...]  # of the arrays among the operands, those that the body reads as a whole
    outputs: int
    residuals: int

    def shown(self) -> str:
        return "" if self.is_call else f"{self.length} times{' in reverse' if self.reverse else ''}"

    @property
    def is_call(self) -> bool:
        """Whether it is no loop, but the call of a function."""
        return self.length == 1 and not self.carries

    @property
    def steps(self) -> int:
        """How many steps it takes, at most."""
        return self.length

    @property
    def size(self) -> int:
        return (self.length + 1) * self.carries + self.length * (self.outputs + self.residuals)

    def parts(self, operands: Sequence[Any]) -> tuple[list[Any], Sequence[Any], list[Any], list[Any]]:
        """The operands: first carry, arrays, shared numbers; and the arrays that the body reads as a whole."""
        arrays = operands[self.carries : self.carries + self.arrays]
        shared = list(operands[self.carries + self.arrays :])
        return list(operands[: self.carries]), arrays, shared, [arrays[k] for k in self.whole]

    def evaluate(self, operands: Sequence[Any], run: "Environment") -> Any:
        carry, arrays, shared, whole = self.parts(operands)
        step = run.step(self.body)
        values = [*carry]
        ys: list[list[Any]] = [[]] * (self.length if self.outputs else 0)
        residuals: list[list[Any]] = [[]] * (self.length if self.residuals else 0)
        steps = range(self.length)[::-1] if self.reverse else range(self.length)
        columns = [column.read(arrays, steps) for column in self.columns]
        for t, x in zip(steps, zip(*columns, strict=True) if columns else repeat(()), strict=False):
            carry, y, kept = step(carry, list(x), shared, whole)
            values += carry
            if self.outputs:
                ys[t] = y
            if self.residuals:
                residuals[t] = kept
        for part in (ys, residuals):
            for numbers in part:
                values += numbers
        return values


class When(Loop):
    """A call that runs where the first shared number is not 0; elsewhere its outputs are 0, and nobody reads them."""

    __slots__ = ()

    def evaluate(self, operands: Sequence[Any], run: "Environment") -> Any:
        if run.apply is None and not operands[self.arrays]:
            return [0.0] * self.outputs
        return super().evaluate(operands, run)


class While(Loop):
    """A program run over a carry until the first number of the new carry is 0: an array of the last carry.

    For samples, until it is 0 for all of them; the body leaves the carry of those as it is whose number is 0.
    """

    __slots__ = ()

    def shown(self) -> str:
        return ""

    @property
    def is_call(self) -> bool:
        return False

    @property
    def steps(self) -> int:
        return 2**40  # as many as it takes

    @property
    def size(self) -> int:
        return self.carries

    def evaluate(self, operands: Sequence[Any], run: "Environment") -> Any:
        carry, _, shared, whole = self.parts(operands)
        step = run.step(self.body)
        while True:
            carry, _, _ = step(carry, [], shared, whole)
            if not carry[0]:
                return carry


class Kernel(NamedTuple):
    """An algorithm of linear algebra on arrays; see `program.kernels`.

    Each operand is an array, of which the numbers from an offset on are read.
    """

    name: str
    sizes: tuple[int, ...]
    offsets: tuple[int, ...]

    def shown(self) -> str:
        return f"{self.name}({', '.join(map(str, self.sizes))})"

    @property
    def kernel(self) -> ArrayKernel:
        return KERNELS[self.name]

    @property
    def size(self) -> int:
        return self.kernel.output(*self.sizes)

    @property
    def operations(self) -> int:
        return self.kernel.operations(*self.sizes)

    def evaluate(self, operands: Sequence[Any], run: "Environment") -> Any:
        counts = self.kernel.inputs(*self.sizes)
        parts = zip(operands, self.offsets, counts, strict=True)
        return self.kernel(self.sizes, [list(x[start : start + count]) for x, start, count in parts])


Payload = Item | Stack | Numbers | Whole | Loop | Gather | Gathers | Scatter | Kernel


def no_step(body: Any) -> Any:
    raise TypeError("an instruction outside of a program runs no program")


class Environment(NamedTuple):
    """How instructions with a payload are evaluated: the arguments of the program, and the body of a loop as a step.

    `apply` is the meaning of a row; None: numbers are floats.
    """

    arguments: Sequence[Any] = ()
    step: Callable[[Any], Step] = no_step
    apply: Callable[[Primitive, list[Any]], Any] | None = None


def row_of(payload: Payload) -> Primitive:
    """The row of an instruction with that payload; the same for the same `item`."""
    return item_row(payload) if isinstance(payload, Item) else made_row(payload)


def made_row(payload: Any, name: str = "") -> Primitive:
    """The row of a payload, in a program or in a graph."""
    name = "call" if type(payload) is Loop and payload.is_call else name or type(payload).__name__.lower()
    return Primitive(name, None, no_number, no_partials, payload=payload)


item_row = cache(made_row)


def no_number(operands: Sequence[float]) -> float:
    raise TypeError("a loop or an array has no value on numbers alone; run the program that it is part of")


def no_partials(out: Any, operands: Sequence[Any]) -> Any:
    raise TypeError("a loop or an array has no partials; its payload differentiates it")


class ProductTable(NamedTuple):
    """Sums of the products of all `outer` with all `inner` factors, in a result from number `start` on.

    That of outer factor i and inner factor j is at start + i x stride + j.  The factors are the numbers of nodes, or
    of results of the core that hold them.
    """

    result: int
    start: int
    stride: int
    outer: Any
    inner: Any

    def with_factors(self, results: Sequence[Any]) -> "ProductTable":
        """The same with the factors in the place of the numbers of the results of the core that hold them."""
        return self._replace(outer=results[self.outer].values, inner=results[self.inner].values)

    @property
    def products(self) -> int:
        """How many there are, where the factors are nodes or their numbers."""
        return len(self.outer) * len(self.inner)

    @property
    def places(self) -> list[int]:
        """Where they are in the result."""
        starts = range(self.start, self.start + self.stride * len(self.outer), self.stride)
        return [first + j for first in starts for j in range(len(self.inner))]
