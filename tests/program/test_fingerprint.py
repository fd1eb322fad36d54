"""Equal programs have equal fingerprints, in every process, and others have others."""

import math
import pickle
from itertools import combinations

import pytest
from project import ran

import autograd_lite as ag
from autograd_lite import Program, Value, compile, cos, grad, less, scan, sin, take, vmap, where
from autograd_lite.program.fingerprint import fingerprint
from autograd_lite.program.instructions import Argument, Result


def looped(n, rate=0.1):
    return lambda x: scan(lambda c, _: (c + rate * sin(c), None), x, None, length=n)[0]


@compile
def long(x):
    for _ in range(10):
        x = sin(x) * x
    return x


@compile
def other(x):
    for _ in range(10):
        x = sin(x) + x
    return x


FUNCTIONS = {
    "x + 1": (lambda x: x + 1.0, (1.0,)),
    "x + 2": (lambda x: x + 2.0, (1.0,)),
    "x - 0.0": (lambda x: where(less(x, 0.5), x, -0.0), (1.0,)),
    "x - -0.0": (lambda x: where(less(x, 0.5), x, 0.0), (1.0,)),
    "x + nan": (lambda x: x + math.nan, (1.0,)),
    "x * y": (lambda x, y: x * y, (1.0, 2.0)),
    "x / y": (lambda x, y: x / y, (1.0, 2.0)),
    "y / x": (lambda x, y: y / x, (1.0, 2.0)),
    "x, y": (lambda x, y: (x, y), (1.0, 2.0)),
    "sums": (vmap(sin, reduce="sum"), ([1.0, 2.0],)),
    "each": (vmap(sin), ([1.0, 2.0],)),
    "list": (lambda x: sum(map(sin, x)), ([1.0, 2.0],)),
    "5 steps": (looped(5), (1.0,)),
    "6 steps": (looped(6), (1.0,)),
    "faster": (looped(5, 0.2), (1.0,)),
    "gradient": (grad(looped(5)), (1.0,)),
    "cos, sin, sin": (lambda x: sin(sin(cos(x))), (1.0,)),
    "cos, cos, sin": (lambda x: sin(cos(cos(x))), (1.0,)),
    "called twice": (lambda x: long(x) + long(x * 2.0), (1.0,)),
    "both called": (lambda x: long(x) + other(x * 2.0), (1.0,)),
    "taken": (lambda x, i: take(x, i), ([1.0, 2.0], 1.0)),
    "solved": (lambda a, b: ag.linalg.solve(a, b), ([[2.0, 1.0], [1.0, 3.0]], [1.0, 2.0])),
}


def of(name):
    f, arguments = FUNCTIONS[name]
    return fingerprint(compile(f, backend="llvm").trace(*arguments).lowered())


def test_other_programs_have_other_fingerprints():
    found = {name: of(name) for name in FUNCTIONS}
    assert None not in found.values()
    assert [pair for pair in combinations(found, 2) if found[pair[0]] == found[pair[1]]] == []
    assert {name: of(name) for name in FUNCTIONS} == found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_is_that_of_what_is_in_the_program_and_not_of_which_objects_these_are(name):
    f, arguments = FUNCTIONS[name]
    program = compile(f, backend="llvm").trace(*arguments)
    again = pickle.loads(pickle.dumps(program))
    assert fingerprint(again.lowered()) == fingerprint(program.lowered())


def test_names_of_arguments_do_not_matter():
    x = Value(1.0)
    program = Program.from_values([x * x], [x])
    renamed = Program([Argument("other", 1, False)], program.instructions, program.results)
    assert fingerprint(renamed) == fingerprint(program)
    twice = Program(program.arguments, program.instructions, [Result((1, 1), False)])
    assert fingerprint(twice) != fingerprint(program)


@pytest.mark.thorough
def test_another_process_finds_the_same():
    text = (
        "import sys; sys.path[:0] = ['tests', 'tests/program']\n"
        "from test_fingerprint import FUNCTIONS, of\n"
        "import hashlib; print(hashlib.sha256(b''.join(map(of, FUNCTIONS))).hexdigest())"
    )
    assert ran("-c", text).stdout == ran("-c", text).stdout != ""


def test_rows_and_rules_of_users_have_none():
    own = ag.custom_derivative(math.sin, lambda out, x: (math.cos(x),))
    assert fingerprint(compile(own, backend="llvm").trace(1.0).lowered()) is None
    looped_own = lambda x: scan(lambda c, _: (own(c), None), x, None, length=3)[0]  # noqa: E731
    assert fingerprint(compile(looped_own, backend="llvm").trace(1.0).lowered()) is None
