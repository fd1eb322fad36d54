"""The mutants of a module: its source with one small thing made wrong."""

import ast
import copy
from typing import NamedTuple

OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.Mod: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
SYMMETRIC = {"maximum", "minimum", "hypot", "equal", "logical_and", "logical_or", "min", "max", "zip", "isinstance"}
"""Functions whose two operands are not exchanged: nothing would change, or nothing would run."""


class Mutant(NamedTuple):
    where: str  # the definition that it is in
    line: int
    text: str  # before -> after
    tree: ast.Module  # mutated until the next mutant is asked for

    @property
    def key(self):
        return f"{self.where}: {self.text}"


def changes(node, names):
    """The single changes of one node, as (a function that carries it out on a copy of the node, what to show)."""
    found = []

    def change(act):
        mutated = copy.deepcopy(node)
        result = act(mutated)
        found.append(mutated if result is None else result)

    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in OTHER:
        change(lambda x: setattr(x, "op", OTHER[type(x.op)]()))
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)):
        change(lambda x: ast.BinOp(x.right, x.op, x.left))
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OTHER:
        change(lambda x: x.ops.__setitem__(0, OTHER[type(x.ops[0])]()))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        change(lambda x: x.operand)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            change(lambda x: setattr(x, "value", not x.value))
        elif isinstance(node.value, (int, float)):
            change(lambda x: setattr(x, "value", x.value + 1))
    if isinstance(node, ast.Call) and len(node.args) == 2 and not node.keywords:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name not in SYMMETRIC and not any(isinstance(x, ast.Starred) for x in node.args):
            change(lambda x: x.args.reverse())
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names and len(names) > 1:
        other = names[(names.index(node.id) + 1) % len(names)]
        change(lambda x: setattr(x, "id", other))
    if isinstance(node, (ast.If, ast.While, ast.IfExp)) and not isinstance(node.test, (ast.Compare, ast.UnaryOp)):
        change(lambda x: setattr(x, "test", ast.UnaryOp(ast.Not(), x.test)))
    if isinstance(node, (ast.AugAssign, ast.Expr)) and not is_text(node):
        change(lambda x: ast.Pass())
    return found


def is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, (ast.Constant, ast.JoinedStr))


SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "type_params"}


def mutants(source):
    """One mutant of a module after the other; what is only said to readers (messages, annotations) is left alone."""
    tree = ast.parse(source)

    def replace(parent, field, index, new):
        if index is None:
            setattr(parent, field, new)
        else:
            getattr(parent, field)[index] = new

    def walk(node, parent, field, index, where, names):
        if isinstance(node, (ast.Raise, ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Assert)) or is_text(node):
            return
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id[0].isupper():
            return  # a type
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if node.name in ("__repr__", "__str__", "complaint", "row"):
                return
            where = f"{where}.{node.name}".lstrip(".")
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and not where:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                where = target.id
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            names = [a.arg for a in node.args.args if a.arg not in ("self", "cls")] or names
        if parent is not None:
            for new in changes(node, names):
                if isinstance(node, (ast.If, ast.While)):
                    before, after = ast.unparse(node.test), ast.unparse(new.test)
                else:
                    before, after = ast.unparse(node), ast.unparse(new)
                ast.copy_location(new, node)
                ast.fix_missing_locations(new)
                replace(parent, field, index, new)
                context = line_of(source, node)
                yield Mutant(where, node.lineno, f"{before} -> {after} in `{context}`", tree)
                replace(parent, field, index, node)
        for name, value in ast.iter_fields(node):
            if name in SKIPPED_FIELDS or (isinstance(node, ast.keyword) and node.arg in ("strict", "formula")):
                continue
            for i, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.AST):
                    yield from walk(child, node, name, i, where, names)

    yield from walk(tree, None, "", None, "", [])


def line_of(source, node):
    text = source.splitlines()[node.lineno - 1].strip()
    return text if len(text) <= 100 else text[:97] + "..."
