"""`Value`: the choices that it records, powers, what is out of the graph, and Values kept for reuse."""

import importlib.util
import itertools
import math
import threading
import traceback

import pytest

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, gradients, no_grad
from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.fast import pool
from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.graph import BATCHED, CHOSEN, CONSTANT, INHERITED, ORDERED, TRACED
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.value import traced
from autograd_lite.explaining.watch import Watch
from autograd_lite.support.build import is_native

# -- choices


def test_where_gives_the_branch_not_taken_the_adjoint_0():
    a, b = Value(1.0), Value(2.0)
    assert gradients(ag.where(True, a, b) * math.inf, [a, b]) == [math.inf, 0.0]


def test_where_calls_only_the_chosen_branch():
    x = Value(-1.0)
    assert ag.where(x > 0.0, lambda: ag.log(x), lambda: -x).data == 1.0
    assert ag.where(ag.less(0.0, x), lambda: ag.log(x), lambda: -x).data == 1.0
    assert gradients(ag.where(ag.less(0.0, x), lambda: ag.sqrt(x), lambda: 3.0 * x), [x]) == [3.0]
    assert not x.has_grad
    y = ag.where(x > 0.0, lambda: ag.log(x), lambda: x * 2.0)
    y.backward()
    assert (y.data, y.grad, x.grad) == (-2.0, 1.0, 2.0)


def test_the_branch_not_taken_gets_nothing():
    x, y = Value(2.0), Value(3.0)
    out = ag.where(ag.less(x, y), x * x, y * y)
    out.backward(gradient=math.inf)
    assert (x.grad, y.grad) == (math.inf, 0.0)


def test_a_program_is_refused_where_a_branch_is_missing():
    x = Value(2.0)
    y = ag.where(ag.less(x, 3.0), lambda: x * 2.0, lambda: x * 3.0)
    with pytest.raises(ValueError, match="branch"):
        ag.Program.from_values([y], [x])
    with pytest.raises(ValueError, match="frozen"):
        ag.Program.from_values([ag.where(x < 3.0, x, 2.0 * x)], [x])


# -- powers


def test_a_square_is_a_product():
    for x in (0.1, -3.3, 1e-200, 1.0000000000000002):
        v = Value(x)
        assert (v**2).data == ag.square(v).data == x * x
        assert ag.pow(x, 2) == x * x


def test_a_negative_base_with_a_fractional_exponent_is_a_value_error():
    with pytest.raises(ValueError, match=r"pow\(-8, 0.5\)"):
        Value(-8.0) ** 0.5
    with pytest.raises(ZeroDivisionError, match="pow"):
        Value(0.0) ** -1


def test_pow_in_its_exponent():
    assert gradients(ag.pow(0.0, y := Value(2.0)), [y]) == [0.0]
    assert math.isnan(gradients(ag.pow(-2.0, y := Value(2.0)), [y])[0])
    x = Value(-2.0)
    assert (x**2).partials == (-4.0, None)  # the partial in a constant exponent is never computed


def test_a_division_by_zero_tells_what_was_divided():
    for zero in (0, 0.0, Value(0.0)):
        with pytest.raises(ZeroDivisionError, match=r"div\(3, 0\)"):
            Value(3.0) / zero


# -- what is out of the graph


MAKERS = {
    "one operand": lambda x: ag.exp(x), "negative": lambda x: -x, "two": lambda x: x * x, "many": lambda x: ag.sum([x]),
    "dot": lambda x: ag.dot([x], [x]), "choice": lambda x: ag.where(True, x, x),
}  # fmt: skip


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_is_made_of_constants_is_a_constant(make):
    x = Value(2.0)
    make(x).backward()
    assert x.has_grad
    with pytest.raises(RuntimeError, match="constants alone"):
        make(x.detach()).backward()


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_other_threads_do_pauses_nothing_here(make):
    """Neither no_grad nor a trace in this thread counts in another one."""
    seen = []

    def other():
        thread = threading.Thread(target=lambda: seen.append((make(Value(2.0)).op, Value(2.0).detach().op)))
        thread.start()
        thread.join()

    def f(x):
        other()
        return x

    with no_grad():
        other()
        detached = make(Value(2.0))
    assert (detached.op, detached.data) == ("detached", make(Value(2.0)).data)
    ag.compile(f, backend="python")(1.0)
    assert seen == [(make(Value(2.0)).op, "detached")] * 2


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_a_program_computes_at_each_call_what_is_out_of_the_graph(make):
    w = Value(2.0)

    def f(x):
        with no_grad():
            inside = make(x)
        return x * (inside + make(w.detach()) + make(w).detach())

    compiled = ag.compile(ag.grad(f), backend="python")
    for w.data in (2.0, 0.5):
        assert compiled(1.0) == ag.grad(f)(1.0)


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_every_result_leaves_its_line_where_it_is_watched(make):
    x = Value(2.0)
    with Watch() as watch:
        out = make(x)
    assert watch.lines[time_of(out)].startswith(__file__)


def test_partials_are_those_of_the_row_and_none_where_nothing_flows():
    texts = lambda out, x, y, z: out / x, None, lambda out, x, y, z: out / z
    row = Primitive("mine", 3, lambda x, y, z: x * y * z, texts)
    operands = Value(2.0), Value(3.0), Value(5.0)
    assert operands[0].apply(row, operands).partials == (15.0, None, 6.0)
    assert operands[0].apply(row, (*operands[:2], 5.0)).partials == (15.0, None, None)


def test_nothing_flows_back_through_what_is_detached_in_a_program():
    out = traced(0).detach()
    assert (out.op, out.partials, out._flags & CONSTANT) == ("stop_gradient", (None,), CONSTANT)


@pytest.mark.parametrize("row", [row for row in PRIMITIVES.values() if row.arity != 0], ids=lambda row: row.name)
def test_a_result_inherits_from_any_operand(row):
    n, own = row.arity or 4, CHOSEN | ORDERED if row.name == "cond" else 0
    for i, flags in itertools.product(range(n), (0, CHOSEN, TRACED, TRACED | BATCHED)):
        operands = [Value(0.5) for _ in range(n)]
        operands[i] = traced(flags) if flags & TRACED else operands[i]
        operands[i]._flags |= flags
        with ieee_arithmetic():
            out = operands[0].apply(row, tuple(operands))
        assert out._flags & INHERITED == flags | own


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_has_no_number_is_not_computed(count):
    def refuse(*numbers):
        pytest.fail("called without numbers")

    for arity in (count, None):
        row = Primitive("mine", arity, refuse, refuse if arity is None else (refuse,) * count)
        operands = [3.0] * (count - 1)
        operands.insert(count // 2, traced(0))
        out = operands[count // 2].apply(row, tuple(operands))
        assert out.is_traced
        assert [p is None for p in out.partials] == [isinstance(x, float) for x in operands]


# -- the error for what is no Value


def test_the_way_out_is_the_one_for_what_was_given():
    with pytest.raises(TypeError, match=r"use it, or its \.data"):
        Value(Value(2.0))
    with pytest.raises(TypeError, match="make a Value of each element"):
        Value([2.0])


# -- the pool: native code keeps freed Values for reuse


@pytest.fixture
def core(monkeypatch):
    """`value` with the __del__ that plain Python leaves out, which frees without recursion by itself."""
    if is_native():
        pytest.skip("runs in all tests, and is freed in test_freeing")
    spec = importlib.util.find_spec("autograd_lite.core.value")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(pool, "POOL", pool.Pool())
    spec.loader.exec_module(module)
    addresses = {}  # as native code has them: one Value beside the other
    monkeypatch.setattr(pool, "id", lambda x: addresses.setdefault(id(x), 112 * len(addresses)), raising=False)
    yield module
    del module.Value.__del__  # what is left of them must not go to the pool of all other tests


def kept(core):
    """The free Values, in the order in which they are taken."""
    return [x for page in core.POOL.pages for x in page.nodes if x is not None]


def emptied(core):
    """Forget the free Values."""
    prototype = core.POOL.prototype
    core.POOL.__init__()
    core.POOL.prototype = prototype


def test_what_dies_is_reused_as_if_it_were_new(core):
    x = core.Value(2.0)
    for make in (lambda: -x, lambda: x * x, lambda: x.apply(ag.sum, (x, x, x)), lambda: core.Value(3.0)):
        out = make()
        out.label, out.grad = "out", 5.0
        del out
        assert [(spare.op, spare.parents) for spare in kept(core)] == [("", ())]
        latest = core.Value(1.0)
        (spare,) = kept(core)
        again = core.detached(7.0)
        assert again is spare
        assert kept(core) == []
        assert repr(again) == "Value(data=7.0, op='detached')"
        assert (again.grad, again.has_grad, again.parents, again.partials) == (0.0, False, (), ())
        assert time_of(again) > time_of(latest)
        del spare, again, latest
        emptied(core)


def test_of_a_deep_graph_every_value_is_kept_without_recursion(core, monkeypatch):
    depths, keep = set(), core.POOL.keep

    def watched(value):
        depths.add(sum(1 for _ in traceback.walk_stack(None)))
        keep(value)

    monkeypatch.setattr(core.POOL, "keep", watched)
    y = x = core.Value(1.0)
    for _ in range(3000):
        y = y * x
    core.POOL.room = 3000
    del x, y
    assert core.POOL.count == 3000  # one of 3001 finds no room
    assert not any(spare.parents for spare in kept(core))
    assert len(pool.FREEING.waiting) == pool.KEPT
    assert not pool.FREEING.busy
    assert max(depths) <= min(depths) + 2  # an operand goes inside of `free`, by a __del__ and a `free` of its own


def test_what_no_init_has_seen_is_not_kept(core):
    for flags, count in ((-113, 0), (0, 1)):  # mypyc's mark of what was never set, and what is
        x = core.Value(1.0)
        x._flags = flags
        del x
        assert len(kept(core)) == count


@pytest.mark.parametrize("name", ["op", "row", "parents", "partials", "is_traced", "has_grad"])
def test_what_is_recorded_is_not_assigned(name):
    x = Value(2.0)
    y = x * x
    before = getattr(y, name)
    with pytest.raises(AttributeError, match=f"{name} was assigned, but it is what was recorded of a Value; "):
        setattr(y, name, before)
    assert getattr(y, name) == before
