"""Matrices that open into the scalars of their algorithms."""

import pytest
from matrices import FUNCTIONS, loss_of

from autograd_lite import Value, grad, linalg


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_scalars_have_the_same_value_and_gradient(name):
    f, xs = loss_of(name)
    with linalg.opened():
        value, slopes = f([Value(x) for x in xs]), grad(f)(xs)
    assert value.data == f([Value(x) for x in xs]).data
    assert slopes == pytest.approx(grad(f)(xs), rel=1e-6, abs=1e-6)
    seen, stack = set(), [value]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(node._prev)
    assert not {node.op for node in seen} & {"item", "stack", *linalg.__all__} - {"norm"}


def test_what_has_no_solution_raises_too():
    with linalg.opened(), pytest.raises(linalg.LinAlgError):
        linalg.cholesky([[Value(1.0), 0.0], [0.0, Value(-1.0)]])
    with linalg.opened(), pytest.raises(linalg.LinAlgError):
        linalg.solve([[Value(1.0), 2.0], [2.0, Value(4.0)]], [1.0, 2.0])
