"""Definitions of rows as native code, for lanes side by side: a branch runs where any lane takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table.definition_reader import Reader

from .ir_text import MASK, MASKS, Function, lane_type, literal

Emit = Callable[[Function, Primitive, str, list[str]], str]
"""Writes a row on these operands into a function, and gives its result (`Emitter.emit`)."""


class CodeReader(Reader):
    """Writes what it reads into a function, on scalars or vectors."""

    def __init__(self, emit: Emit, f: Function, type: str) -> None:
        self.emit, self.f, self.type = emit, f, type
        self.is_scalar = type == lane_type(type)

    def operand(self, x: Any) -> str:
        return literal(x, self.type) if isinstance(x, float) else str(x)

    def applied(self, row: Primitive, operands: Sequence[Any]) -> str:
        return self.emit(self.f, row, self.type, [self.operand(x) for x in operands])

    def chosen(self, condition: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        f, type = self.f, self.type
        truth = f.truth(condition, type)
        false = f.value(f"xor {MASKS[type]} {truth}, {'true' if self.is_scalar else 'splat (i1 true)'}")
        other = self.part(false, no)
        return f.select(truth, self.part(truth, yes), other, type)

    def part(self, truth: str, branch: Callable[[], Any]) -> str:
        """What a branch gives, behind a jump around it if it computes anything."""
        f = self.f
        if not self.is_scalar:
            truth = f.value(f"icmp ne i{f.lanes} {f.value(f'bitcast {MASK} {truth} to i{f.lanes}')}, 0")
        before, (body, done) = f.block, f.fresh("body", "done")
        f.branch(truth, body, done)
        f.label(body)
        start = len(f.lines)
        result = self.operand(branch())
        if len(f.lines) == start:
            del f.lines[-2:]
            f.block = before
            return result
        end = f.block
        f.jump(done)
        f.label(done)
        return f.merge([(before, ["poison"]), (end, [result])], self.type)[0]
