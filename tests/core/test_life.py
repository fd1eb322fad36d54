"""The life of graphs, as hypothesis invents it: whatever happens, the library does what the naive model does.

Build, differentiate, again, clear, assign, detach, pause, pickle, copy, compile, drop, from several threads.
Numbers are small and whole, so that sums have no rounding and no order: all comparisons are exact.
"""

import copy
import gc
import pickle
import sys
import threading
from contextlib import contextmanager, nullcontext

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from naive import ROWS, Naive, apply
from programs import interpreted

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Program, Value, gradients, no_grad, value_and_grad
from autograd_lite.core.fast.layers import dots, vector

LARGE = 1000
EXACT = 2**40
small = st.integers(-3, 3)
UNARY = sorted(name for name, (_, partials) in ROWS.items() if partials.__code__.co_argcount == 1 and name != "sum")
BINARY = ["add", "sub", "mul", "maximum", "less"]
COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda x: pickle.loads(pickle.dumps(x))}


def library(op, xs):
    """A row of the library, on Values and numbers."""
    if op == "dot":
        return ag.dot(xs[:2], xs[2:])
    return PRIMITIVES[op](xs) if op == "sum" else PRIMITIVES[op](*xs)


def in_threads(count, work):
    """Run work in several threads at once, which take turns as often as Python can."""
    interval, start = sys.getswitchinterval(), threading.Barrier(count)

    def together():
        start.wait()
        work()

    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=together) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)


@contextmanager
def paused_elsewhere():
    """While another thread is inside no_grad, which is no business of this one."""
    inside, done = threading.Event(), threading.Event()

    def other():
        with no_grad():
            inside.set()
            done.wait()
            assert (Value(1.0) + 1.0).op == "detached"

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()


PAUSES = {"here": no_grad, "elsewhere": paused_elsewhere, "no": nullcontext}


def twins(v, n):
    """The nodes of two graphs that correspond to each other, by their places."""
    found, stack = {}, [(v, n)]
    while stack:
        v, n = stack.pop()
        if n not in found:
            found[n] = v
            stack += zip(v.parents, n.parents, strict=True)
    return [(v, n) for n, v in found.items()]


def rebuilt(n, values, row, known=None):
    """The graph of n built again with other rows, from other leaves; what is no leaf and no row is a number."""
    known = {} if known is None else known
    if n not in known:
        if n in values:
            known[n] = values[n]
        elif n.parents:
            known[n] = row(n.op, [rebuilt(x, values, row, known) for x in n.parents])
        else:
            known[n] = n.data
    return known[n]


def naive_row(op, xs):
    return apply(op, [x if isinstance(x, Naive) else Naive(x, "constant", constant=True) for x in xs])


class Life(RuleBasedStateMachine):
    """Pairs of a Value of the library and a number of the model."""

    pairs = Bundle("pairs")
    pair = consumes(pairs)

    def __init__(self):
        super().__init__()
        self.alive = []

    def born(self, v, n):
        self.alive.append((v, n))
        return v, n

    # -- building

    @rule(target=pairs, x=small)
    def leaf(self, x):
        return self.born(Value(x), Naive(x))

    def made(self, op, operands, pause):
        n = apply(op, [Naive(x, "constant", constant=True) if isinstance(x, int) else x[1] for x in operands])
        if abs(n.data) > LARGE:
            return multiple()
        with PAUSES[pause]():
            v = library(op, [x if isinstance(x, int) else x[0] for x in operands])
        if pause == "here":
            n = Naive(n.data, "detached", constant=True)
        return self.born(v, n)

    @rule(target=pairs, op=st.sampled_from(UNARY), x=pairs, pause=st.sampled_from(sorted(PAUSES)))
    def unary(self, op, x, pause):
        return self.made(op, [x], pause)

    @rule(target=pairs, op=st.sampled_from(BINARY), x=pairs, y=pairs | small, turned=st.booleans(),
          pause=st.sampled_from(["no", "no", "no", "here", "elsewhere"]))  # fmt: skip
    def binary(self, op, x, y, turned, pause):
        return self.made(op, [y, x] if turned else [x, y], pause)

    @rule(target=pairs, c=pairs, a=pairs | small, b=pairs | small)
    def where(self, c, a, b):
        return self.made("where", [c, a, b], "no")

    @rule(target=pairs, xs=st.lists(pairs | small, max_size=3), y=pairs)
    def sum(self, xs, y):
        return self.made("sum", [*xs, y], "no")

    @rule(target=pairs, a=pairs, b=pairs | small, x=pairs | small, y=pairs | small)
    def dot(self, a, b, x, y):
        return self.made("dot", [a, b, x, y], "no")

    @rule(target=pairs, a=pairs, b=pairs, c=pairs, x=pairs, y=pairs)
    def layer(self, a, b, c, x, y):
        """Dots that share their inputs, and with it how they keep them."""
        models = [apply("dot", [p[1] for p in (*row, x, y)]) for row in ((a, b), (c, a))]
        if any(abs(n.data) > LARGE for n in models):
            return multiple()
        values = dots([vector([a[0], b[0]]), vector([c[0], a[0]])], vector([x[0], y[0]]))
        return multiple(*map(self.born, values, models))

    @rule(target=pairs, x=pairs)
    def detach(self, x):
        return self.born(x[0].detach(), Naive(x[1].data, "detached", constant=True))

    # -- differentiating

    @rule(x=pairs, seed=small, threads=st.sampled_from([0, 0, 0, 2]))
    def backward(self, x, seed, threads):
        v, n = x
        if n.constant:
            with pytest.raises(RuntimeError, match="found no graph"):
                v.backward(seed)
        elif max(map(abs, n.adjoints(seed).values())) < EXACT:
            for _ in range(threads or 1):
                n.backward(seed)
            if threads:
                in_threads(threads, lambda: v.backward(seed))
            else:
                v.backward(seed)

    @rule(x=pairs, inputs=st.lists(pairs, min_size=1, max_size=3), create_graph=st.booleans())
    def gradients(self, x, inputs, create_graph):
        v, n = x
        ask = [y for y, _ in inputs]
        if n.constant or (create_graph and n.is_stale([m for _, m in inputs])):
            with pytest.raises(RuntimeError, match="no graph" if n.constant else "assigned"):
                gradients(v, ask, create_graph=create_graph)
        elif max(map(abs, (sums := n.adjoints()).values())) < EXACT:
            found = gradients(v, ask, create_graph=create_graph)
            found = [g.data if create_graph else g for g in found]
            assert found == [sums.get(y, 0) for _, y in inputs]

    # -- changing

    @rule(x=pairs)
    def zero_grad(self, x):
        x[0].zero_grad()
        x[1].grad, x[1].has_grad = 0, False

    @rule(x=pairs, to=small)
    def assign_grad(self, x, to):
        x[0].grad = to
        x[1].grad, x[1].has_grad = to, True

    @rule(x=pairs, to=small)
    def assign_data(self, x, to):
        x[0].data = to
        x[1].data, x[1].assigned, x[1].time = to, True, Naive(0).time

    # -- copies, programs, the end

    @rule(target=pairs, x=pairs, how=st.sampled_from(sorted(COPIES)))
    def copy(self, x, how):
        v, n = COPIES[how](x[0]), copy.deepcopy(x[1])
        nodes = n.graph(everything=True)
        if how == "pickle":  # what was assigned under the graph counts as assigned after all of it
            later = {y for z in nodes for y in z.parents if y.assigned and y.time > z.time}
            for z in sorted(nodes, key=lambda z: z.time):
                z.assigned = z in later or (z.assigned and bool(z.parents))
            for z in nodes:
                z.time = Naive(0).time if z.assigned else z.born
        originals = {id(v) for v, _ in self.alive}
        both = twins(v, n)
        assert not originals & {id(v) for v, _ in both}
        return multiple(*[self.born(*pair) for pair in both if pair[1].op != "constant"][:3])

    @rule(x=pairs, numbers=st.lists(small, min_size=3, max_size=3))
    def program(self, x, numbers):
        v, n = x
        leaves = [(y, m) for y, m in twins(v, n) if m.op == ""][:3]
        nodes = n.graph(everything=True)
        frozen = any(m.op == "where" and m.parents[0].op in ("constant", "detached") for m in nodes)
        if frozen or any(m.assigned and m.parents for m in nodes):
            with pytest.raises(ValueError, match="a program cannot be made"):
                Program.from_values([v], [y for y, _ in leaves])
            return
        program = Program.from_values([v], [y for y, _ in leaves])
        given = dict(zip([m for _, m in leaves], numbers, strict=False))
        want = rebuilt(n, given, lambda op, xs: ROWS[op][0](*xs))
        assert interpreted(program, [[float(x)] for x in given.values()], 1) == [[want]]

    @rule(x=pairs, numbers=st.lists(small, min_size=2, max_size=2))
    def compile(self, x, numbers):
        n = x[1]
        leaves = [m for m in n.graph(everything=True) if m.op == "" and not m.parents][:2]
        model = {m: Naive(y) for m, y in zip(leaves, numbers, strict=False)}
        out = rebuilt(n, model, naive_row)
        if not leaves or not isinstance(out, Naive) or max(map(abs, out.adjoints().values())) > EXACT:
            return
        f = ag.compile(value_and_grad(
            lambda *xs: rebuilt(n, dict(zip(leaves, xs, strict=True)), library), tuple(range(len(leaves)))
        ), backend="python")  # fmt: skip
        sums = out.adjoints() if not out.constant else {}
        want = (out.data, tuple(sums.get(model[m], 0) for m in leaves))
        assert f(*[float(y) for _, y in zip(leaves, numbers, strict=False)]) == want

    @rule(x=pair)
    def drop(self, x):
        self.alive = [y for y in self.alive if y[1] is not x[1]]
        del x
        gc.collect(0)

    @invariant()
    def all_is_as_it_must_be(self):
        for v, n in self.alive:
            assert (v.data, v.grad, v.has_grad, v.op) == (n.data, n.grad, n.has_grad, n.op)
            assert [p.data for p in v.parents] == [p.data for p in n.parents]
            assert [p.grad for p in v.parents] == [p.grad for p in n.parents]


@pytest.mark.thorough
def test_graphs_live_as_the_model_does():
    run_state_machine_as_test(Life, settings=settings(max_examples=120, stateful_step_count=40))


@pytest.mark.long
def test_graphs_live_long_as_the_model_does():
    run_state_machine_as_test(Life, settings=settings(max_examples=5000, stateful_step_count=80))


def accumulating(self, seed=1):
    """micrograd's: interior nodes add up passes as leaves do."""
    for x, s in self.adjoints(seed).items():
        x.grad, x.has_grad = x.grad + s, True


def forgetting(self, seed=1):
    for x, s in self.adjoints(seed).items():
        x.grad, x.has_grad = s, True


def unflagged(self, seed=1):
    for x, s in self.adjoints(seed).items():
        x.grad, x.has_grad = s if x.parents else x.grad + s, not x.parents


def fresh(self, seed=1):
    """The partials of what the parents hold now, not of what they held."""
    sums = dict.fromkeys(self.graph(), 0) | {self: seed}
    for x in list(sums):
        now = ROWS[x.op][1](*[y.data for y in x.parents]) if x.parents else ()
        for y, p in zip(x.parents, now, strict=True):
            if y in sums:
                sums[y] += sums[x] * p
    return sums


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("backward", accumulating), ("backward", forgetting), ("backward", unflagged), ("adjoints", fresh),
        ("flows_to", lambda self, y: True),
    ],
)  # fmt: skip
def test_a_model_that_is_wrong_is_found(monkeypatch, name, wrong):
    """So a library that were wrong in this way would be found too."""
    monkeypatch.setattr(Naive, name, wrong)
    with pytest.raises((AssertionError, pytest.fail.Exception, RuntimeError)):
        run_state_machine_as_test(
            Life, settings=settings(max_examples=600, stateful_step_count=40, phases=[Phase.generate], database=None)
        )
