"""interpreter: any meaning of the rows, on single numbers and over samples."""

import pytest

from autograd_lite import Program, Value, compile, vmap
from autograd_lite.core.graph import BATCH_SUM
from autograd_lite.program.interpreter import interpret

X, Y = Value(2.0, label="x"), Value(3.0, label="y")


def test_a_program_is_an_expression_in_any_meaning():
    program = Program.from_values([X * Y - 1.0, Y], [X, Y])

    def written(row, operands):
        return f"{row.name}({', '.join(map(str, operands))})"

    assert interpret(program, written, [["a"], ["b"]]) == [["sub(mul(a, b), 1.0)"], ["b"]]


@pytest.mark.parametrize("samples", [0, 1, 3])
def test_a_sum_over_samples_is_a_row_of_all_of_them(samples):
    step = vmap(lambda w, x: w * x, in_axes=(None, 0), reduce="mean")
    program = compile(lambda w, x: [step(w, x), w], backend="python").trace(2.0, [1.0, 2.0])

    def meaning(row, operands):
        return sum(operands) if row is BATCH_SUM else row.ieee_value(*operands)

    xs = [[float(i)] for i in range(samples)]
    (found,) = interpret(program, meaning, [[5.0], xs], samples)
    mean = 5.0 * sum(range(samples)) / samples if samples else float("nan")
    assert found == pytest.approx([mean, 5.0], nan_ok=True)
