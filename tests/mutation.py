"""Mutation: one small thing in a module is made wrong, and its tests have to notice.

    python tests/mutation.py [MODULE ...]    judges the mutants, of all modules or of e.g. graph; prints survivors
    python tests/mutation.py MODULE --again  judges the survivors of the last run, and mutants of what has changed since
    python tests/mutation.py MODULE --sample 40  judges so many mutants of each module, drawn at random

Every mutant (see `mutants`) has a process of its own, forked before the package is imported, in which the import of
that module finds the mutant and pytest runs the tests that mirror it, up to the first failure: first those that have
killed most mutants for their time. No test may take much longer than with the right source: what hangs is found too.
Mutants that cannot be told from the source by any test are named in `equivalents`, each with its reason.
"""

import argparse
import datetime
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from importlib.machinery import SourceFileLoader

os.environ["HYPOTHESIS_NO_PLUGINS"] = "1"  # where the package is installed, hypothesis would import it

import pytest
from equivalents import reason
from hypothesis import Phase, settings
from mutants import mutants
from project import PACKAGE, ROOT

FAMILIES = ("arithmetic", "choices", "exponentials", "sequences", "special", "trigonometry")
BY_ROW = ["tests/core/test_tabulating.py", "tests/core/test_table.py", "tests/core/test_create_graph.py"]

TESTS = {
    **{f"core.table.{family}": BY_ROW for family in FAMILIES},
    "core.table.float_values": ["tests/core/table/test_float_values.py", "tests/core/test_tabulating.py"],
    "core.table.special_functions": ["tests/core/table/test_special_functions.py", "tests/core/test_tabulating.py"],
    "core.table.definition_reader": [
        "tests/core/table/test_definition_reader.py",
        "tests/core/table/test_definitions.py",
    ],
    "core.graph": [
        "tests/core/fast/test_vectors.py",
        "tests/core/fast/test_layers.py",
        "tests/core/test_modes.py",
        "tests/core/test_value.py",
        "tests/transforms/test_batching.py",
        "tests/core/test_primitives.py",
        "tests/explaining/test_anomaly.py",
        "tests/core/test_copying.py",
        "tests/core/test_reverse.py",
        "tests/nn/test_dense.py",
        "tests/backends/test_compiled.py",
        "tests/backends/test_exactness.py",
    ],
    "core.fast.pool": ["tests/core/fast/test_pool.py"],
    "core.value": [
        "tests/core/test_value.py",
        "tests/core/test_modes.py",
        "tests/core/test_operators.py",
        "tests/core/test_reverse.py",
        "tests/core/test_copying.py",
        "tests/explaining/test_anomaly.py",
        "tests/transforms/test_batching.py",
        "tests/backends/test_compiled.py",
    ],
    "core.methods.attributes": ["tests/core/test_attributes.py", "tests/core/test_value.py"],
    "core.operators": ["tests/core/test_operators.py", "tests/core/test_value.py", "tests/backends/test_compiled.py"],
    "core.copying": ["tests/core/test_copying.py", "tests/support/test_files.py"],
    "core.contexts.modes": ["tests/core/test_modes.py", "tests/explaining/test_anomaly.py"],
    "core.fast.layers": [
        "tests/core/fast/test_layers.py",
        "tests/core/fast/test_vectors.py",
        "tests/core/test_modes.py",
        "tests/nn/test_dense.py",
    ],
    "program.simplification": ["tests/program/test_simplification.py"],
    "program.flattening": ["tests/program/test_flattening.py"],
    "program.rolling": ["tests/program/test_rolling.py"],
    "program.repetitions": ["tests/program/test_rolling.py"],
    "program.fingerprint": ["tests/program/test_fingerprint.py", "tests/backends/test_machine_code.py"],
    "program.fast_arguments": ["tests/program/test_fast_arguments.py"],
    "support.code_cache": ["tests/support/test_code_cache.py", "tests/backends/test_machine_code.py"],
    "backends.llvm.machine_code": ["tests/backends/test_machine_code.py"],
    "backends.llvm.definition_code": ["tests/core/table/test_definition_reader.py"],
    "backends.llvm.loops_in_registers": ["tests/backends/test_loops_in_registers.py"],
    "backends.fixed_calls": ["tests/backends/test_fixed_calls.py"],
    "backends.float32": ["tests/backends/test_float32.py"],
    "drawing.unfolding": ["tests/drawing/test_unfolding.py"],
    "transforms.branches": ["tests/transforms/test_branches.py"],
    "backends.batch_order": ["tests/backends/test_batch_order.py"],
    "backends.python": ["tests/backends/test_python.py"],
    "backends.source_text": [
        "tests/backends/test_source_text.py",
        "tests/backends/test_python.py",
        "tests/backends/test_arrays.py",
    ],
    "backends.arrays": ["tests/backends/test_arrays.py", "tests/backends/test_array_rows.py"],
    "core.fast.vectors": [
        "tests/core/fast/test_vectors.py",
        "tests/core/fast/test_layers.py",
        "tests/nn/test_dense.py",
    ],
    "core.fast.flat_order": ["tests/core/fast/test_flat_order.py"],
    "core.fast.sweeps": [
        "tests/core/test_reverse.py",
        "tests/core/fast/test_vectors.py",
        "tests/core/fast/test_layers.py",
        "tests/core/test_value.py",
    ],
    "core.reverse": [
        "tests/core/fast/test_vectors.py",
        "tests/core/test_reverse.py",
        "tests/core/fast/test_layers.py",
        "tests/core/test_create_graph.py",
        "tests/core/test_value.py",
        "tests/nn/test_dense.py",
        "tests/backends/test_compiled.py",
        "tests/backends/test_exactness.py",
    ],
    "core.create_graph": [
        "tests/core/test_create_graph.py",
        "tests/transforms/test_jacobians.py",
        "tests/backends/test_exactness.py",
        "tests/transforms/test_differentiation.py",
        "tests/transforms/test_batching.py",
        "tests/core/test_value.py",
        "tests/backends/test_compiled.py",
    ],
    "transforms.differentiation": [
        "tests/transforms/test_differentiation.py",
        "tests/transforms/test_jacobians.py",
        "tests/backends/test_exactness.py",
        "tests/transforms/test_batching.py",
        "tests/core/test_modes.py",
        "tests/backends/test_compiled.py",
    ],
    "transforms.jacobians": ["tests/transforms/test_jacobians.py", "tests/transforms/test_batching.py"],
    "transforms.batching": ["tests/transforms/test_batching.py"],
    "optim.rules": ["tests/optim/test_rules.py", "tests/optim/test_pytorch.py"],
    "optim.optimizer": ["tests/optim/test_rules.py", "tests/nn/test_steps.py", "tests/nn/test_training_run.py"],
    "optim.clipping": ["tests/optim/test_clipping.py"],
    "optim.schedules": ["tests/optim/test_schedules.py"],
    "optim.compiled_rules": ["tests/optim/test_compiled_rules.py"],
    "control.loops": ["tests/control/test_loops.py", "tests/control/test_recomputation.py"],
    **{
        f"control.{name}": ["tests/control/test_array_expressions.py"]
        for name in ("adding_order", "array_expressions", "array_sums")
    },
    **{
        f"control.{name}": ["tests/linalg/test_linalg.py", "tests/linalg/test_opened.py"]
        for name in ("array_algebra", "array_rules")
    },
    "control.switching": ["tests/control/test_switching.py", "tests/transforms/test_branches.py"],
    "control.gathering": ["tests/control/test_gathering.py"],
    "control.differential_equations": ["tests/control/test_differential_equations.py"],
    "control.recomputation": ["tests/control/test_recomputation.py"],
    "control.step_graphs": [
        "tests/control/test_loops.py",
        "tests/control/test_calls.py",
        "tests/control/test_maps.py",
        "tests/transforms/test_branches.py",
    ],
    "control.calls": ["tests/control/test_calls.py"],
    "program.lazy_branches": ["tests/program/test_lazy_branches.py", "tests/transforms/test_branches.py"],
    "linalg.systems": ["tests/linalg/test_systems.py", "tests/linalg/test_linalg.py"],
    "linalg.factorisations": ["tests/linalg/test_factorisations.py", "tests/linalg/test_linalg.py"],
    "sparse.colouring": ["tests/sparse/test_colouring.py", "tests/sparse/test_sparse_functions.py"],
    "sparse.patterns": ["tests/sparse/test_patterns.py", "tests/sparse/test_sparse_functions.py"],
}
"""The modules whose mutants are judged, and the tests that mirror them."""

NOT_WRONG = "not wrong and not planted"

EVERY = "not notebook and not long and not browser and not packages"
"""The tests that judge a mutant, those with the marker `thorough` too."""


def path_of(module):
    path = PACKAGE.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def selection(module, mutant):
    """The tests to run, as arguments of pytest: those of the row, where the mutant is in a row."""
    if TESTS[module] is not BY_ROW:
        long = ("of_depth", "of_deep_graphs", "nodes_deep")  # these take seconds, a mutant at a time
        return [*TESTS[module], "-k", " and ".join(f"not {name}" for name in long)]
    shared = "conventions or zeros or digits or constant or choice or overflows or limits"
    users = HELPERS.get(mutant.where, mutant.where)
    return [*TESTS[module], "-k", f"({users} or {shared}) and {NOT_WRONG}"]


HELPERS = {
    "products_of_others": "prod", "lower_power": "pow", "truth": "where or cond", "stable_sigmoid": "sigmoid",
    "shares": "max or min", "softmax": "logsumexp", "stable_logsumexp": "logsumexp", "decide": "pow",
    "zero_with_slopes": "pow",
}  # fmt: skip
"""The rows that use a helper of `primitives`."""


class Judges:
    """The tests of a module: how long each took with the right source, and how many mutants it has killed.

    A plugin of pytest: it sorts the tests, and notes each as it begins and ends in a file that parent and child share.
    """

    def __init__(self):
        self.seconds, self.killed = {}, {}

    def rank(self, item):
        return -(self.killed.get(item.nodeid, 0) + 0.1) / self.seconds.get(item.nodeid, 1.0)

    def pytest_collection_modifyitems(self, items):
        items.sort(key=self.rank)

    def pytest_runtest_logstart(self, nodeid):
        self.note(nodeid)

    def pytest_runtest_logfinish(self, nodeid):
        self.note(nodeid)

    def note(self, nodeid):
        os.write(self.notes.fileno(), json.dumps([nodeid, time.monotonic()]).encode() + b"\n")

    def __enter__(self):
        self.notes = tempfile.TemporaryFile()
        return self

    def __exit__(self, *_):
        self.notes.close()

    def learn(self, verdict):
        """From what the child noted: the times where all passed, or which test came last."""
        self.notes.seek(0)
        notes = [json.loads(line) for line in self.notes]
        if verdict == "survived":
            laps = zip(notes[::2], notes[1::2], strict=True)
            self.seconds = {test: max(end - start, 1e-3) for (test, start), (_, end) in laps}
        elif notes:
            test, _ = notes[-1]
            self.killed[test] = self.killed.get(test, 0) + 1


def run(module, tree, arguments, judges):
    """In a process of its own: import the module from the tree, run the tests; the exit code of pytest."""
    name = f"autograd_lite.{module}"
    original = SourceFileLoader.get_code

    def get_code(self, fullname):
        return compile(tree, self.path, "exec") if fullname == name else original(self, fullname)

    if tree is not None:
        SourceFileLoader.get_code = get_code
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    # where the package is installed as a plugin of pytest, that would load it from its source to rewrite assertions
    quick = ["-x", "-q", "-m", EVERY, "-p", "no:cacheprovider", "--assert=plain"]
    return pytest.main([*quick, *arguments], plugins=[judges])


def judged(module, tree, arguments, timeout, judges):
    """What became of a mutant: killed, hung (killed by the clock) or survived; and the seconds that took."""
    with judges:
        verdict, seconds = outcome(lambda: run(module, tree, arguments, judges), timeout)
        judges.learn(verdict)
    return verdict, seconds


def outcome(task, timeout):
    """What became of a task of pytest in a process of its own, and the seconds that took."""
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
            code = int(task())
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
    os.environ["AUTOGRAD_LITE_CACHE"] = "0"  # which may have what the right source has compiled
    sys.dont_write_bytecode = False  # or every child compiles the whole package
    assert "autograd_lite" not in sys.modules
    os.chdir(ROOT)


def git(*words):
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True, cwd=ROOT).stdout


def killed_before(earlier):
    """The mutants that died in an earlier run: tests that were there then have only been joined by others."""
    if earlier is None or "source" not in earlier:
        return set()
    return {mutant.key for mutant in mutants(git("cat-file", "blob", earlier["source"]))} - {*earlier["survived"]}


def judge_module(module, earlier=None, show=print, sample=None):
    """The figures of a module; with those of an earlier run, only its survivors and what is new are judged."""
    juries = {}
    path = path_of(module)
    figures = {"mutants": 0, "hung": earlier["hung"] if earlier else 0, "survived": []}
    figures["source"] = git("hash-object", "-w", str(path)).strip()
    known, source = killed_before(earlier), path.read_text(encoding="utf-8")
    drawn = range(every := sum(1 for _ in mutants(source)))
    if sample is not None and sample < every:
        drawn, figures["of"] = {*random.Random(module).sample(drawn, sample)}, every
    for k, mutant in enumerate(mutants(source)):
        if k not in drawn:
            continue
        figures["mutants"] += 1
        if mutant.key in known:
            continue
        arguments = selection(module, mutant)
        key = tuple(arguments)
        if key not in juries:
            judges = Judges()
            juries[key] = judges, right(module, arguments, judges)
        judges, seconds = juries[key]
        verdict, _ = judged(module, mutant.tree, arguments, 3.0 * seconds + 5.0, judges)
        figures["hung"] += verdict == "hung"
        if verdict == "survived":
            figures["survived"].append(mutant.key)
            show(f"{module}:{mutant.line}: {mutant.key}", flush=True)
    for key, (judges, _) in juries.items():
        right(module, list(key), judges)  # in the order that has come of it, too
    return figures


def right(module, arguments, judges):
    """The seconds that the tests take with the right source, where they have to pass."""
    verdict, seconds = judged(module, None, arguments, 600.0, judges)
    if verdict != "survived":
        raise RuntimeError(f"the tests {arguments} fail without any mutant; mend them first")
    return seconds


def measure(modules=(), again=False, sample=None):
    """Judge the mutants of some modules, or of all; `again` looks only at survivors, and at what is new."""
    from importlib.util import find_spec

    assert find_spec("autograd_lite") is None or "autograd_lite" not in sys.modules
    prepare()
    path = ROOT / "tests" / "figures" / "mutation.json"

    def begun():
        return json.loads(path.read_text(encoding="utf-8"))["figures"] if path.exists() else {}

    for module in modules or TESTS:
        earlier = begun()[module] if again else None
        begin = time.monotonic()
        figures = judge_module(module, earlier, sample=sample)
        figures["seconds"] = time.monotonic() - begin + (earlier["seconds"] if earlier else 0.0)
        figures["date"] = f"{datetime.datetime.now():%Y-%m-%d %H:%M}"
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


def section(figures):
    """The lines of the page."""
    lines = [
        "One operator, sign, operand, constant or condition of a module is made wrong, and the tests that mirror the",
        "module have to fail. Equivalent mutants, which compute the same, are counted apart.",
        "",
        "| module | mutants | died | of these by the clock | equivalent | survived | died, of the others | judged |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    every, died_in_all, same_in_all = 0, 0, 0
    for module, found in figures.items():
        count, alive = found["mutants"], found["survived"]
        same = sum(bool(reason(key)) for key in alive)
        died = count - len(alive)
        of = f" of {found['of']}" if "of" in found else ""
        every, died_in_all, same_in_all = every + count, died_in_all + died, same_in_all + same
        lines.append(
            f"| {module} | {count}{of} | {died} | {found['hung']} | {same} | {len(alive) - same} "
            f"| {died / max(count - same, 1):.1%} | {found['date']} |"
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
    parser = argparse.ArgumentParser(description="Judge mutants.")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--sample", type=int)
    asked = parser.parse_args()
    measure(asked.modules, asked.again, asked.sample)
