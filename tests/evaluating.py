"""What formulas mean, for tests of what is written."""

from autograd_lite.explaining.formulas import Name, Numeral


def evaluated(formula, numbers):
    """The number that a formula means."""
    if isinstance(formula, Name):
        return numbers[formula.name]
    if isinstance(formula, Numeral):
        return formula.value
    operands = [evaluated(x, numbers) for x in formula.operands]
    row = formula.row
    if row.name == "dot":
        half = len(operands) // 2
        return row(operands[:half], operands[half:])
    return row(operands) if row.arity is None else row(*operands)
