"""One of several functions: only it has values and derivatives."""

from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looping import loop_function

import autograd_lite as ag
from autograd_lite import Value, compile, grad, hessian, jvp, scan, switch, value_and_grad
from autograd_lite.program.lazy_branches import with_lazy_branches
from autograd_lite.program.payloads import When
from autograd_lite.trees import flatten

BRANCHES = [lambda x: {"y": x}, lambda x: {"y": x * x}, lambda x: {"y": ag.sqrt(x - 2.0)}]


def chosen(x, index):
    return switch(index, BRANCHES, x)["y"]


@pytest.mark.thorough
@given(st.integers(-3, 6), st.floats(2.5, 9.0))
def test_the_index_chooses_and_is_kept_in_its_range(index, x):
    value, slope = value_and_grad(lambda x: chosen(x, index))(x)
    assert (value, slope) == value_and_grad(lambda x: BRANCHES[max(0, min(index, 2))](x)["y"])(x)
    assert compile(value_and_grad(chosen), backend="python")(x, float(index)) == (value, slope)


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_branch_that_is_not_taken_reaches_nothing(backend):
    """The square root at -1 is nan, and its slope."""
    pytest.importorskip("llvmlite")
    assert compile(grad(grad(chosen)), backend=backend)(1.0, 1.0) == 2.0


def below_zero(a, b, branch):
    """Where a is negative, a loop that has no real value elsewhere."""
    return ag.where(ag.less(a, 0.0), lambda: branch(a, b), lambda: a * b)


def logs(c, x):
    return c * 0.5, ag.log(c * x)


DATA = [-1.0, -2.0, -0.5]
LOOPS = {
    "carry": lambda a, b: scan(lambda c, x: (ag.log(ag.abs(c) * -a) * b + x, None), a - b, DATA)[0],
    "ys": lambda a, b: ag.sum(scan(logs, a, DATA)[1]) * b,
    "one y": lambda a, b: scan(logs, a, DATA)[1][1] * b,
    "first carry": lambda a, b: scan(lambda c, x: (c * b, None), ag.log(-a), DATA)[0],
    "shared": lambda a, b: of_logs(ag.log(-a), b),
    "xs": lambda a, b: scan(lambda c, x: (c * x, None), b, [ag.log(-a), b])[0],
    "loops in a row": lambda a, b: scan(lambda c, x: (c * x, None), b, scan(logs, a, DATA)[1])[0],
    "y shared": lambda a, b: of_logs(scan(logs, a, DATA)[1][0], b),
}


def of_logs(w, b):
    return scan(lambda c, x: (c * w, None), b, length=3)[0]


def in_steps(a, b):
    """A loop in a branch of a step."""
    inner = lambda c: scan(lambda d, y: (ag.log(d * y), d), c, [-1.0, -2.0])[0] * a  # noqa: E731
    step = lambda c, x: (ag.where(ag.less(0.0, c), lambda: c * b, lambda: inner(c)) + x, None)  # noqa: E731
    return scan(step, a, [1.0, 2.0, 0.5])[0]


def read_by_both(a, b):
    """A loop before the choice, of which each branch reads something else."""
    last, ys = scan(lambda c, x: (c * b, ag.sqrt(c - 5.0)), a, [1.0, 2.0])
    return ag.where(ag.less(0.0, a), lambda: a * last, lambda: ag.sum(ys))


FUNCTIONS = {name: partial(below_zero, branch=loop) for name, loop in LOOPS.items()}
FUNCTIONS["in steps"] = in_steps


@pytest.mark.thorough
@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_loop_in_a_branch_that_is_not_taken_reaches_nothing(name, backend):
    pytest.importorskip("llvmlite")
    f = FUNCTIONS[name]
    first, second = value_and_grad(f, argnums=(0, 1)), hessian(f, argnums=(0, 1))
    moved = lambda a, b: jvp(grad(f), (a, b), (1.0, 0.5))  # noqa: E731
    for args in [(0.3, 1.2), (-0.3, 1.2)]:
        assert compile(first, backend=backend)(*args) == first(*args)
        for transformed in (second, moved):
            found, expected = (flatten(g(*args))[0] for g in (compile(transformed, backend=backend), transformed))
            assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_what_the_other_branch_reads_of_a_loop_reaches_nothing(backend):
    """The square roots are nan, and a^2 b^2 is taken."""
    pytest.importorskip("llvmlite")
    found = compile(value_and_grad(read_by_both, argnums=(0, 1)), backend=backend)(0.5, 1.5)
    assert found == (0.5625, (2.25, 0.75))


@pytest.mark.thorough
@settings(max_examples=20)
@given(st.integers(0, 10**6), st.booleans())
def test_random_loops_in_branches_have_the_bits_of_the_branch_that_is_taken(seed, sign):
    f, args = loop_function(seed)
    flag = 1.0 if sign else -1.0

    def either(flag, *args):
        return ag.where(ag.less(0.0, flag), lambda: f(*args), lambda: args[0][0] * args[0][0])

    both = value_and_grad(either, argnums=(1, 2, 3))
    try:
        expected = both(flag, *args)
    except (ArithmeticError, ValueError):
        return  # a program has inf or nan where this raises
    found = compile(both, backend="python")(flag, *args)
    assert [repr(x + 0.0) for x in flatten(found)[0]] == [repr(x + 0.0) for x in flatten(expected)[0]]


def test_bad_input():
    with pytest.raises(ValueError, match="no branches"):
        switch(0, [])
    with pytest.raises(TypeError, match="whole number"):
        switch(0.5, BRANCHES, 3.0)
    with pytest.raises(TypeError, match="whole number"):
        switch("1", BRANCHES, 3.0)
    assert switch(Value(1.0), BRANCHES, 3.0) == {"y": 9.0}


def pair(x, y):
    """Results that are pytrees, of functions with operands."""

    def first(a, b):
        return {"p": (a * b, a), "q": [1.0]}

    found = ag.cond(ag.less(x, y), first, lambda a, b: {"p": (a + b, b), "q": [a]}, x, y)
    return found["p"][0] * found["p"][1] + found["q"][0]


@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_cond_chooses_between_pytrees(backend):
    pytest.importorskip("llvmlite")
    for point in ((1.0, 2.0), (2.0, 1.0)):
        assert compile(value_and_grad(pair, (0, 1)), backend=backend)(*point) == value_and_grad(pair, (0, 1))(*point)
        assert compile(grad(grad(pair)), backend=backend)(*point) == grad(grad(pair))(*point)
        tangent = lambda x, y: jvp(pair, (x, y), (1.0, 2.0))  # noqa: E731
        assert compile(tangent, backend=backend)(*point) == tangent(*point)
    assert ag.cond(True, lambda: (1.0, [2.0]), lambda: (3.0, [4.0])) == (1.0, [2.0])
    assert ag.cond(0.0, lambda x: x, lambda x: {"a": x * 2.0}, 3.0) == {"a": 6.0}


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ag.cond("x", lambda: 1.0, lambda: 2.0), TypeError, "real numbers and Values, but got 'x'"),
        (lambda: ag.cond(None, lambda: 1.0, lambda: 2.0), TypeError, "but got None"),
        (lambda: ag.where([1.0], lambda: 1.0, lambda: 2.0), TypeError, r"but got \[1.0\]"),
        (lambda: ag.cond(True, lambda: object(), lambda: 2.0), TypeError, "result of a branch holds"),
        (
            lambda: compile(lambda x: ag.cond(ag.less(x, 0.0), lambda: (x, x), lambda: [x]))(1.0),
            ValueError,
            "tuple of 2",
        ),
        (lambda: compile(lambda x: ag.cond(ag.less(x, 0.0), lambda: x, lambda: [x]))(1.0), ValueError, "structure"),
        (lambda: compile(lambda x: ag.cond(x < 0.0, lambda: x, lambda: -x))(1.0), TypeError, "less_equal and equal"),
    ],
)
def test_bad_input_of_cond(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.thorough
@given(st.integers(-1, 3), st.floats(2.5, 9.0))
def test_a_computed_index_has_the_bits_of_the_compiled_one(index, x):
    f = lambda x, i: switch(i, [lambda x: ag.sin(x) * x + ag.exp(x), lambda x: x * x * x + x], x * x) * x  # noqa: E731
    eager = grad(lambda x, i: f(x, i + 0.0))(x, Value(float(index)))
    assert compile(grad(f), backend="python")(x, float(index)) == (eager.data if isinstance(eager, Value) else eager)


class Chosen:
    """A random loop whose step chooses: results of a branch are numbers that it computes, passes on, swaps or drops."""

    def __init__(self, rng):
        self.rng, self.n, self.shared, self.ys = rng, rng.randint(1, 5), rng.randint(0, 3), rng.randint(0, 2)
        self.tree = self.branches(2)
        self.roots = [rng.random() < 0.4 for _ in range(self.n + self.shared)]
        self.used = [rng.random() < 0.6 for _ in range(self.n + self.ys)]
        self.xs, self.reverse = [rng.uniform(-1.0, 1.0) for _ in range(rng.randint(1, 6))], rng.random() < 0.3
        self.arguments = [[rng.choice([0.0, 0.3, 0.8]) for _ in range(k)] for k in (self.n, self.shared)]

    def branches(self, depth):
        if depth and self.rng.random() < 0.7:
            where = self.rng.choice([-0.5, 0.0, 0.5]), self.rng.randrange(-1, self.n)
            return (*where, self.branches(depth - 1), self.branches(depth - 1))
        kinds = ["carry", "carry", "number", "rows", "rows", "shared", "zero", "root"]
        pick = lambda: (self.rng.choice(kinds), *[self.rng.randrange(6) for _ in range(3)])  # noqa: E731
        return [pick() for _ in range(self.n + self.ys)]

    def result(self, entry, c, w, x):
        kind, i, j, k = entry
        a, b = c[i % self.n], c[j % self.n]
        s = w[k % self.shared] if self.shared else x
        rows = {
            "carry": lambda: a, "number": lambda: 0.7 + x * 0.0, "rows": lambda: ag.sin(a) * s + b * 0.3,
            "shared": lambda: s, "zero": lambda: 0.0, "root": lambda: ag.sqrt(ag.abs(a)) * 0.5,
        }  # fmt: skip
        return rows[kind]()

    def chosen(self, tree, *known):
        if isinstance(tree, list):
            return [self.result(entry, *known) for entry in tree]
        end, i, a, b = tree
        condition = ag.less(end, known[2] if i < 0 else known[0][i])
        return ag.cond(condition, lambda: self.chosen(a, *known), lambda: self.chosen(b, *known))

    def __call__(self, c, w):
        start = [ag.sqrt(x) if root else x for root, x in zip(self.roots, [*c, *w], strict=True)]

        def step(carry, x):
            found = self.chosen(self.tree, carry, start[self.n :], x)
            return found[: self.n], found[self.n :]

        last, ys = scan(step, start[: self.n], self.xs, reverse=self.reverse)
        every = [(last[i], i) for i in range(self.n)] + [(y[i], self.n + i) for y in ys for i in range(self.ys)]
        return 0.1 * c[0] + sum([x * (0.5 + i) for x, i in every if self.used[i]])


@pytest.mark.thorough
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9))
def test_what_arrives_is_known_however_results_are_chosen_and_passed_on(seed):
    """Roots of 0 have infinite partials, which what does not arrive must not meet; conditions are shared by results."""
    f = Chosen(Random(seed))
    both = value_and_grad(f, (0, 1))
    second = grad(lambda *args: sum([x * (0.3 + i) for i, x in enumerate(flatten(grad(f)(*args))[0])]), (0, 1))
    try:
        expected, further = (flatten(g(*f.arguments))[0] for g in (both, second))
    except (ArithmeticError, ValueError):
        return  # a program has inf or nan where this raises
    found = flatten(compile(both, backend="python")(*f.arguments))[0]
    assert [repr(x + 0.0) for x in found] == [repr(x + 0.0) for x in expected]
    assert flatten(compile(second, backend="python")(*f.arguments))[0] == pytest.approx(
        further, rel=1e-9, abs=1e-12, nan_ok=True
    )


def test_branches_are_functions_in_a_list():
    with pytest.raises(TypeError, match=r"switch chooses from a list of functions, but got <.*>; pass them in a list"):
        ag.switch(0, lambda: 1.0)
    with pytest.raises(TypeError, match=r"switch takes a function, but got 2.0"):
        ag.switch(0, [lambda: 1.0, 2.0])


def depth_of(program):
    """How deep programs of branches are nested in a program."""
    bodies = [row.payload.body for row, _, _ in program.instructions if isinstance(row.payload, When)]
    return max([1 + depth_of(body) for body in bodies], default=0)


@pytest.mark.parametrize("transform", [grad, lambda f: grad(grad(f)), lambda f: lambda x: jvp(f, (x,), (1.0,))[1]])
def test_branches_and_what_they_pass_on_are_nested_as_deep_as_their_number_is_long(transform):
    """Not as deep as there are branches, which would cost the square of their number and more."""
    f = transform(lambda x: switch(ag.floor(x), [lambda k=k: ag.sin(x * (1.0 + k)) * x for k in range(32)]))
    program = compile(f, backend="python").trace(0.3)
    assert program(5.3, backend="python") == pytest.approx(f(5.3), rel=1e-13)
    assert depth_of(with_lazy_branches(program)) <= 6
