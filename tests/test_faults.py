"""Faults: memory that is exhausted, Ctrl-C at any line, files that are anything. Afterwards all is whole."""

import copy
import dis
import json
import random
import signal
import sys
import threading
from builtins import compile as compile_source
from linecache import getline
from types import CodeType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from project import PACKAGE, ran

import autograd_lite as ag
from autograd_lite import Program, Value, compile, dot, grad, nn, tanh
from autograd_lite.nn.model_files import load, save
from autograd_lite.support import build as native

# -- memory that is exhausted


def run(code, *arguments):
    return ran("-X", "faulthandler", "-c", code, *arguments).stdout


EVERY_ALLOCATION = """
import sys, threading
import _testcapi
import autograd_lite as ag
from autograd_lite import Value

def build(x, y):
    z = x * y + ag.tanh(x)
    z = z ** 2 - y / x + ag.sum([x, y, z]) + ag.dot([x, z], [y, y])
    return ag.where(x, z, y) + 3.0

def attempts(action, forever):
    '''Let the first, second, ... piece of memory that the action asks for fail, alone or with all that follow.'''
    for start in range(5000):
        _testcapi.set_nomemory(start, start + (100_000 if forever else 1))
        try:
            action()
            done = True
        except MemoryError:
            done = False
        finally:
            _testcapi.remove_mem_hooks()
        yield done
        if done:
            return
    raise AssertionError("it never succeeded")

x, y = Value(0.5), Value(1.5)
z = build(x, y)
want = ag.gradients(z, [x, y])
ag.gradients(z, [x, y], create_graph=True)  # the first mode that is set makes the context of the thread
failures = 0
settable = sys.argv[1] == "settable"
for forever in (False, True):
    for done in attempts(lambda: build(x, y), forever):
        failures += not done
        assert ag.gradients(build(x, y), [x, y]) == want
    for done in attempts(z.backward, forever):
        failures += not done
        if not done:
            assert (x.grad, y.grad) == (0.0, 0.0)
    assert [x.grad, y.grad] == want
    x.zero_grad(), y.zero_grad()
    if forever and not settable:
        continue  # what follows sets modes, which are context variables
    for done in attempts(lambda: ag.gradients(z, [x, y], create_graph=True), forever):
        failures += not done
    for done in attempts(lambda: ag.hessian(lambda v: ag.tanh(v[0]) * v[1])([0.5, 1.5]), forever):
        failures += not done
thread = threading.Thread(target=z.backward)  # the lock of the passes is free again
thread.start()
thread.join(10.0)
assert not thread.is_alive()
print(failures)
"""


INNER_FUNCTION = """
import sys
import _testcapi

def f():
    return lambda: 1

code = f.__code__.co_consts[1]
before = sys.getrefcount(code)
for start in range(5):
    _testcapi.set_nomemory(start, start + 1)
    try:
        f()
    except MemoryError:
        pass
    finally:
        _testcapi.remove_mem_hooks()
print(sys.getrefcount(code) - before)
"""


CONTEXT_VARIABLE = """
import contextvars
import _testcapi

variable = contextvars.ContextVar("variable")
variable.set(-1)
for start in range(20):
    _testcapi.set_nomemory(start, start + 100_000)
    try:
        variable.set(start)
    except MemoryError:
        pass
    finally:
        _testcapi.remove_mem_hooks()
"""


PURE_ALONE = pytest.mark.skipif(
    native.is_native(), reason="natively, exhausted memory may end the process (mypyc's code does not expect it)"
)


@PURE_ALONE
def test_memory_may_fail_at_any_allocation():
    pytest.importorskip("_testcapi")
    if run(INNER_FUNCTION) != "0\n":
        pytest.skip("this Python releases the code of an inner function twice where it finds no memory for it")
    # Some Pythons crash where there is no memory both for the token of a context variable and for what it is set to.
    settable = ran("-c", CONTEXT_VARIABLE, check=False).returncode != -signal.SIGSEGV
    assert int(run(EVERY_ALLOCATION, "settable" if settable else "not settable")) > 50


EXHAUSTED = """
import resource, sys
import autograd_lite as ag
from autograd_lite import Value
x = Value(1.0)
y = x
for _ in range(20_000):
    y = y * 0.5 + x
del y  # the stack has grown to what that takes in pure Python: it could not any more when nothing is left
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + int(sys.argv[1]), resource.RLIM_INFINITY))
y, n = x, 0
try:
    while True:
        y = y * 0.999999 + x
        n += 1
except MemoryError:
    pass
assert x.grad == 0.0
try:
    y.backward()
except MemoryError:
    assert x.grad == 0.0
del y
x.zero_grad()
z = x * x
z.backward()
assert x.grad == 2.0
y = x
for _ in range(n // 4):
    y = y * 0.5 + x
y.backward()
assert abs(x.grad - 4.0) < 1e-9, x.grad
y, failures = x, 0
for _ in range(n // 4):
    y = y * 0.5 + ag.tanh(x)
try:
    while True:  # each slope is a larger graph than the one before
        (y,) = ag.gradients(y, [x], create_graph=True)
except (MemoryError, SystemError):  # the second is CPython 3.11's word where a frame finds no memory
    failures += 1
assert failures == 1
del y
assert ag.hessian(lambda v: v[0] ** 3)([1.0]) == [[6.0]]
print("whole", n)
"""


MAKE_OR_WALK_GRAPHS = [
    "core.primitives", "core.value", "core.fast.pool", "core.fast.vectors", "core.fast.sweeps", "core.reverse",
    "core.fast.layers", "core.contexts.variables", "core.contexts.scopes", "core.contexts.modes",
    "core.abstract.tracers", "core.create_graph", "core.graph", "core.recording",
    "core.copying", "transforms.branches", "transforms.forward_mode",
    "transforms.custom_rules", "transforms.differentiation", "transforms.jacobians", "transforms.batching",
    "program.flattening", "program.simplification", "program.tracing", "program.make_program",
    "backends.compiled", "nn.dense", "nn.regularisation", "nn.steps", "nn.training_run", "nn.training",
    "optim.optimizer",
]  # fmt: skip


@pytest.mark.parametrize("name", MAKE_OR_WALK_GRAPHS)
def test_functions_that_clean_up_are_short(name):
    """Before CPython (3.11 to 3.13) runs the end of a `with`, or a handler that may raise, it makes an int of the
    place in the function; if no memory is left for that, it tries again for ever.  Up to 256 it has all ints ready."""
    path = PACKAGE / f"{name.replace('.', '/')}.py"
    late = [
        f"{code.co_qualname} at {entry.end // 2}"
        for code in codes(compile_source(path.read_text(encoding="utf-8"), str(path), "exec"))
        for entry in dis._parse_exception_table(code)
        if entry.lasti and entry.end // 2 > 257
    ]
    assert not late, f"functions of {name} may hang where memory is exhausted: {late}; make them shorter"


def codes(code):
    """A piece of compiled code, and those inside of it."""
    yield code
    for x in code.co_consts:
        if isinstance(x, CodeType):
            yield from codes(x)


@PURE_ALONE
@pytest.mark.skipif(sys.platform != "linux", reason="the limit of the address space is Linux's")
@pytest.mark.parametrize("megabytes", [10, 27])
def test_a_graph_that_fills_the_memory_goes_and_leaves_all_whole(megabytes):
    assert run(EXHAUSTED, str(megabytes * 1_000_000)).startswith("whole")


SAVED = """
import resource, sys
from autograd_lite import Value, nn
model = nn.MLP(2, [3, 1], rng=0)
nn.save(model, sys.argv[1])
y = Value(1.0)
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 20_000_000, resource.RLIM_INFINITY))
while True:
    for _ in range(1000):
        y = y * 0.999999
    nn.save(model, sys.argv[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of the address space is Linux's")
def test_files_are_whole_whatever_exhausted_memory_does_to_the_process(tmp_path):
    path = tmp_path / "model.json"
    assert ran("-c", SAVED, str(path), check=False).returncode != 0
    load(nn.MLP(2, [3, 1]), path)  # raises ValueError where anything is missing or damaged


# -- Ctrl-C


@pytest.mark.skipif(native.is_native(), reason="compiled code has no lines to be interrupted at")
def test_ctrl_c_at_any_line_of_backward_changes_no_leaf_or_all():
    """An interrupt at every line that a pass runs, one after the other."""
    x, y = Value(0.5), Value(1.5)
    z = tanh(x * y) + ag.sum([x, y, x * x]) + dot([x, y], [y, y])
    want = ag.gradients(z, [x, y])

    def interrupted(at):
        """Whether the pass ended before so many lines."""
        seen = [0]

        def trace(frame, event, argument):
            text = getline(frame.f_code.co_filename, frame.f_lineno).strip()
            if event != "line" or text.startswith("with ") or text == "try:":
                return trace  # Python looks for Ctrl-C within a `with`, not at its ends
            seen[0] += 1
            if seen[0] == at:
                sys.settrace(None)
                raise KeyboardInterrupt
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            z.backward()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False

    at = 1
    while interrupted(at):
        assert [x.grad, y.grad] in ([0.0, 0.0], want), at
        x.zero_grad()
        y.zero_grad()
        at += 1
    assert at > 50
    assert [x.grad, y.grad] == want
    thread = threading.Thread(target=z.backward)  # the lock is free
    thread.start()
    thread.join(10.0)
    assert not thread.is_alive()
    assert [x.grad, y.grad] == [2.0 * g for g in want]


def alarmed(seconds, action):
    """Run an action, with a Ctrl-C after so many seconds; whether it came before the end."""

    def press(*_):
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGALRM, press)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        action()
        return False
    except KeyboardInterrupt:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


DRAW = random.Random(0)
X = [[DRAW.uniform(-1, 1), DRAW.uniform(-1, 1)] for _ in range(40)]
Y = [a * b for a, b in X]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_fit_goes_on_to_the_same_numbers_wherever_ctrl_c_came(tmp_path, compiled):
    def train(model, **options):
        return nn.fit(model, X, Y, loss="mse", optimizer="adam", epochs=6, batch_size=3, rng=7, progress=False,
                      compile=compiled, **options)  # fmt: skip

    def network():
        return nn.MLP(2, [3, 1], rng=1)

    whole = network()
    train(whole)
    path, interrupts = tmp_path / "run.json", 0
    for seconds in (0.002, 0.011, 0.017, 0.023):
        model = network()
        interrupts += alarmed(seconds, lambda model=model: train(model, checkpoint=path))
    model = network()
    train(model, checkpoint=path)
    assert model.state_dict() == whole.state_dict()
    assert interrupts or not compiled


# -- files that are anything

ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 10), st.sampled_from([10**9, 10**30, -1, 2**63]), st.floats(),
        st.sampled_from(["", "add", "constant", "__import__('os')", "nan", "0x1p99999", "%0", "batch_sum", "é" * 50]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=5,
)  # fmt: skip


def places(document, path=()):
    """The way to every part of a document."""
    yield path
    if isinstance(document, dict):
        for key, part in document.items():
            yield from places(part, (*path, key))
    elif isinstance(document, list):
        for i, part in enumerate(document):
            yield from places(part, (*path, i))


@st.composite
def damaged(draw, document):
    """The document with some of its parts replaced, left out, doubled or exchanged."""
    document = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([path for path in places(document) if path]))
        holder = document
        for step in path[:-1]:
            holder = holder[step]
        kind = draw(st.sampled_from(["replace", "replace", "leave out", "double", "exchange"]))
        if kind == "leave out":
            del holder[path[-1]]
        elif kind == "double" and isinstance(holder, list):
            holder.insert(path[-1], copy.deepcopy(holder[path[-1]]))
        elif kind == "exchange" and isinstance(holder, list):
            other = draw(st.integers(0, len(holder) - 1))
            holder[path[-1]], holder[other] = holder[other], holder[path[-1]]
        else:
            holder[path[-1]] = draw(ANYTHING)
        if not any(path for path in places(document) if path):
            break
    return document


FORBIDDEN = ("exec", "compile", "import", "os.", "subprocess.", "socket.", "pickle.", "ctypes.", "shutil.", "marshal.")
WATCHING = threading.local()


def watch(event, arguments):
    if getattr(WATCHING, "seen", None) is not None and event.startswith(FORBIDDEN):
        WATCHING.seen.append((event, arguments))


sys.addaudithook(watch)


def is_refused_or_read(read):
    """What was read; None where it was refused in three beats, with nothing executed on the way."""
    WATCHING.seen, words = [], ";"
    try:
        result = read()
    except ValueError as error:
        result, words = None, str(error)
    finally:
        seen, WATCHING.seen = WATCHING.seen, None
    assert not seen
    assert ";" in words, words
    return result


def loss(w, x):
    return tanh(dot(w, x)) - ag.where(ag.less(w[0], 0.0), w[1], 2.5)


PROGRAM = json.loads(compile(grad(loss), backend="python").trace([1.0, 2.0], [3.0, 4.0]).to_json())


def test_an_audit_would_see_what_is_executed():
    WATCHING.seen = []
    eval("1 + 1")
    seen, WATCHING.seen = WATCHING.seen, None
    assert seen


@pytest.mark.thorough
@settings(max_examples=150)
@given(damaged(PROGRAM))
def test_any_program_is_refused_or_runs(document):
    text = json.dumps(document)
    program = is_refused_or_read(lambda: Program.from_json(text))
    if program is not None and program.size < 1000 and len(program.arguments) < 20:
        str(program)
        program.stats()
        program.source("python")
        assert Program.from_json(program.to_json()).to_json() == program.to_json()


@settings(max_examples=80)
@given(st.data())
def test_any_text_is_refused(data):
    text = json.dumps(PROGRAM)
    start, stop = sorted(data.draw(st.integers(0, len(text))) for _ in range(2))
    text = text[:start] + data.draw(st.text(max_size=8)) + text[stop:]
    is_refused_or_read(lambda: Program.from_json(text))


def model_document(path):
    save(nn.MLP(2, [2, 1], rng=0), path)
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


@pytest.mark.thorough
@settings(max_examples=80)
@given(st.data())
def test_any_file_of_a_model_is_refused_and_the_model_stays(folder, data):
    document = data.draw(damaged(model_document(folder / "model.json")))
    (folder / "damaged.json").write_text(json.dumps(document))
    model = nn.MLP(2, [2, 1], rng=1)
    before = model.state_dict()
    if is_refused_or_read(lambda: load(model, folder / "damaged.json")) is None:
        assert model.state_dict() == before
    else:
        assert all(isinstance(x, float) for x in model.state_dict().values())


def training(model, path, epochs):
    """Training with a file, and all that the file may change."""
    optimizer = ag.optim.Adam(model.parameters(), lr=0.05)
    draw = random.Random(3)
    nn.fit(model, X[:9], Y[:9], loss="mse", optimizer=optimizer, epochs=epochs, batch_size=4, rng=draw,
           progress=False, checkpoint=path)  # fmt: skip
    return optimizer, draw


@pytest.mark.thorough
@settings(max_examples=150)
@given(st.data())
def test_any_checkpoint_is_refused_and_all_stays(folder, data):
    path = folder / "run.json"
    if not path.exists():
        training(nn.MLP(2, [2, 1], rng=1), path, 1)
    document = data.draw(damaged(json.loads(path.read_text())))
    changed = folder / "changed.json"
    changed.write_text(json.dumps(document))
    model = nn.MLP(2, [2, 1], rng=1)
    before = model.state_dict()
    if is_refused_or_read(lambda: training(model, changed, 1)) is None:
        assert model.state_dict() == before


def test_a_best_state_that_lacks_a_name_is_refused_at_once(folder):
    """It used to be found at the end of the run, when the best state is put back."""
    path = folder / "best.json"
    training(nn.MLP(2, [2, 1], rng=1), path, 1)
    document = json.loads(path.read_text())
    document["best"] = dict(list(document["model"].items())[1:])
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="its best state has other names"):
        training(nn.MLP(2, [2, 1], rng=1), path, 1)


@pytest.mark.thorough
@settings(max_examples=150)
@given(st.data())
def test_any_state_is_refused_and_the_model_stays(data):
    model = nn.MLP(2, [2, 1], rng=1)
    before = model.state_dict()
    state = data.draw(damaged(before))
    try:
        model.load_state_dict(state)
    except (KeyError, TypeError, ValueError):
        assert model.state_dict() == before
    else:
        assert all(isinstance(x, float) for x in model.state_dict().values())
