"""Results that are mostly constants: the same numbers, of less code."""

from itertools import pairwise

import numpy as np
import pytest

import autograd_lite as ag

pytest.importorskip("llvmlite")

from autograd_lite.backends.llvm import NativeCode, compile_llvm
from autograd_lite.backends.llvm.constant_results import MANY, ConstantResults, mostly_constant


def chain(x):
    return np.array([a * b - ag.sin(a) for a, b in pairwise(x)])


def test_a_banded_jacobian_has_the_bits_of_the_eager_one():
    x = np.linspace(0.1, 2.0, 40)
    found = ag.compile(lambda x: (ag.jacobian(chain)(x), ag.sum(x), x * 2.0), backend="llvm")
    for _ in range(2):
        matrix, total, twice = found(x)
        assert np.array_equal(matrix, ag.jacobian(chain)(x))
        assert total == ag.sum(x)
        assert np.array_equal(twice, 2.0 * x)
        matrix[:] = 7.0
    entry = next(iter(found.entries.values()))
    assert isinstance(entry.code, ConstantResults)


def test_a_result_is_the_users_own():
    found = ag.compile(lambda x: ag.jacobian(chain)(x), backend="llvm")
    x = np.linspace(0.1, 2.0, 30)
    first = found(x)
    kept = first.copy()
    first[:] = 7.0
    assert np.array_equal(found(x), kept)


@pytest.mark.parametrize(("constants", "others"), [(MANY, 0), (MANY, MANY), (MANY, MANY + 1), (MANY - 1, 0), (3, 1)])
def test_only_many_constants_are_kept_apart(constants, others):
    def f(x):
        return np.array([float(k) for k in range(constants)] + [x[0] * k for k in range(1, others + 1)])

    program = ag.compile(f, backend="python").trace([2.0])
    large = constants + others >= MANY and constants >= others
    assert mostly_constant(program.lowered()) == ([0] if large else [])
    code = compile_llvm(program.lowered())
    assert isinstance(code, ConstantResults if large else NativeCode)
    (found,) = code([np.array([2.0])], 1)
    assert found.tolist() == [float(k) for k in range(constants)] + [2.0 * k for k in range(1, others + 1)]
