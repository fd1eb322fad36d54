"""Where every value of a program lives, and what runs when: what the llvm back end decides before it writes IR.

A program runs in stages. Stage s computes the unbatched values that wait for s batch sums, one after the other; then,
in one pass over the samples, the batched values that the sums of stage s + 1 are made of, and these sums. A batched
value that two stages need is computed in both: so nothing is kept for longer than a block of samples.

Spaces, the arrays that values live in; a vector holds a value for 8 samples:

    a0, a1, ...   unbatched arguments                               numbers
    r0, r1, ...   unbatched results                                 numbers
    s             other unbatched values                            numbers
    c             constants that loops read                         numbers
    x0, x1, ...   batched arguments, transposed, in t or k          vectors
    o0, o1, ...   batched results, to be transposed, in t           vectors
    t             the tile: other batched values                    vectors
    k             the batched values that batch sums read: as many tiles as a block has
"""

from __future__ import annotations

from typing import NamedTuple

from autograd_lite.program.program import Program

from .batch_sums import kept_factors, shape
from .fusion import Op, simplify
from .ir_text import LANES
from .rerolling import Nest, Place, roll


class Stage(NamedTuple):
    """Unbatched items; then the pass over the samples: its items, its sums, and the results that it stores."""

    unbatched: list[Op | Nest]
    batched: list[Op | Nest]
    sums: list[Nest]
    results: list[int]
    spaces: dict[str, tuple[str, int]]  # where in t or k the x and o spaces are
    tile: int  # vectors of t
    kept: int  # vectors of k for every 8 samples
    places: dict[int, Place]  # of the values in t and k
    summed: dict[str, list[int]]  # the places of the sums, by space

    @property
    def passes(self) -> bool:
        """Whether there is anything to do for the samples."""
        return bool(self.sums or self.results)


class Plan:
    """The stages of a program, and the places of its values."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.inputs = program.size
        self.ops, self.constants, self.batched, self.stage = simplify(program)
        self.argument_sizes = [argument.size for argument in program.arguments]
        self.result_sizes = [len(result.values) for result in program.results]
        self.sizes = {"s": 0, "t": 0, "k": 0}
        self.pooled: list[float] = []  # the space c
        self.kept: set[int] = set()  # values that batch sums read
        self.places: dict[int, Place] = {}
        self.owner: list[int] = []  # the argument that an input belongs to
        for index, argument in enumerate(program.arguments):
            space = f"{'x' if argument.batched else 'a'}{index}"
            self.places.update({len(self.owner) + offset: (space, offset) for offset in range(argument.size)})
            self.owner += [index] * argument.size
        self._prepare_sums()
        self._place_results()
        self._place_sums()
        self.shared = self._shared()
        self.stages = self._stages()

    # what `roll` asks for

    def home(self, op: Op) -> str:
        if not self.batched[op.id]:
            return "s"
        return "k" if op.id in self.kept else "t"

    def allocate(self, space: str, count: int) -> int:
        start = self.sizes[space]
        self.sizes[space] += count
        return start

    def pool(self, numbers: list[float]) -> int:
        self.pooled += numbers
        return len(self.pooled) - len(numbers)

    # places that are asked for

    def _copy(self, value: int, batched: bool) -> int:
        """A new instruction: a value once more."""
        id = len(self.batched)
        self.batched.append(batched)
        self.stage.append(self.stage[value])
        self.ops[id] = Op(id, "copy", (value,))
        return id

    def _prepare_sums(self) -> None:
        for op in [op for op in self.ops.values() if op.row == "batch_sum"]:
            if not self.batched[op.operands[0]]:  # the same number for every sample
                self.ops[op.id] = op._replace(operands=(self._copy(op.operands[0], True),))
            self.kept.update(self.ops[op.id].operands)

    def _place_results(self) -> None:
        """A result lives where it is asked for; one that is asked for again, or that is an input, is copied there."""
        for index, result in enumerate(self.program.results):
            space = f"{'o' if result.batched else 'r'}{index}"
            for offset, value in enumerate(result.values):
                own = value in self.ops and value not in self.places and value not in self.kept
                if not own or self.batched[value] != result.batched:
                    value = self._copy(value, result.batched)
                self.places[value] = (space, offset)

    def _place_sums(self) -> None:
        """Batch sums that are no result lie in the order of the results that are made of them."""
        rank: dict[int, Place] = {}
        sums = []
        for op in reversed([op for op in self.ops.values() if not self.batched[op.id]]):
            if op.id in self.places:
                rank[op.id] = self.places[op.id]
            elif op.row == "batch_sum":
                sums.append(op.id)
            if op.row != "batch_sum" and op.id in rank:
                for operand in op.operands:
                    rank.setdefault(operand, rank[op.id])
        sums.sort(key=lambda id: (rank.get(id, ("", 0)), id))
        for offset, id in enumerate(sums, self.allocate("s", len(sums))):
            self.places[id] = ("s", offset)

    def _shared(self) -> set[int]:
        """Unbatched values that another stage or the samples read."""
        return {
            x
            for op in self.ops.values()
            for x in op.operands
            if x in self.ops and not self.batched[x] and (self.batched[op.id] or self.stage[x] != self.stage[op.id])
        }

    # stages

    def _stages(self) -> list[Stage]:
        count = 1 + max([self.stage[id] for id in self.ops], default=0)
        unbatched: list[list[Op]] = [[] for _ in range(count)]
        sums: list[list[Op]] = [[] for _ in range(count)]
        asked: list[list[int]] = [[] for _ in self.program.results]
        for op in self.ops.values():
            if op.row == "batch_sum":
                sums[self.stage[op.id] - 1].append(op)
            elif not self.batched[op.id]:
                unbatched[self.stage[op.id]].append(op)
            elif op.id in self.places:  # in the space of a result
                asked[self._number(op.id)].append(op.id)
        results: list[list[int]] = [[] for _ in range(count)]  # stored by the stage that has all of their values
        for index, values in enumerate(asked):
            if values:
                results[max([self.stage[value] for value in values])].append(index)
        stages = []
        for stage in range(count):
            items = roll(unbatched[stage], self)
            roots = [x for op in sums[stage] for x in op.operands]
            roots += [value for index in results[stage] for value in asked[index]]
            stages.append(self._stage(items, roots, sums[stage], results[stage]))
        return stages

    def _stage(self, unbatched: list[Op | Nest], roots: list[int], sums: list[Op], results: list[int]) -> Stage:
        needed: set[int] = set()
        while roots:
            id = roots.pop()
            if id not in needed and id not in self.constants and self.batched[id]:
                needed.add(id)
                if id in self.ops:
                    roots += self.ops[id].operands
        self.sizes["t"] = self.sizes["k"] = 0
        spaces: dict[str, tuple[str, int]] = {}
        ops = [self.ops[id] for id in sorted(needed) if id >= self.inputs]
        for index in sorted({self._number(op.id) for op in ops if op.id in self.places}):
            spaces[f"o{index}"] = ("t", self.allocate("t", _padded(self.result_sizes[index])))
        items = roll(ops, self)
        nests = [nest for nest in roll(sums, self, 0) if isinstance(nest, Nest)]
        kept = {factor.space for nest in nests for factor in kept_factors(shape(nest))}
        read = {self.places[x][0] for op in ops for x in op.operands if 0 <= x < self.inputs and self.batched[x]}
        for space in sorted(kept | read):
            if space[0] == "x":
                home = "k" if space in kept else "t"
                spaces[space] = (home, self.allocate(home, _padded(self.argument_sizes[int(space[1:])])))
        summed: dict[str, list[int]] = {}
        for op in sums:
            space, offset = self.places[op.id]
            summed.setdefault(space, []).append(offset)
        local = {op.id: self.places[op.id] for op in ops}
        for id, (space, _) in local.items():
            if space in ("t", "k"):
                del self.places[id]
        return Stage(unbatched, items, nests, results, spaces, self.sizes["t"], self.sizes["k"], local, summed)

    def _number(self, id: int) -> int:
        """The number of the result in whose space a value lives."""
        return int(self.places[id][0][1:])


def _padded(size: int) -> int:
    return -(-size // LANES) * LANES
