"""The gradient in a Module, as a compiled function returns it."""

import pickle
from collections.abc import Mapping

import numpy as np
import pytest

from autograd_lite import compile, grad, jvp, nn, optim, value_and_grad
from autograd_lite.program.named_numbers import NamedNumbers


@pytest.mark.parametrize("array", [[1.0, 2.0], np.array([1.0, 2.0])])
def test_a_mapping_that_is_like_a_dict(array):
    found, want = NamedNumbers(("w", "b"), array), {"w": 1.0, "b": 2.0}
    assert found == want
    assert want == found
    assert found == NamedNumbers(("w", "b"), [1.0, 2.0])
    assert found != {"w": 1.0, "b": 3.0}
    assert found != 3.0
    assert (repr(found), dict(found), list(found), len(found)) == (repr(want), want, ["w", "b"], 2)
    assert (list(found.items()), list(found.values()), "b" in found, "c" in found) == (
        [*want.items()],
        [1.0, 2.0],
        True,
        False,
    )
    assert {type(x) for x in found.values()} == {float}
    assert pickle.loads(pickle.dumps(found)) == want
    assert isinstance(found, Mapping)
    with pytest.raises(KeyError, match="'c'"):
        found["c"]
    with pytest.raises(TypeError, match="unhashable"):
        hash(found)


@pytest.mark.parametrize("backend", ["python", "numpy"])
def test_the_compiled_gradient_in_a_module(backend):
    model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    f = lambda m, x: m(x) ** 2  # noqa: E731
    value, slope = compile(value_and_grad(f), backend=backend)(model, [0.5, -1.0])
    want_value, want = value_and_grad(f)(model, [0.5, -1.0])
    assert value == pytest.approx(want_value, rel=1e-14)
    assert slope == pytest.approx(want, rel=1e-12)
    assert list(slope) == [name for name, _ in model.named_parameters()]
    # it goes back in where a dict of parameters does
    direction = jvp(lambda m: f(m, [0.5, -1.0]), (model,), (slope,))[1]
    assert direction == pytest.approx(sum(x * x for x in slope.values()), rel=1e-12)
    assert grad(lambda g: g["layers.1.neurons.0.b"] * 2.0)(slope)["layers.1.neurons.0.b"] == 2.0
    adam = optim.Adam(model.parameters())
    adam.step(list(slope.values()))
    with pytest.raises(TypeError, match="takes the gradients in the order of its parameters, but got a dict"):
        adam.step(slope)
