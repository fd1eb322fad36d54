"""Mutation: one small thing in a module is made wrong, and its tests have to notice.

    python tests/mutation.py [MODULE ...]    judges the mutants, of all modules or of e.g. graph; prints survivors
    python tests/mutation.py MODULE --again  judges the survivors of the last run again

A mutant differs from the source in one operator, sign, operand, constant or condition. Each has a process of its own,
forked before the package is imported, in which the import of that module finds the mutant and pytest runs the tests
that mirror it, up to the first failure. No test may take much longer than with the right source: what hangs is
found too. Mutants that cannot be told from the source by any test are named in `survivors`, each with its reason.
"""

import ast
import copy
import json
import os
import random
import resource
import sys
import time
from importlib.machinery import SourceFileLoader
from typing import NamedTuple

import pytest
from hypothesis import Phase, settings
from project import PACKAGE, ROOT

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


# -- judging

TESTS = {
    "primitives": ["tests/test_tabulating.py", "tests/test_primitives.py"],
    "numerics": ["tests/test_numerics.py", "tests/test_tabulating.py"],
    "special": ["tests/test_special.py", "tests/test_tabulating.py"],
    "graph": ["tests/test_vectors.py", "tests/test_bulk.py", "tests/test_context.py", "tests/test_value.py",
              "tests/test_anomaly.py", "tests/test_copying.py", "tests/test_backpropagation.py",
              "tests/nn/test_dense.py", "tests/compiling/test_compiled.py", "tests/compiling/test_exactness.py"],
    "vectors": ["tests/test_vectors.py", "tests/test_bulk.py", "tests/nn/test_dense.py"],
    "backpropagation": ["tests/test_vectors.py", "tests/test_backpropagation.py", "tests/test_bulk.py",
                        "tests/test_differentials.py", "tests/test_value.py", "tests/nn/test_dense.py",
                        "tests/compiling/test_compiled.py", "tests/compiling/test_exactness.py"],
    "differentials": ["tests/test_differentials.py", "tests/test_jacobians.py", "tests/compiling/test_exactness.py",
                      "tests/test_transforms.py", "tests/test_value.py", "tests/compiling/test_compiled.py"],
    "transforms": ["tests/test_transforms.py", "tests/test_jacobians.py", "tests/compiling/test_exactness.py",
                   "tests/test_mapping.py", "tests/test_context.py", "tests/compiling/test_compiled.py"],
    "jacobians": ["tests/test_jacobians.py"],
    "mapping": ["tests/test_mapping.py"],
    "optim.rules": ["tests/optim/test_rules.py", "tests/optim/test_pytorch.py"],
    "optim.optimizer": ["tests/optim/test_rules.py", "tests/nn/test_steps.py", "tests/nn/test_running.py"],
    "optim.clipping": ["tests/optim/test_clipping.py"],
    "optim.schedules": ["tests/optim/test_schedules.py"],
}
"""The modules whose mutants are judged, and the tests that mirror them."""

BY_ROW = ("tests/test_tabulating.py", "tests/test_primitives.py")
NOT_WRONG = "not wrong and not planted"


def path_of(module):
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


def selection(module, mutant):
    """The tests to run, as arguments of pytest: those of the row, where the mutant is in a row."""
    if module != "primitives":
        return [*TESTS[module], "-k", "not depth and not deep"]  # these take seconds, a mutant at a time
    shared = "conventions or zeros or digits or constant or choice or overflows or limits"
    users = HELPERS.get(mutant.where, mutant.where)
    return [*TESTS[module], "-k", f"({users} or {shared}) and {NOT_WRONG}"]


HELPERS = {
    "products_of_others": "prod", "lower_power": "pow", "truth": "where or cond", "stable_sigmoid": "sigmoid",
    "shares": "max or min", "softmax": "logsumexp", "stable_logsumexp": "logsumexp", "decide": "pow",
}  # fmt: skip
"""The rows that use a helper of `primitives`."""


def run(module, tree, arguments):
    """In a process of its own: import the module from the tree, run the tests; the exit code of pytest."""
    name = f"autograd_lite.{module}"
    original = SourceFileLoader.get_code

    def get_code(self, fullname):
        return compile(tree, self.path, "exec") if fullname == name else original(self, fullname)

    if tree is not None:
        SourceFileLoader.get_code = get_code
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    return pytest.main(["-x", "-q", "-p", "no:cacheprovider", *arguments])


def judged(module, tree, arguments, timeout):
    """What became of a mutant: killed, hung (killed by the clock) or survived; and the seconds that took."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
            resource.setrlimit(resource.RLIMIT_CPU, (int(timeout) + 1, int(timeout) + 2))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            random.seed(0)
            code = int(run(module, tree, arguments))
        finally:
            os._exit(code)
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        seconds = time.monotonic() - start
        if done:
            break
        if seconds > 4.0 * timeout:  # asleep, in a lock perhaps
            os.kill(child, 9)
            os.waitpid(child, 0)
            return "hung", seconds
        time.sleep(0.005)
    if os.WIFSIGNALED(status):
        return "hung" if os.WTERMSIG(status) in (24, 9) else "killed", seconds
    return ("survived" if os.WEXITSTATUS(status) == 0 else "killed"), seconds


def prepare():
    """Import what every child needs, but nothing of the package; and let hypothesis neither shrink nor remember."""
    for library in ("numpy", "mpmath", "hypothesis.strategies", "hypothesis.internal.conjecture.engine"):
        __import__(library)
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("mutation", deadline=None, derandomize=True, database=None, phases=phases)
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    os.environ["AUTOGRAD_LITE_PURE"] = "1"
    assert "autograd_lite" not in sys.modules
    os.chdir(ROOT)


SHARE = {
    "numerics": 6, "special": 6, "graph": 4, "differentials": 4, "jacobians": 6, "mapping": 8, "transforms": 2,
    "optim.rules": 5,
}  # fmt: skip
"""Of these modules only every so many-th mutant is judged, for time."""


def judge_module(module, only=None, show=print):
    """The figures of a module: those of its mutants, or of the survivors of an earlier run."""
    times = {}
    figures = {"mutants": 0, "hung": 0, "survived": []}
    for i, mutant in enumerate(mutants(path_of(module).read_text(encoding="utf-8"))):
        if i % SHARE.get(module, 1):
            continue
        figures["mutants"] += 1
        if only is not None and mutant.key not in only:
            continue
        arguments = selection(module, mutant)
        key = tuple(arguments)
        if key not in times:
            verdict, times[key] = judged(module, None, arguments, 600.0)
            if verdict != "survived":
                raise RuntimeError(f"the tests {arguments} fail without any mutant; mend them first")
        verdict, _ = judged(module, mutant.tree, arguments, 3.0 * times[key] + 5.0)
        figures["hung"] += verdict == "hung"
        if verdict == "survived":
            figures["survived"].append(mutant.key)
            show(f"{module}:{mutant.line}: {mutant.key}", flush=True)
    return figures


def measure(modules=(), again=False):
    """Judge the mutants of some modules, or of all; `again` looks only at those that survived before."""
    from importlib.util import find_spec

    assert find_spec("autograd_lite") is None or "autograd_lite" not in sys.modules
    prepare()
    path = ROOT / "tests" / "figures" / "mutation.json"

    def begun():
        return json.loads(path.read_text(encoding="utf-8"))["figures"] if path.exists() else {}

    for module in modules or TESTS:
        earlier = begun()[module] if again else {"hung": 0, "seconds": 0.0, "survived": None}
        begin = time.monotonic()
        figures = judge_module(module, earlier["survived"])
        figures["hung"] += earlier["hung"]
        if again and figures["mutants"] != begun()[module]["mutants"]:
            raise RuntimeError(f"{module} has changed since its mutants were judged; judge them all, without --again")
        figures["seconds"] = time.monotonic() - begin + earlier["seconds"]
        print(module, figures["mutants"], "mutants,", len(figures["survived"]), "survived", flush=True)
        keep({**begun(), module: figures})


def keep(figures):
    """Record the figures, in a process of its own: this one never imports the package."""
    child = os.fork()
    if child == 0:
        sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
        from recording import record

        record("mutation", figures)
        os._exit(0)
    os.waitpid(child, 0)


EQUIVALENT = (
    # (what the key of a mutant holds, why no test can tell it from the source)
    ("FEW: 64 -> 65", "where arrays begin to pay: the same numbers on either side"),
    ("size > FEW -> size >= FEW", "where arrays begin to pay: the same numbers on either side"),
    ("factor < 1.0 -> factor <= 1.0", "a factor of 1 changes nothing"),
    ("BASE: 32 -> 33", "room for more uses of a node than there are"),
    ("BITS: 255 -> 256", "a mask of flags that no flag reaches"),
    ("count_uses: 0 -> 1 in `mark: i64 = 0`", "assigned before it is read"),
    ("y -> out in `(lambda out, x, y: sign(x) * copysign(1.0, y)", "the result has the sign of y"),
    ("sign(x) * copysign(1.0, y) -> sign(x) / copysign(1.0, y)", "1 and -1 are their own reciprocals"),
    ("reciprocal: 1.0 -> 2.0 in `domain", "only its sign and its being infinite count: the limit at 0"),
    ("y -> out in `(lambda out, x, y: less(y, x) + 0.5", "where they are tied, the result is both"),
    ("minimum: y -> out", "where they are tied, the result is both"),
    ("clip: high -> out", "the result is below a number exactly where high is"),
    ("relu: x -> out in", "the result is positive exactly where x is"),
    ("logaddexp: x -> y in `lowering=lambda x, y: where(equal(x, y)", "the operands are equal there"),
    ("logaddexp: x - y -> y - x in `lowering", "its absolute value is the same"),
    ("products_of_others: 1.0 -> 2.0 in `before", "written over at the end"),
    ("lower_power: not isinstance(y, Operand)", "x to the power 1 is x, to the bit"),
    ("lower_power: y -> x in `return x if not isinstance", "x to the power 1 is x, to the bit"),
    ("Node.__init__: 0.0 -> 1.0 in `self._adjoint", "every sort sets it before a pass reads it"),
    ("Node.__init__: 0.0 -> 1.0 in `self._dleft", "set with the operand, and read only beside it"),
    ("LEAF: 0 -> 1", "nothing applies the row of leaves"),
    ("< 0.25 -> abs(x - 1.4616321449683622) <= 0.25", "on the border both formulas serve"),
    ("hurwitz_zeta: 10.0 -> 11.0", "one term more before Euler and Maclaurin take over"),
    ("_cotangent_derivative: 2 -> 3", "a coefficient of 0 more"),
    ("power_limit: 53 -> 54", "between 2^53 and 2^54 every float is even"),
    ("math.copysign(INF, x) * math.copysign(1.0, y) -> math.copysign(INF, x) / ", "1 and -1 are their own reciprocals"),
    ("jacobian.all_partials: mode == 'forward' -> mode != 'forward'", "both modes give the same numbers"),
    ("check_sizes(size, len(gradients)) -> self.check_sizes(len(gradients), size)", "it compares both with a third"),
    ("Vector.__init__: True -> False in `leaves", "only speed: leaves are counted one by one"),
    ("flags & CONSTANT == 0 -> flags & CONSTANT != 0", "only speed: leaves are counted one by one"),
    ("State.__init__: 0 -> 1 in `self.tracing", "only speed: each look for a trace finds none"),
    ("weights is not None and inputs is not None -> weights is not None or inputs is not None",
     "a dot has both vectors or none"),
    ("sweep: 0 -> 1 in `mark: i64 = 0`", "assigned before it is read"),
    ("spread: extra -> node in `partials = extra.partials`", "the same partials, asked for by another way"),
    ("accumulate: other -> side in `if other.time", "a layer renews both of its vectors at one time"),
    ("either(condition, holds) -> either(holds, condition)", "or is symmetric"),
    ("fresh: RUNNING.trace is None -> RUNNING.trace is not None", "a constant, as itself or as its identity"),
    ("Optimizer.move: data -> gradients in `if isinstance(data, list)`", "both are lists, or both arrays"),
)
"""Mutants that compute the same: they are counted apart."""


def reason(key):
    """Why a surviving mutant is equivalent; empty where it is not known to be."""
    return next((why for words, why in EQUIVALENT if words in key), "")


def section(figures):
    """The lines of the page."""
    lines = [
        "One operator, sign, operand, constant or condition of a module is made wrong, and the tests that mirror the",
        "module have to fail. Equivalent mutants, which compute the same, are counted apart. For time, of some modules",
        f"not every mutant was judged: {', '.join(f'{m} 1 in {n}' for m, n in SHARE.items())}.",
        "",
        "| module | mutants | died | of these by the clock | equivalent | survived | died, of the others |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    every, died_in_all, same_in_all = 0, 0, 0
    for module, found in figures.items():
        count, alive = found["mutants"], found["survived"]
        same = sum(bool(reason(key)) for key in alive)
        died = count - len(alive)
        every, died_in_all, same_in_all = every + count, died_in_all + died, same_in_all + same
        lines.append(
            f"| {module} | {count} | {died} | {found['hung']} | {same} | {len(alive) - same} "
            f"| {died / max(count - same, 1):.1%} |"
        )
    missing = [module for module in TESTS if module not in figures]
    others = every - same_in_all
    lines += ["", f"Together: {died_in_all:,} of {others:,} died, {died_in_all / others:.1%}."]
    lines += [f"Not judged yet: {', '.join(missing)}."] if missing else []
    lines += ["", "<details><summary>The survivors</summary>", ""]
    for module, found in figures.items():
        for key in found["survived"]:
            lines.append(f"- {module}, {key.replace(' -> ', ' → ')}: {reason(key) or 'no test sees it yet'}")
    return [*lines, "", "</details>"]


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "--again"]
    measure(words, again="--again" in sys.argv)
