"""Object code made: of programs and of kernels.

Imported where something has to be compiled: code from the disk needs neither plans nor texts.
"""

from __future__ import annotations

from autograd_lite.core.table.definition_reader import is_written_inline
from autograd_lite.program.lazy_branches import with_lazy_branches
from autograd_lite.program.program import Program
from autograd_lite.program.rolling import rolled

from .arrays_of_loops import is_branch
from .emitters import Emitter
from .engine import object_code
from .ir_text import Lengths
from .kernel_text import kernel_module
from .machine_code import Layout, ObjectCode, code_of_text
from .modules import Modules
from .plan import ProgramPlan


def prepared(program: Program) -> Program:
    """The same computation in what has native code: with loops for repetitions, and rows lowered that have to be."""
    core = with_lazy_branches(rolled(program.core())).unrolled(is_branch).lowered(is_written_inline)
    return program.with_core(core)


def modules_of(program: Program, fastmath: bool, lanes: int) -> tuple[Modules, Emitter]:
    """A program as LLVM modules, and what they call."""
    emitter = Emitter(fastmath, lanes)
    return Modules(ProgramPlan(prepared(program), lanes=lanes), emitter, fastmath), emitter


def object_code_of(program: Program, fastmath: bool, lanes: int) -> ObjectCode:
    """The object code of a program."""
    modules, emitter = modules_of(program, fastmath, lanes)
    optimized, plain = modules.sources()
    plan, lengths = modules.plan, emitter.lengths or Lengths()
    layout = Layout(
        modules.slots, modules.bytes, plan.numbers, max([stage.kept for stage in plan.stages]), modules.tiles,
        modules.parts, modules.part, [(stage.passes, stage.summed) for stage in plan.stages],
        lengths.integers, lengths.constants, plan.pooled,
    )  # fmt: skip
    numbered = [(f"stage{k}.", stage) for k, stage in enumerate(plan.stages)]
    names = [f"{name}numbers" for name, _ in numbered] + [f"{name}blocks" for name, stage in numbered if stage.passes]
    objects = [*[code_of_text(text, True) for text in optimized], code_of_text(plain, False)]
    return ObjectCode(objects, emitter.rows, sorted(emitter.kernels), ["call", *names], layout)


def llvm_ir(program: Program, fastmath: bool, lanes: int) -> str:
    """The LLVM IR of a program."""
    modules, _ = modules_of(program, fastmath, lanes)
    optimized, plain = modules.sources()
    return "".join([*optimized, plain])


def object_code_of_kernel(name: str) -> ObjectCode:
    text, emitter = kernel_module(name)
    return ObjectCode([object_code(text, True)], emitter.rows, sorted(emitter.kernels), [f"kernel.{name}"])
