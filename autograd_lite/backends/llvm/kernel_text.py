"""The kernels of linear algebra as native code: their Python text, statement by statement, as LLVM IR.

Every variable has a place in memory, which LLVM's passes turn into registers, and innermost loops into lanes; they
change no order of additions.  A kernel takes its sizes and the addresses of its arrays, so it is compiled once in a
process, whatever the sizes.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence

import llvmlite.binding as llvm

from autograd_lite.backends.batch_order import LANES
from autograd_lite.core.table import log as log_row
from autograd_lite.program.kernels import KERNELS, ArrayKernel

from .emitters import Emitter
from .ir_text import SCALAR, SUFFIXES, VECTOR, Function, literal

ATTRIBUTES = 'attributes #0 = { nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }'
INTEGER = "i64"
ORDERS = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}
OPERATIONS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Mod: "rem"}
INTRINSICS = {"sqrt": "llvm.sqrt", "abs": "llvm.fabs"}

Typed = tuple[str, str]
"""A type, and a name or a constant of it."""


class KernelWriter:
    """Writes one kernel as a function."""

    def __init__(self, kernel: ArrayKernel, emitter: Emitter) -> None:
        self.emitter = emitter
        self.called: list[str] = []
        integers, arrays, body = kernel.syntax()
        parameters = [*[f"i64 %{x}" for x in integers], *[f"ptr noalias %{x}" for x in arrays]]
        self.f = Function(f"kernel.{kernel.name}", ", ".join(parameters), {})
        self.places: dict[str, Typed] = {}
        self.lanes: dict[str, str] | None = None  # in a loop over lanes: the variables of each
        for x in integers:
            self.assign(x, (INTEGER, f"%{x}"))
        self.statements(body)

    # -- statements

    def statements(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            getattr(self, f"on_{type(statement).__name__}")(statement)

    def assign(self, name: str, value: Typed) -> None:
        type, text = value
        if self.lanes is not None and type != INTEGER:
            self.lanes[name] = self.splat(value)
            return
        if name not in self.places:
            self.f.entry.append(f"  %{name}.place = alloca {type}")
            self.places[name] = (type, f"%{name}.place")
        self.f.do(f"store {type} {text}, ptr {self.places[name][1]}")

    def on_Expr(self, statement: ast.Expr) -> None:
        """A call of another kernel; or the docstring."""
        call = statement.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            name = call.func.id
            count, _ = KERNELS[name].counts
            parts = [f"i64 {self.value(x)[1]}" for x in call.args[:count]]
            parts += [f"ptr %{x.id}" for x in call.args[count:] if isinstance(x, ast.Name)]
            self.called.append(name)
            self.f.do(f"call void @kernel.{name}({', '.join(parts)})")

    def on_Assign(self, statement: ast.Assign) -> None:
        [target] = statement.targets
        self.store(target, self.value(statement.value))

    def on_AugAssign(self, statement: ast.AugAssign) -> None:
        source = ast.copy_location(ast.parse(ast.unparse(statement.target), mode="eval").body, statement)
        self.store(statement.target, self.value(ast.BinOp(source, statement.op, statement.value)))

    def store(self, target: ast.expr, value: Typed) -> None:
        if isinstance(target, ast.Subscript):
            type = SCALAR if self.lanes is None else VECTOR
            self.f.do(f"store {type} {self.splat(value)}, ptr {self.address(target)}, align 8")
        elif isinstance(target, ast.Name):
            self.assign(target.id, value)

    def on_If(self, statement: ast.If) -> None:
        yes, no, done = self.f.fresh("yes", "no", "done")
        self.f.branch(self.condition(statement.test), yes, no)
        self.f.label(yes)
        self.statements(statement.body)
        self.f.jump(done)
        self.f.label(no)
        self.statements(statement.orelse)
        self.f.jump(done)
        self.f.label(done)

    def on_While(self, statement: ast.While) -> None:
        head, body, done = self.f.fresh("head", "body", "done")
        self.f.jump(head)
        self.f.label(head)
        self.f.branch(self.condition(statement.test), body, done)
        self.f.label(body)
        self.statements(statement.body)
        self.f.jump(head)
        self.f.label(done)

    def on_For(self, statement: ast.For) -> None:
        """`for name in range(...)`; where its iterations are lanes, eight at a time, and then the rest."""
        assert isinstance(statement.iter, ast.Call)
        bounds = [self.value(x)[1] for x in statement.iter.args]
        start, stop, step = {1: ["0", *bounds, "1"], 2: [*bounds, "1"], 3: bounds}[len(bounds)]
        if are_lanes(statement):
            whole = self.f.integer("and", self.f.integer("sub", stop, start), -LANES)
            middle = self.f.integer("add", start, whole)
            self.lanes = {}
            self.counted(statement, start, middle, str(LANES))
            self.lanes = None
            start = self.f.value(f"select i1 {self.f.value(f'icmp sgt i64 {whole}, 0')}, i64 {middle}, i64 {start}")
        self.counted(statement, start, stop, step)

    def counted(self, statement: ast.For, start: str, stop: str, step: str) -> None:
        assert isinstance(statement.target, ast.Name)
        head, body, done = self.f.fresh("head", "body", "done")
        before = self.f.block
        self.f.jump(head)
        self.f.label(head)
        phi = len(self.f.lines)
        counter = f"%{head}.i"
        self.f.branch(self.f.value(f"icmp slt i64 {counter}, {stop}"), body, done)
        self.f.label(body)
        self.assign(statement.target.id, (INTEGER, counter))
        self.statements(statement.body)
        after = self.f.value(f"add nsw i64 {counter}, {step}")
        self.f.lines[phi:phi] = [f"  {counter} = phi i64 [ {start}, %{before} ], [ {after}, %{self.f.block} ]"]
        self.f.jump(head)
        self.f.label(done)

    # -- expressions

    def condition(self, x: ast.expr) -> str:
        if isinstance(x, ast.BoolOp):
            operation = "and" if isinstance(x.op, ast.And) else "or"
            first, *rest = [self.condition(y) for y in x.values]
            for y in rest:
                first = self.f.value(f"{operation} i1 {first}, {y}")
            return first
        assert isinstance(x, ast.Compare)
        (type, a), (_, b) = self.value(x.left), self.value(x.comparators[0])
        order = ORDERS[x.ops[0].__class__]
        if type == INTEGER:
            return self.f.value(f"icmp {order if order in ('eq', 'ne') else f's{order}'} i64 {a}, {b}")
        return self.f.compare("une" if order == "ne" else f"o{order}", SCALAR, a, b)

    def splat(self, value: Typed) -> str:
        """A number in all lanes, where there are lanes."""
        return self.f.splat(value[1]) if self.lanes is not None and value[0] == SCALAR else value[1]

    def value(self, x: ast.expr) -> Typed:
        """An expression; a whole number is made a float by adding it to one."""
        if isinstance(x, ast.Constant):
            return (INTEGER, str(x.value)) if isinstance(x.value, int) else (SCALAR, literal(float(x.value)))  # type: ignore[arg-type]
        if isinstance(x, ast.Name):
            if x.id == "nan":
                return SCALAR, literal(math.nan)
            if self.lanes is not None and x.id in self.lanes:
                return VECTOR, self.lanes[x.id]
            type, place = self.places[x.id]
            return type, self.f.value(f"load {type}, ptr {place}")
        if isinstance(x, ast.Subscript):
            type = SCALAR if self.lanes is None else VECTOR
            return type, self.f.value(f"load {type}, ptr {self.address(x)}, align 8")
        if isinstance(x, ast.UnaryOp):
            return self.operation("fneg", x.operand)
        if isinstance(x, ast.Call) and isinstance(x.func, ast.Name):
            if x.func.id in INTRINSICS:
                return self.operation(INTRINSICS[x.func.id], *x.args)
            return SCALAR, self.emitter.emit(self.f, log_row, SCALAR, [self.value(y)[1] for y in x.args])
        if isinstance(x, ast.IfExp):
            a, b = self.value(x.body)[1], self.value(x.orelse)[1]
            return SCALAR, self.f.select(self.condition(x.test), a, b, SCALAR)
        assert isinstance(x, ast.BinOp)
        return self.operation(OPERATIONS[x.op.__class__], x.left, x.right)

    def operation(self, name: str, *operands: ast.expr) -> Typed:
        values = [self.value(x) for x in operands]
        types = [type for type, _ in values]
        if set(types) == {INTEGER}:
            joined = ", ".join([text for _, text in values])
            return INTEGER, self.f.value(f"{'srem' if name == 'rem' else f'{name} nsw'} i64 {joined}")
        values = [(SCALAR, self.f.value(f"sitofp i64 {x[1]} to double")) if x[0] == INTEGER else x for x in values]
        type = VECTOR if VECTOR in types else SCALAR
        names = [self.splat(x) if type == VECTOR else x[1] for x in values]
        if name.startswith("llvm."):
            full = f"{name}.{SUFFIXES[type]}"
            self.emitter.definitions[full] = f"declare {type} @{full}({type})"
            return type, self.f.call(full, type, *names)
        return type, self.f.arithmetic(name if name == "fneg" else f"f{name}", type, *names)

    def address(self, x: ast.Subscript) -> str:
        assert isinstance(x.value, ast.Name)
        return self.f.value(f"getelementptr inbounds double, ptr %{x.value.id}, i64 {self.value(x.slice)[1]}")


def are_lanes(loop: ast.For) -> bool:
    """Whether the iterations of a loop can be lanes: each reads and writes the numbers of its own in rows.

    A variable that an iteration sets is its own too; it is not read behind the loop.
    """
    assert isinstance(loop.target, ast.Name)
    counter, own = loop.target.id, set[str]()
    for statement in loop.body:
        if not isinstance(statement, (ast.Assign, ast.AugAssign)):
            return False
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if isinstance(target, ast.Name) and isinstance(statement, ast.AugAssign):
            return False
        for x in ast.walk(statement):
            if isinstance(x, ast.Subscript) and not is_along_row(x.slice, counter):
                return False
            if isinstance(x, ast.Call) and isinstance(x.func, ast.Name) and x.func.id not in INTRINSICS:
                return False
            if isinstance(x, ast.IfExp):
                return False
        read = names_read(statement.value)
        if counter in read:
            return False  # as a number
        if isinstance(target, ast.Name):
            if target.id in read - own:
                return False
            own.add(target.id)
    return any(isinstance(x, ast.Subscript) and isinstance(x.ctx, ast.Store) for x in ast.walk(loop))


def names_read(x: ast.expr) -> set[str]:
    """The variables in an expression, but for those that index."""
    if isinstance(x, ast.Subscript):
        return set()
    inner = [y for y in ast.iter_child_nodes(x) if isinstance(y, ast.expr)]
    return {x.id} if isinstance(x, ast.Name) else set().union(*map(names_read, inner))


def is_along_row(index: ast.expr, counter: str) -> bool:
    """Whether an index is the counter, or a sum of it and something else."""
    if isinstance(index, ast.Name):
        return index.id == counter
    if not isinstance(index, ast.BinOp) or not isinstance(index.op, ast.Add):
        return False
    found = [any(isinstance(x, ast.Name) and x.id == counter for x in ast.walk(y)) for y in (index.left, index.right)]
    return found != [True, True] and any(
        inside and is_along_row(y, counter) for inside, y in zip(found, (index.left, index.right), strict=True)
    )


def in_registers(text: str) -> str:
    """The text with its variables in registers."""
    target = llvm.Target.from_triple(llvm.get_default_triple())
    machine = target.create_target_machine()
    module = llvm.parse_assembly(text)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options())
    passes = llvm.create_new_module_pass_manager()
    passes.add_sroa_pass()
    passes.add_simplify_cfg_pass()
    passes.add_instruction_combine_pass()
    passes.run(module, builder)
    return str(module)


def kernel_module(name: str) -> tuple[str, Emitter]:
    """A kernel as a module, and what it calls."""
    emitter = Emitter(False)
    writer = KernelWriter(KERNELS[name], emitter)
    emitter.kernels |= {called.removeprefix("kernel.") for called in writer.called}
    declared = [f"declare void @kernel.{other}({types_of(KERNELS[other])})" for other in sorted(emitter.kernels)]
    return in_registers("\n".join([*declared, *emitter.definitions.values(), writer.f.text(), ATTRIBUTES, ""])), emitter


def types_of(kernel: ArrayKernel) -> str:
    """The types of the parameters of a kernel as native code."""
    sizes, arrays = kernel.counts
    return ", ".join(["i64"] * sizes + ["ptr"] * arrays)
