"""Programs whose results are many sums over the samples of products, kept as tables in the place of instructions.

The gradient of a layer in its weights has a number for each pair of an adjoint of an output and an input: the sum over
the samples of their product.  Such a program has a `core` that computes the factors, and native code computes the
tables of them at once; whatever asks for the instructions has all of them written out.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

from autograd_lite.core.graph import BATCH_SUM, Node
from autograd_lite.core.table import mul
from autograd_lite.program.flattening import lower, nothing
from autograd_lite.program.instructions import Instruction, Result
from autograd_lite.program.payloads import ProductTable
from autograd_lite.program.program import Program
from autograd_lite.program.reaching import Row, rows_of_products

MANY = 512
"""Products that are worth a table."""


class ProductTables:
    """The tables among the outputs of a trace, and the outputs of the core: all others, and then the factors."""

    def __init__(self, outputs: Sequence[Any], shapes: Sequence[tuple[int, bool]]) -> None:
        self.found: list[ProductTable] = []
        self.shapes = list(shapes)
        self.outputs: list[Any] = []
        self.places: list[Sequence[int]] = []  # of each result, where the numbers are that the core computes
        first = 0
        for k, (count, batched) in enumerate(shapes):
            own = outputs[first : first + count]
            first += count
            places: Sequence[int] = range(count)
            if not batched and count >= MANY:
                found = [table for table in tables_in(k, rows_of_products(own)) if table.products >= MANY]
                self.found += found
                if found:
                    covered = {i for table in found for i in table.places}
                    places = [i for i in places if i not in covered]
            self.places.append(places)
            self.outputs += own if len(places) == count else [own[i] for i in places]
        self.core_shapes = [(len(places), batched) for places, (_, batched) in zip(self.places, shapes, strict=True)]
        for table in self.found:
            for factors in (table.outer, table.inner):
                self.outputs += factors
                self.core_shapes.append((len(factors), True))

    def program(self, core: Program) -> Program:
        """The program whose core that is."""
        if not self.found:
            return core
        count = len(self.shapes)
        tables = [x._replace(outer=count + 2 * k, inner=count + 2 * k + 1) for k, x in enumerate(self.found)]
        made = ProgramOfTables(core, self.shapes, self.places, tables)
        if all(core.batched[i] for result in core.results[count:] for i in result.values):
            return made
        return Program(*lower(made.arguments, made.instructions, made.results, lowers=nothing))


def tables_in(result: int, rows: Sequence[Row]) -> list[ProductTable]:
    """Rows of products with the same inner factors, a constant distance apart, as tables."""
    found: list[ProductTable] = []
    alike: dict[tuple[Node, ...], list[Row]] = {}
    for row in rows:
        alike.setdefault(tuple(row[2]), []).append(row)
    for inner, some in alike.items():
        begin = 0
        while begin < len(some):
            end, stride = begin + 1, len(inner)
            if end < len(some):
                stride = some[end][0] - some[begin][0]
                while end < len(some) and some[end][0] - some[end - 1][0] == stride:
                    end += 1
            found.append(ProductTable(result, some[begin][0], stride, [row[1] for row in some[begin:end]], inner))
            begin = end
    return found


class ProgramOfTables(Program):
    """A program with tables beside its core, which is written out where its instructions or results are asked for."""

    def __init__(
        self,
        core: Program,
        shapes: Sequence[tuple[int, bool]],
        places: Sequence[Sequence[int]],
        tables: Sequence[ProductTable],
    ) -> None:
        self.arguments, self.size, self.about = core.arguments, core.size, ""
        self.codes, self.simpler, self.tables = {}, {}, tables
        self._core, self._shapes, self._places = core, shapes, places

    def core(self) -> Program:
        return self._core

    def shapes(self) -> Sequence[tuple[int, bool]]:
        return self._shapes

    def places(self) -> Sequence[Sequence[int]]:
        return self._places

    def with_core(self, core: Program) -> Program:
        return ProgramOfTables(core, self.shapes(), self.places(), self.tables)

    def __getattr__(self, name: str) -> Any:
        if name not in ("instructions", "results", "batched", "rows"):
            raise AttributeError(name)
        about, codes, simpler = self.about, self.codes, self.simpler
        super().__init__(self.arguments, *self.written_out())
        self.about, self.codes, self.simpler = about, codes, simpler
        return getattr(self, name)

    def written_out(self) -> tuple[list[Instruction], list[Result]]:
        core = self.core()
        found = list(core.instructions)
        values = [[0] * count for count, _ in self.shapes()]
        for own, places, result in zip(values, self.places(), core.results, strict=False):
            for place, i in zip(places, result.values, strict=True):
                own[place] = i
        for table in [x.with_factors(core.results) for x in self.tables]:
            for place, factors in zip(table.places, product(table.outer, table.inner), strict=True):
                found.append(Instruction(mul, factors))
                found.append(Instruction(BATCH_SUM, (self.size + len(found) - 1,)))
                values[table.result][place] = self.size + len(found) - 1
        return found, [Result(tuple(own), batched) for own, (_, batched) in zip(values, self.shapes(), strict=True)]
