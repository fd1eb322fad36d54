"""Steps of training: what a loss has to be, on Values and compiled alike."""

import numpy as np
import pytest

from autograd_lite import Value, no_grad, square, where
from autograd_lite.nn import MLP, Linear, fit

X, Y = [[1.0, 2.0], [2.0, 1.0]], [1.0, 0.0]


def trained(loss, compiled, **settings):
    model = MLP(2, [3, 1], rng=0)
    history = fit(model, X, Y, loss=loss, epochs=2, progress=False, compile=compiled, rng=0, **settings)
    return history["loss"][-1], [p.data for p in model.parameters()]


def under_no_grad(o, t):
    with no_grad():
        return square(o - t)


NO_GRAPH = {
    "zero": lambda o, t: 0,
    "a number": lambda o, t: (o.data - t) ** 2,
    "a value of its own": lambda o, t: Value(1.0),
    "of the target": lambda o, t: t * t,
    "detached": lambda o, t: square(o - t).detach(),
    "an array of a number": lambda o, t: np.array(2.0),
}


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("loss", NO_GRAPH)
def test_a_loss_without_graph_is_refused_alike(loss, compiled):
    with pytest.raises(ValueError, match=r"the loss does not depend on the parameters.*; compute it from the outputs"):
        trained(NO_GRAPH[loss], compiled)


def test_a_loss_under_no_grad_is_refused():
    with pytest.raises(ValueError, match="the loss does not depend on the parameters"):
        trained(under_no_grad, False)


def test_the_parameters_of_another_model_are_none_of_it():
    from autograd_lite.optim import SGD

    with pytest.raises(ValueError, match="the loss does not depend on the parameters"):
        fit(Linear(2, 1, rng=0), X, Y, optimizer=SGD(Linear(2, 1, rng=0).parameters()), epochs=1, progress=False)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("wrap", [np.array, lambda x: np.squeeze(np.array([x])), lambda x: np.tensordot([x], [1.0], 1)])
def test_an_array_without_axes_is_a_number(wrap, compiled):
    assert trained(lambda o, t: wrap(square(o - t)), compiled) == trained(lambda o, t: square(o - t), compiled)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_loss_that_depends_on_the_parameters_by_its_penalty_alone_trains(compiled):
    loss, _ = trained(lambda o, t: 0.0 * t, compiled, penalty=lambda model: square(model.parameters()[0]))
    assert loss > 0.0


@pytest.mark.parametrize("compiled", [False, True])
def test_a_loss_may_choose_a_branch_without_parameters(compiled):
    trained(lambda o, t: where(t, lambda: square(o - t), lambda: 0.0), compiled, batch_size=1, shuffle=False)
    trained(lambda o, t: where(1.0 - t, lambda: square(o - t), lambda: 0.0), compiled, batch_size=1, shuffle=False)
