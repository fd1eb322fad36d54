"""Rows in letters: what is written means what is computed."""

import math

import pytest
from evaluating import evaluated
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite.explaining.formulas import Applied, Name, Numeral, as_formula, formula_of, substituted
from autograd_lite.explaining.writing import plain_text, tex

X, Y, Z = Name("x"), Name("y"), Name("z")


def meaning(text, numbers):
    """What Python makes of the plain text of a formula of + − · / and brackets."""
    return eval(text.replace("·", "*").replace("−", "-").replace("²", "**2").replace("³", "**3"), {}, dict(numbers))


TREES = st.recursive(
    st.sampled_from([X, Y, Z]) | st.integers(-3, 3).map(lambda n: Numeral(float(n))),
    lambda inner: (
        st.tuples(st.sampled_from(["add", "sub", "mul", "div"]), inner, inner).map(
            lambda t: Applied(ag.PRIMITIVES[t[0]], (t[1], t[2]))
        )
        | inner.map(lambda x: Applied(ag.neg, (x,)))
        | inner.map(lambda x: Applied(ag.square, (x,)))
    ),
    max_leaves=8,
)


def test_no_minus_comes_behind_an_operator():
    numbers = (Numeral(2.0), Numeral(-1.0), Numeral(-1.0), Numeral(2.0))
    assert plain_text(formula_of(ag.PRIMITIVES["dot"], numbers)) == "2·(−1) + (−1·2)"


@given(TREES)
def test_brackets_stand_where_they_are_needed(formula):
    numbers = {"x": 1.25, "y": -0.75, "z": 3.5}
    try:
        expected = evaluated(formula, numbers)
    except (ZeroDivisionError, OverflowError):
        return
    assert meaning(plain_text(formula, 17), numbers) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(TREES)
def test_latex_is_balanced(formula):
    text = tex(formula)
    assert text.count("{") == text.count("}")
    assert text.count(r"\left(") == text.count(r"\right)")


@given(TREES)
def test_numbers_in_place_of_names(formula):
    numbers = {"x": 1.25, "y": -0.75, "z": 3.5}
    try:
        expected = evaluated(formula, numbers)
    except (ZeroDivisionError, OverflowError):
        return
    assert evaluated(substituted(formula, numbers), {}) == expected or math.isnan(expected)


@pytest.mark.parametrize("row", ag.PRIMITIVES.values(), ids=ag.PRIMITIVES)
def test_every_row_can_be_written(row):
    names = tuple(Name(letter) for letter in "abcd"[: row.arity or 4])
    formula = formula_of(row, names)
    assert plain_text(formula)
    assert tex(formula).count("{") == tex(formula).count("}")
    for name in names:
        assert name.name in plain_text(formula)


@pytest.mark.parametrize(
    ("formula", "text", "latex"),
    [
        (X * Y + Z, "x·y + z", r"x \cdot y + z"),
        ((X + Y) * Z, "(x + y)·z", r"\left(x + y\right) \cdot z"),
        (X / (Y * Z), "x/(y·z)", r"\frac{x}{y \cdot z}"),
        (X - (Y - Z), "x − (y − z)", r"x - \left(y - z\right)"),
        (X * X, "x²", "x^{2}"),
        (1.0 * X + 0.0, "x", "x"),
        (X * -2.0, "x·(−2)", r"x \cdot \left(-2\right)"),
        (-X * Y, "−x·y", r"-x \cdot y"),
        (Numeral(4.0) + -3.0, "4 + (−3)", r"4 + \left(-3\right)"),
        (Applied(ag.exp, (-X,)), "e^(−x)", "e^{-x}"),
        (Applied(ag.tanh, (X + Y,)), "tanh(x + y)", r"\tanh\left(x + y\right)"),
        (Applied(ag.where, (Applied(ag.less, (X, Y)), X, Y)), "x if [x < y] else y", None),
    ],
)
def test_as_it_is_written_by_hand(formula, text, latex):
    assert plain_text(formula) == text
    assert latex is None or tex(formula) == latex


def test_many_terms_are_cut_in_the_middle():
    names = tuple(Name(f"x{i}") for i in range(20))
    assert plain_text(Applied(ag.sum, names)) == "x0 + x1 + x2 + x3 + … + x19"
    assert plain_text(Applied(ag.max, names)) == "max(x0, x1, x2, x3, …, x19)"


def test_other_things_are_refused():
    with pytest.raises(TypeError, match="made of names and numbers, but got 'x'"):
        as_formula("x")
