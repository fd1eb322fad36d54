"""What rows say of themselves, to `help` and in the docs."""

import io
import math
import os
import pydoc

import pytest
from project import ROOT, ran

import autograd_lite
from autograd_lite.cli.table import table
from autograd_lite.core.primitives import PRIMITIVES, Primitive
from autograd_lite.explaining.documentation import documentation_of, partials_told


@pytest.mark.parametrize("row", PRIMITIVES.values(), ids=lambda row: row.name)
def test_a_row_tells_its_formula_partials_domain_and_kinks(row):
    text = documentation_of(row)
    assert text.startswith(f"{row.name}(")
    assert f"= {row.formula}\n" in text
    assert f"Domain: {row.stated_domain()}." in text
    assert f"No derivative at: {row.kinks}." in text
    for name, partial in partials_told(row):
        assert partial
        assert f"    d/d{name} = {partial}\n" in text


@pytest.mark.parametrize("row", PRIMITIVES.values(), ids=lambda row: row.name)
def test_only_where_nothing_flows_a_partial_is_none(row):
    nothing = [text is None for text in row.partial_rules] or [False] * len(row.operand_names())
    assert [text == "none" for _, text in partials_told(row)] == nothing


def test_a_rule_of_the_user_is_told_from_the_rule():
    def energy(mass, speed):
        return mass * speed**2 / 2.0

    row = autograd_lite.custom_derivative(energy, lambda out, m, v: (v**2 / 2.0, m * v))
    assert partials_told(row) == [("mass", "speed²/2"), ("speed", "mass·speed")]
    assert documentation_of(row).startswith("energy(mass, speed)\n")
    row = autograd_lite.custom_derivative(lambda x: math.sin(x), lambda out, x: (math.cos(x),))  # asks for a number
    assert partials_told(row) == [("x", "what its rule gives")]


def test_help_tells_of_the_row_and_help_of_the_class_of_the_class():
    output = io.StringIO()
    pydoc.Helper(output=output).help(autograd_lite.tanh)
    assert "d/dx = 1 − out²" in output.getvalue()
    assert Primitive.__doc__.startswith("One row of the table.")
    assert autograd_lite.exp.__doc__ != autograd_lite.tanh.__doc__


def test_a_table_keeps_its_columns_whatever_the_formula():
    lines = table([PRIMITIVES["abs"]]).splitlines()
    assert lines[-1] == "| abs | \\|x\\| | d/dx = sign(x) | all reals; -inf and inf: inf | 0: 0 |"


def test_the_page_in_the_docs_is_up_to_date():
    run = ran("-m", "autograd_lite", "table", text=False, env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    # if not: python -m autograd_lite table > docs/PRIMITIVES.md
    assert (ROOT / "docs" / "PRIMITIVES.md").read_text(encoding="utf-8") == run.stdout.decode().replace("\r", "")


def test_the_page_can_be_read():
    """A partial that is computed by coefficients is shown as lectures write it."""
    assert max(map(len, (ROOT / "docs" / "PRIMITIVES.md").read_text(encoding="utf-8").splitlines())) < 400
