"""`gradcheck` passes what is right, over the domain of every row, and finds whatever is planted."""

import functools
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from precision import is_comfortable

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Value, custom_derivative, nn
from autograd_lite.core.primitives import Primitive
from autograd_lite.testing import assert_gradients, expressions, gradcheck, operands, random_expression

ROWS = [
    row for row in PRIMITIVES.values() if row.name not in ("identity", "stop_gradient")
]  # the latter is wrong by design
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

FIRST = {"acosh": 1.7, "where": 1.0, "cond": 1.0, "polygamma": 2.0}
OPERANDS = (0.37, 0.81, 0.53, 0.29)
"""Where every row is smooth, in all operands; see FIRST."""

EVERYDAY = {
    "asin": (-0.9, 0.9), "acos": (-0.9, 0.9), "atanh": (-0.9, 0.9), "acosh": (1.1, 9.0), "log1p": (-0.9, 9.0),
    **dict.fromkeys(("sin", "cos", "abs", "relu", "sign", "floor", "exp", "tanh", "erf", "sub", "mul"), (-9.0, 9.0)),
}  # fmt: skip
"""Where operands are drawn from; between 0.1 and 9 elsewhere."""


def point_of(row):
    xs = list(OPERANDS[: row.arity or 4])
    xs[0] = FIRST.get(row.name, xs[0])
    return xs


def spread(row):
    """The row as a function of separate operands."""
    if row.name == "dot":
        return lambda *xs: row(xs[: len(xs) // 2], xs[len(xs) // 2 :])
    if row.arity is None:
        return lambda *xs: row(xs)
    if row.name in ("where", "cond"):
        return lambda c, a, b: row(ag.less(0.5, c), a, b)
    return lambda *xs: row(*xs)


def settings_of(row):
    """How many operands, the first ones, are whole numbers or have the slope nan: nothing is differentiated in them."""
    count = max(row.whole, default=-1) + 1
    rules = row.partial_rules if isinstance(row.partial_rules, tuple) else ()
    while count < len(rules) and isinstance(rules[count], float) and math.isnan(rules[count]):
        count += 1
    return count


def beside_settings(row, f, xs):
    """f with the settings among the operands held, and the other operands."""
    count = settings_of(row)
    return functools.partial(f, *xs[:count]), xs[count:]


def test_settings_are_held():
    assert {row.name for row in ROWS if settings_of(row)} == {"polygamma", "gammainc", "gammaincc"}


# -- what is right passes


@pytest.mark.thorough
@every_row
def test_rows_pass(row):
    xs = point_of(row)
    order = 1 if row.name in ("trigamma", "polygamma") else 2
    f, xs = beside_settings(row, spread(row), xs)
    report = gradcheck(f, *xs, order=order, allow_unused=True)
    assert report, str(report)
    assert report.checks >= 2 * len(xs)


@pytest.mark.thorough
@every_row
def test_right_rows_are_not_accused(row):
    """A point may be no good, at the ends of the floats for instance, and is said to be; but no derivative is wrong."""
    low, high = EVERYDAY.get(row.name, (0.1, 9.0))
    everyday = st.lists(st.floats(low, high), min_size=row.arity or 4, max_size=row.arity or 4)

    @settings(max_examples=15)
    @given(st.one_of(everyday, operands(row)))
    def check(xs):
        if row.name == "polygamma":
            xs = [2.0, *xs[1:]]
        elif not is_comfortable(row, xs):
            return  # there the library itself has lost digits, as documented: see `precision`
        f, xs = beside_settings(row, spread(row), xs)
        report = gradcheck(f, *xs, allow_unused=True)
        assert not [text for text in report.findings if "expected" in text], f"{xs}: {report}"

    check()


@settings(max_examples=40)
@given(expressions(max_size=8))
def test_random_expressions_are_not_accused(f):
    report = gradcheck(f, *f.point, allow_unused=True)
    assert not [text for text in report.findings if "expected" in text], f"{report}\n{f}"


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (lambda x: ag.dot([ag.log(2.0**x)], [ag.log(2.0**x)]), [0.0]),  # exact at the point, not beside it
        (lambda *xs: ag.dot(xs[:3], xs[3:]), [1.0, 0.5, -1e308, 100.0, -1e308, -0.5]),  # 100 vanishes in 5e307
        (lambda *xs: ag.sum(xs), [1.0, 1e20, -1e20]),
        (lambda x: ag.mean([x, 3e17, -3e17]), [2.0]),
    ],
)
def test_rounding_is_not_taken_for_a_slope(f, point):
    report = gradcheck(f, *point, allow_unused=True)
    assert not [text for text in report.findings if "expected" in text], str(report)


def test_most_random_expressions_pass():
    reports = [gradcheck(f, *f.point, allow_unused=True) for f in (random_expression(n, size=8) for n in range(60))]
    failed = [str(report) for report in reports if not report]
    assert len(failed) <= 6, "\n".join(failed)


def test_nests_and_arrays():
    assert gradcheck(lambda p, x: ag.dot(p["w"], x) + p["b"], {"w": [0.5, 1.5], "b": 2.0}, np.array([1.0, 3.0]))
    assert gradcheck(lambda x: [x * x, {"y": ag.exp(x)}], 0.5, order=2)
    assert gradcheck(lambda x: x @ x, np.array([1.0, 3.0]), order=2)
    assert gradcheck(lambda x: x, 2.0)
    assert gradcheck(lambda x: x * x, Value(3.0))
    assert_gradients(lambda x, y: ag.sin(x) * y, 0.5, 2.0, order=2)


def test_modules():
    """A Module is an argument like any other, beside its input and alone; its parameters have their names."""
    model = nn.MLP(2, [3, 1], rng=random.Random(0), activation="tanh")
    before = [p.data for p in model.parameters()]
    report = gradcheck(lambda model, x: model(x), model, [0.5, -0.25], order=2)
    assert report, str(report)
    assert [p.data for p in model.parameters()] == before
    assert not any(p.has_grad for p in model.parameters())
    wrong = custom_derivative(lambda x: ag.tanh(x), lambda out, x: (1.0 - out * out * 1.0001,))
    worst = gradcheck(lambda model: wrong(model([0.5, -0.25])), model)
    assert "/ d model.layers.0" in str(worst)


@pytest.mark.parametrize(
    ("f", "xs"),
    [
        (lambda x: x**3, (0.0,)),
        (lambda x: ag.prod([x, x, x]), (0.0,)),
        (lambda x: 1 / x, (1e-8,)),
        (ag.sqrt, (1e-9,)),
        (ag.log, (1e-12,)),
        (ag.abs, (1e-6,)),
        (lambda x: ag.sin(1e6 * x), (0.3,)),
        (lambda x: ag.exp(-1.0 / (x * x)), (0.1,)),
        (ag.tanh, (40.0,)),
        (lambda x: ag.exp(x) - ag.exp(x) + x, (20.0,)),
        (lambda x: 1e200 * x * x, (3.0,)),
        (lambda x: 1e-200 * x * x, (3.0,)),
        (lambda x, y: 1e9 * x + y, (3.0, 1.0)),
        (lambda x: ag.where(ag.logical_and(ag.less(x, 0.0), ag.less(x, -1.0)), x, x * x), (0.5,)),
        (lambda x: ag.where(ag.equal(ag.sign(x), 1.0), x, x * x), (0.5,)),
        (lambda x: x if x > 0.0 else x * x, (0.5,)),
        (lambda x: ag.where(x > 0.0, lambda: x * x, lambda: ag.log(x)), (0.5,)),
        (ag.floor, (0.5,)),
        (lambda x: (1e17 + x) - 1e17, (0.5,)),
    ],
)
def test_awkward_functions_pass(f, xs):
    report = gradcheck(f, *xs, allow_unused=True)
    assert report, str(report)


# -- what is planted is found: each row, each operand

CHANGES = {
    "a factor of 1.0001": lambda i, parts: parts[i] * 1.0001,
    "the sign": lambda i, parts: -parts[i],
    "the next operand's": lambda i, parts: parts[(i + 1) % len(parts)],
}


def planted(row, i, change):
    """A rule of one's own that is the row, but for the partial in one operand."""

    def partials(out, *xs):
        found = row.partials(out, list(xs)) if row.arity is None else [
            0.0 if p is None else p(out, *xs) if callable(p) else p for p in row.partials
        ]  # fmt: skip
        return (*found[:i], change(i, found), *found[i + 1 :])

    f = spread(row)
    names = ", ".join(f"x{k}" for k in range(row.arity or 4))
    return custom_derivative(eval(f"lambda {names}: f({names})", {"f": f}), partials)


@pytest.mark.thorough
@every_row
def test_wrong_rules_are_found(row):
    xs = point_of(row)
    slopes = [p or 0.0 for p in row.all_partials(row.ieee_value(*xs), xs)]
    for i in range(settings_of(row), len(xs)):
        operand = f"x{i - settings_of(row)}"
        for words, change in CHANGES.items():
            f, others = beside_settings(row, planted(row, i, change), xs)
            report = gradcheck(f, *others, allow_unused=True)
            name = f"{row.name}: {words} in operand {i}"
            wrong = change(i, slopes)  # nan where the next operand is a setting
            if math.isnan(wrong) or abs(wrong - slopes[i]) > 1e-5 * abs(slopes[i]):
                assert not report, f"{name} is not found"
                finding = " is nan" if math.isnan(wrong) else ":"
                assert f"/ d {operand}{finding}" in report.findings[0], f"{name}\n{report}"
            else:
                assert report, f"{name} is no change\n{report}"


@settings(max_examples=40)
@given(st.sampled_from(["tanh", "exp", "sin", "sigmoid", "square", "log1p", "atan"]), st.floats(0.2, 2.0))
def test_a_wrong_rule_inside_is_found(name, x):
    wrong = planted(PRIMITIVES[name], 0, CHANGES["a factor of 1.0001"])
    report = gradcheck(lambda x: ag.cosh(wrong(x * x)), x)
    assert not report
    assert report.worst.ulps > 1e6
    assert report.excess > 1.0


def test_a_wrong_second_derivative_is_found():
    slope = custom_derivative(lambda x: ag.cos(x), lambda out, x: (ag.sin(x),))
    rule = custom_derivative(lambda x: ag.sin(x), lambda out, x: (slope(x),))
    assert gradcheck(rule, 0.5)
    report = gradcheck(rule, 0.5, order=2)
    assert "d2 result / d x d x: expected -0.479" in str(report)
    frozen = custom_derivative(lambda x: ag.sin(x), lambda out, x: (math.cos(x.data if isinstance(x, Value) else x),))
    assert gradcheck(frozen, 0.5)
    assert "got 0.0" in str(gradcheck(frozen, 0.5, order=2))


def lucky(x, y, state=random.Random(0)):  # noqa: B008
    return x * y * state.random()


def counting(x, state=[1.0]):  # noqa: B006
    state[0] += 1.0
    return x * state[0]


@pytest.mark.parametrize(
    ("f", "xs", "options", "words"),
    [
        (lambda x: 3.0, (0.5,), {}, "result is a constant"),
        (lambda x: [x * x, 3.0], (0.5,), {}, "result[1] is a constant"),
        (lambda x: Value(3.0) * 2.0, (0.5,), {}, "result is a constant"),
        (lambda x: [], (0.5,), {}, "no numbers"),
        (lambda x: x.data * 2.0, (0.5,), {}, "constant"),
        (lambda x: x.data * 2.0, (0.5,), {"allow_unused": True}, "expected 2.0"),
        (lambda x, y: x * x, (2.0, 3.0), {}, "y is ignored"),
        (lambda x, p: x * p["a"], (2.0, {"a": 3.0, "b": 4.0}), {}, "p['b'] is ignored"),
        (lambda x: x * float("nan"), (0.5,), {}, "result is nan"),
        (lambda x: ag.where(x > 0.0, x, x) * math.inf, (0.5,), {}, "result is inf"),
        (ag.log, (-1.0,), {}, "outside of the domain: ValueError: log(-1)"),
        (ag.relu, (0.0,), {}, "too near a kink: relu at 0.0"),
        (ag.abs, (0.0,), {}, "kink"),
        (ag.sqrt, (0.0,), {}, "kink"),
        (lambda x: ag.max([x, 0.5]), (0.5,), {}, "too near a kink: max at 0.5, 0.5"),
        (lambda x: ag.relu(x - 1.0), (1.0 + 1e-9,), {}, "too near a kink: relu"),
        (custom_derivative(lambda x: ag.relu(x), lambda out, x: (ag.less(0.0, x),)), (0.0,), {}, "relu at 0.0, inside"),
        (lambda x: x.detach() * x, (0.5,), {}, "got 0.5 (differences with"),
        (lambda x: (1e17 + ag.erf(x)) - 1e17, (0.5,), {}, "do not settle"),
        (ag.erf, (7.0,), {}, "do not settle"),
        (ag.sin, (1e16,), {}, "too far out, where it turns quicker than floats can step: sin at 1e+16; move the point"),
        (lambda x: x * x, (5e-324,), {}, "x is 5e-324, so small"),
        (ag.log, (1e-309,), {}, "so small"),
        (lambda x: ag.cbrt(x) * 1e200, (1e-200,), {}, "is inf, with which nothing can be compared"),
        (lambda x: x * (1.0 if x.data == 0.5 else 2.0), (0.5,), {}, "expected 2.0, got 1.0"),
        (lucky, (0.5, 2.0), {}, "not the same at every call"),
        (counting, (0.5,), {}, "not the same at every call"),
    ],
)
def test_nothing_passes_by_accident(f, xs, options, words):
    report = gradcheck(f, *xs, **options)
    assert not report
    assert words in str(report)
    with pytest.raises(AssertionError, match="gradcheck failed with") as caught:
        assert_gradients(f, *xs, **options)
    assert words in str(caught.value)


def test_what_is_unused_may_be_allowed():
    assert gradcheck(lambda x, y: x * x, 2.0, 3.0, allow_unused=True)
    assert gradcheck(lambda x: 3.0, 2.0, allow_unused=True)


def test_the_report_tells_what_was_compared():
    wrong = planted(PRIMITIVES["sin"], 0, CHANGES["a factor of 1.0001"])
    report = gradcheck(lambda x, y: wrong(x) * y, 0.5, 2.0)
    assert report.worst.where == "d result / d x"
    assert report.worst.expected == pytest.approx(2.0 * math.cos(0.5), rel=1e-9)
    assert report.worst.got == pytest.approx(2.0002 * math.cos(0.5), rel=1e-12)
    assert report.worst.ulps > 1e10
    assert any("differences with step" in text for text in report.findings)
    assert any("complex step" in text for text in report.findings)
    assert str(report).splitlines()[0] == "gradcheck failed with 2 findings: 6 comparisons"


def test_a_row_that_is_not_known_for_complex_numbers_is_noted():
    report = gradcheck(lambda x: ag.lgamma(x) * ag.erf(x), 1.5)
    assert report
    assert report.notes == ["no complex step: erf, lgamma not known for complex numbers"]
    assert "note: no complex step" in str(report)
    assert not gradcheck(ag.sin, 1.5).notes


def test_bad_arguments():
    with pytest.raises(ValueError, match="order=3"):
        gradcheck(ag.sin, 1.0, order=3)
    with pytest.raises(TypeError, match="pass the function itself"):
        gradcheck(1.0, 1.0)
    with pytest.raises(TypeError, match="argument"):
        gradcheck(ag.sin, "x")
    with pytest.raises(TypeError, match="result"):
        gradcheck(lambda x: None, 1.0)
    assert isinstance(ROWS[0], Primitive)


# -- rules of users, over ranges in which steps are long beside their waves

RULES = {
    "sinc": (lambda x: ag.sin(x) / x, lambda out, x: (ag.cos(x) - out) / x, (1.0, 1e6)),
    "x sin 1/x": (lambda x: x * ag.sin(1 / x), lambda out, x: ag.sin(1 / x) - ag.cos(1 / x) / x, (0.01, 1e3)),
    "cos x^2": (lambda x: ag.cos(x * x), lambda out, x: -2 * x * ag.sin(x * x), (0.1, 300.0)),
    "exp sin 3x": (lambda x: ag.exp(ag.sin(3 * x)), lambda out, x: 3 * ag.cos(3 * x) * out, (0.1, 3e3)),
    "x^3 e^-x": (lambda x: x**3 * ag.exp(-x), lambda out, x: (3 / x - 1) * out, (0.1, 300.0)),
    "softplus": (lambda x: ag.log1p(ag.exp(x)), lambda out, x: 1 - ag.exp(-out), (0.1, 30.0)),
    "beats": (
        lambda x: ag.sin(x) * ag.sin(1.01 * x),
        lambda out, x: ag.cos(x) * ag.sin(1.01 * x) + 1.01 * ag.sin(x) * ag.cos(1.01 * x), (0.1, 3e4),
    ),
}  # fmt: skip
"""Value, rule and the range of points, which are drawn by their logarithm."""


def opaque(f):
    """f as a row without a lowering, of which nothing is known but its numbers: no complex step, no bends."""
    return lambda rule: Primitive("opaque", 1, lambda x: float(f(x)), (rule,))


@pytest.mark.thorough
@pytest.mark.parametrize("make", [lambda f: lambda rule: custom_derivative(f, lambda *xs: (rule(*xs),)), opaque])
@pytest.mark.parametrize("name", RULES)
def test_right_rules_pass_and_slightly_wrong_ones_fail(name, make):
    f, rule, (low, high) = RULES[name]
    row_with = make(f)

    @settings(max_examples=25)
    @given(st.floats(math.log(low), math.log(high)), st.sampled_from([1e-2, -1e-4, 1e-5, -4e-6]))
    def check(logarithm, fault):
        x = math.exp(logarithm)
        report = gradcheck(row_with(rule), x)
        assert not [text for text in report.findings if "expected" in text], str(report)
        if report and report.worst.got:
            assert not gradcheck(row_with(lambda out, x: rule(out, x) * (1.0 + fault)), x)

    check()


def test_the_rule_at_1000():
    assert gradcheck(custom_derivative(lambda x: ag.sin(x) / x, lambda out, x: ((ag.cos(x) - out) / x,)), 1000.0)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x ** Value(2.0), 0.0), (lambda x: x ** Value(4.0), 0.0), (ag.tanh, 0.0), (ag.tanh, 1e-20),
        (ag.sigmoid, 1e-20), (ag.asin, 1e-20), (ag.atanh, 0.0), (lambda x: ag.hypot(x, 1e-8), 1.0),
    ],
)  # fmt: skip
def test_second_derivatives_are_right_where_terms_cancel(f, x):
    assert (report := gradcheck(f, x, order=2)), str(report)
