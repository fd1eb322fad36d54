"""The partials that are told are the partials that are used."""

import pytest
from evaluating import evaluated

import autograd_lite as ag
from autograd_lite import Value
from autograd_lite.explaining.formulas import Name, Numeral
from autograd_lite.explaining.partials import partial_formula

POINTS = [(0.3, 0.7, 0.9, 0.2), (1.6, 2.5, 3.5, 1.3), (0.8, 0.4, 0.6, 0.5)]


def recorded(row, numbers):
    """The result of a row and its partials, as the library records them."""
    xs = [Value(x) for x in numbers]
    operands = (xs[:2], xs[2:]) if row.name == "dot" else (xs,) if row.arity is None else tuple(xs)
    out = row(*operands)
    return out.data, out.partials


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("row", ag.PRIMITIVES.values(), ids=ag.PRIMITIVES)
def test_formulas_give_the_recorded_numbers(row, point):
    numbers = point[: row.arity or 4]
    if row.name == "polygamma":
        numbers = (2.0, *numbers[1:])
    try:
        out, partials = recorded(row, numbers)
    except ValueError:
        pytest.skip("outside of the domain")
    names = tuple(Name(letter) for letter in "abcd"[: len(numbers)])
    values = {"out": out, **dict(zip("abcd", numbers, strict=False))}
    for i, partial in enumerate(partials):
        formula = partial_formula(row, i, "out", names)
        if formula is not None:
            assert evaluated(formula, values) == pytest.approx(partial, rel=1e-9, abs=1e-12, nan_ok=True)


def test_most_rows_tell_their_partials_by_a_formula():
    untold = set()
    for name, row in ag.PRIMITIVES.items():
        names = tuple(Name(letter) for letter in "abcd"[: row.arity or 4])
        formulas = [partial_formula(row, i, "out", names) for i in range(len(names))]
        if None in formulas:
            untold.add(name)
    silent = {name for name, row in ag.PRIMITIVES.items() if None in row.partial_rules}  # where nothing flows
    assert untold == silent | {"prod", "max", "min"}
    assert "polygamma" in silent


def test_lectures_write_a_partial_for_each_operand():
    for row in ag.PRIMITIVES.values():
        if isinstance(row.lecture, tuple):
            assert row.arity == len(row.lecture)


def test_a_constant_exponent_comes_down():
    from autograd_lite.explaining.writing import plain_text

    assert plain_text(partial_formula(ag.pow, 0, "out", (Name("x"), Numeral(3.0)))) == "3·x²"
