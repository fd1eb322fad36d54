"""What `fastmath=True` promises: approximations within a few units in the last place, and the same special values."""

import math
from itertools import product

import llvmlite.binding
import mpmath
import numpy as np
import pytest
from infinity import applied, points, recorded

import autograd_lite as ag
from autograd_lite import PRIMITIVES, value_and_grad, vmap
from autograd_lite.backends.llvm import compile_llvm
from autograd_lite.program.instructions import ROWS, Argument, Instruction, Result
from autograd_lite.program.program import Program

EXACT = {
    "exp": mpmath.exp, "exp2": lambda x: mpmath.power(2, x), "expm1": mpmath.expm1, "log": mpmath.log,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2), "log10": mpmath.log10, "log1p": mpmath.log1p, "tanh": mpmath.tanh,
    "sin": mpmath.sin, "cos": mpmath.cos, "hypot": mpmath.hypot,
}  # fmt: skip
APPROXIMATED = [name for name, row in ROWS.items() if row.fastmath]
random = np.random.default_rng(7)
SIGNED = np.concatenate([random.uniform(-1, 1, 800) * scale for scale in (1e-300, 1e-9, 1e-3, 1.0, 40.0, 745.0)])
POSITIVE = np.concatenate(
    [2.0 ** random.uniform(-1074, 1023, 1500), random.uniform(0.5, 2.0, 1500), 1 + SIGNED[1600:2400]]
)
POINTS = {name: POSITIVE if name in ("log", "log2", "log10") else SIGNED for name in EXACT} | {
    "log1p": np.concatenate([SIGNED[SIGNED > -1.0], POSITIVE, -1 + 2.0 ** random.uniform(-53, 0, 500)]),
    "sin": np.concatenate([SIGNED, random.uniform(-2e5, 2e5, 1000), np.pi / 2 * random.integers(-60000, 60000, 1000)]),
    "hypot": np.column_stack([random.permutation(SIGNED), random.permutation(SIGNED)]),
}
POINTS["cos"] = POINTS["sin"]
POINTS = {name: points.reshape(len(points), -1) for name, points in POINTS.items()}
SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 710.0, -746.0, 1e308, -1e308, 5e-324, -5e-324, -0.5]


def single(name, batched):
    """A program of one row."""
    row = ROWS[name]
    operands = tuple(range(row.arity))
    return Program([Argument("x", row.arity, batched)], [Instruction(row, operands)], [Result((row.arity,), batched)])


def lanes(name, points):
    return compile_llvm(single(name, True), fastmath=True)([points], len(points))[0][:, 0]


def ulps(found, exact):
    """The distance of a float from the exact value, in units in the last place of that."""
    unit = max(math.ulp(float(exact)), 5e-324)
    return float(abs(mpmath.mpf(float(found)) - exact) / unit)


@pytest.mark.thorough
@pytest.mark.parametrize("name", APPROXIMATED)
def test_approximations_keep_their_bound(name):
    points = POINTS[name]
    with mpmath.workdps(50):
        exact = [EXACT[name](*map(mpmath.mpf, point)) for point in points.tolist()]
        inside = [k for k, y in enumerate(exact) if abs(y) < 1.79e308]
        found = lanes(name, points)
        errors = [ulps(found[k], exact[k]) for k in inside]
    worst = int(np.argmax(errors))
    assert errors[worst] <= ROWS[name].fastmath, (points[inside[worst]], errors[worst])


@pytest.mark.parametrize("name", APPROXIMATED)
def test_special_values_are_those_of_the_table(name):
    row = ROWS[name]
    points = np.array(list(product(SPECIAL, repeat=row.arity)))
    found = lanes(name, points)
    expected = np.array([row.ieee_value(*point) for point in points.tolist()])
    extreme = ~np.isfinite(expected) | (points == 0.0).all(axis=1)
    np.testing.assert_array_equal(found[extreme], expected[extreme])
    signed = extreme & ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[signed]), np.signbit(expected[signed]))
    np.testing.assert_allclose(found, expected, rtol=1e-15, atol=0.0)


@pytest.mark.thorough
@pytest.mark.parametrize("name", APPROXIMATED)
def test_lanes_and_single_numbers_agree(name):
    native = compile_llvm(single(name, False), fastmath=True)
    points = POINTS[name][::50]
    np.testing.assert_array_equal([native([point], 1)[0][0] for point in points], lanes(name, points))


def test_products_are_fused_with_sums():
    program = Program([Argument("x", 2, True)], [Instruction(ROWS["dot"], (0, 1, 0, 0))], [Result((2,), True)])
    x = 1.0 + 2.0**-30
    arrays = [np.array([[x, -x]])]  # x * x rounds: what is lost stays when one of both products is not rounded
    assert compile_llvm(program)(arrays, 1)[0] == 0.0
    fused = compile_llvm(program, fastmath=True)(arrays, 1)[0]
    if llvmlite.binding.get_host_cpu_features().get("fma", False):
        assert abs(fused) == 2.0**-60


@pytest.mark.thorough
@pytest.mark.parametrize("row", PRIMITIVES.values(), ids=lambda row: row.name)
def test_infinite_operands_give_what_strict_code_gives(row):
    """Values and slopes of every row, alone and in lanes."""
    found = [list(xs) for xs in points(row, most=8) if recorded(row, xs)]
    if not found:
        return
    f = value_and_grad(lambda v: applied(row, v))
    single, mapped = ag.compile(f, backend="llvm", fastmath=True), ag.compile(vmap(f), backend="llvm", fastmath=True)
    values, slopes = mapped(np.array(found))
    for k, xs in enumerate(found):
        value, slope = f(xs)
        for got in (single(xs), (values[k], np.asarray(slopes)[k])):
            np.testing.assert_allclose(got[0], value, rtol=1e-14, equal_nan=True)
            np.testing.assert_allclose(got[1], slope, rtol=1e-14, atol=1e-300, equal_nan=True)


def test_a_fused_product_does_not_overflow_alone():
    """As documented for `compile`: inf - inf is nan in strict code, and -inf without the overflow."""
    for z in (math.inf, 1e308):
        strict, fused = (
            ag.compile(lambda x, y, z: x * y - z, backend="llvm", fastmath=fast)(1e200, 1e200, z)
            for fast in (False, True)
        )
        assert math.isnan(strict) if z == math.inf else strict == math.inf
        if llvmlite.binding.get_host_cpu_features().get("fma", False):
            assert fused == (-math.inf if z == math.inf else math.inf)
