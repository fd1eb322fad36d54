"""The sign of each operation in drawings.  The table's own labels, in nicer letters where there are some."""

from autograd_lite.core.primitives import Primitive

SIGNS = {
    "add": "+", "sub": "−", "mul": "×", "neg": "−x", "div": "÷", "pow": "xʸ", "abs": "|x|", "sigmoid": "σ",
    "exp": "eˣ", "exp2": "2ˣ", "floor": "⌊x⌋", "ceil": "⌈x⌉", "less_equal": "≤",
    "logical_and": "∧", "logical_or": "∨", "logical_not": "¬",
}  # fmt: skip


def sign(row: Primitive) -> str:
    """The sign that stands for a row.

    >>> from autograd_lite.core.table import mul, tanh
    >>> sign(mul), sign(tanh)
    ('×', 'tanh')
    """
    return SIGNS.get(row.name, row.label)
