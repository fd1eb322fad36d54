"""The local partial of a row in one operand, as a formula: its partials, or those of lectures, applied to names."""

from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import div
from autograd_lite.explaining.formulas import Applied, Formula, Name, Numeral, as_formula


def partial_formula(row: Primitive, i: int, out: str, operands: tuple[Formula, ...]) -> Formula | None:
    """The partial of `row` in operand i, in terms of the operands and the result; None where there is no such formula.

    >>> from autograd_lite.core.table import mul, tanh
    >>> from autograd_lite.explaining.writing import plain_text
    >>> plain_text(partial_formula(mul, 0, "q", (Name("x"), Name("y"))))
    'y'
    >>> plain_text(partial_formula(tanh, 0, "h", (Name("z"),)))
    '1 − h²'
    """
    if row.selects or (row.arity is None and row.words and row.lecture is None):
        return None
    result, rules = Name(out), row.lecture or row.partials
    values = [x.value if isinstance(x, Numeral) and row.lecture is None else x for x in operands]
    try:
        rule = rules[i] if isinstance(rules, tuple) else rules(result, values)[i]
        found = rule(result, *values) if callable(rule) else rule
        formula = None if found is None else as_formula(found)
    except Exception:  # the partial asks for a number; in a rule of the user's own, in any way
        return None
    if row.arity is None and isinstance(found, float):
        k = round(1.0 / found) if found else 0  # one k-th is written as such
        return Applied(div, (Numeral(1.0), Numeral(float(k)))) if k > 1 and found == 1.0 / k else Numeral(found)
    return formula
