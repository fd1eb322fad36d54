"""The documentation of a row, `help(tanh)`: its formula, partial derivatives, domain and kinks, read off the row."""

from autograd_lite.core.primitives import Primitive
from autograd_lite.explaining.formulas import Name
from autograd_lite.explaining.partials import partial_formula
from autograd_lite.explaining.writing import plain_text

OUT = "out"  # what the result is called

CHOICE = """
    {0}(less(x, 0.0), lambda: -x, lambda: sqrt(x))

Branches that are functions are the form to use: only the chosen one is computed, so that the other can be outside of
its domain, and nothing in it reaches a value or a derivative. Operands after them are passed to both, as JAX's cond
has it. Branches that are values are both computed before the choice, and raise where they are outside of their domain.
"""
"""What the documentation of rows that choose begins with."""


def partials_told(row: Primitive) -> list[tuple[str, str]]:
    """Each operand with its partial derivative; of rows of any number of operands, those of one x (and one w).

    >>> from autograd_lite.core.table import atan2
    >>> partials_told(atan2)
    [('y', 'x/(x² + y²)'), ('x', '−y/(x² + y²)')]
    """
    names = row.operand_names()
    if row.words:
        return [(x, row.words) for x in names]
    if row.selects:
        return list(zip(names, ("none", f"[{names[0]}]", f"[not {names[0]}]"), strict=True))
    formulas = [partial_formula(row, i, OUT, tuple(Name(x) for x in names)) for i in range(len(names))]
    unknown = "none" if row.partial_rules else "what its rule gives"
    return [(x, unknown if f is None else plain_text(f)) for x, f in zip(names, formulas, strict=True)]


def documentation_of(row: Primitive) -> str:
    """The documentation of a row, for people who ask `help`.

    >>> from autograd_lite.core.table import tanh
    >>> print(documentation_of(tanh))
    tanh(x) = tanh x
    <BLANKLINE>
    Partial derivatives, with the result named out:
        d/dx = 1 − out²
    Domain: all reals; -inf: -1; inf: 1.
    No derivative at: none.
    <BLANKLINE>
    Numbers give a float, Values a Value that remembers. Raises TypeError for anything else, and what `math`
    raises outside the domain; a compiled program gives nan or inf there.
    """
    formula = f" = {row.formula}" if row.formula not in ("", row.written()) else ""
    partials = "\n".join(f"    d/d{name} = {text}" for name, text in partials_told(row))
    return f"""{row.written()}{formula}
{CHOICE.format(row.name) if row.selects else ""}
Partial derivatives, with the result named {OUT}:
{partials}
Domain: {row.stated_domain()}.
No derivative at: {row.kinks}.

Numbers give a float, Values a Value that remembers. Raises TypeError for anything else, and what `math`
raises outside the domain; a compiled program gives nan or inf there."""
