"""The order of a graph in numbers is that in which the reverse pass visits the same graph of Values."""

from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, logsumexp
from autograd_lite.core.fast.flat_order import visited
from autograd_lite.core.graph import operands_of
from autograd_lite.core.reverse import topological_order


@st.composite
def graphs(draw):
    values = [Value(float(i + 1)) for i in range(draw(st.integers(1, 4)))]
    for _ in range(draw(st.integers(1, 30))):
        a, b, c = [values[draw(st.integers(max(0, len(values) - 6), len(values) - 1))] for _ in range(3)]
        values.append([-a, a + b, a * b, logsumexp([a, b, c])][draw(st.integers(0, 3))])
    return values


@given(graphs(), st.integers(1, 3))
def test_the_order_is_that_of_the_reverse_pass(values, count):
    roots = values[-count:]
    number = {x: i for i, x in enumerate(values)}
    left, right, more = [-1] * len(values), [-1] * len(values), {}
    for x, i in number.items():
        operands = tuple(number[y] for y in operands_of(x))
        if len(operands) > 2:
            more[i] = operands
        elif operands:
            left[i], right[i] = operands[0], operands[1] if len(operands) == 2 else -1
    order = [number[x] for x in reversed(topological_order(roots))]
    assert visited(left, right, more, [number[x] for x in roots]) == order
