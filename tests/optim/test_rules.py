"""Optimisers: the formulas of their sources, and the same bits on floats and on arrays."""

import math

import dags
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.optim import OPTIMIZERS, SGD, Adagrad, Adam, AdamW, RMSprop

VARIANTS = {
    "sgd": lambda ps: SGD(ps, lr=0.1),
    "momentum": lambda ps: SGD(ps, lr=0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda ps: SGD(ps, lr=0.1, momentum=0.9, nesterov=True),
    "adagrad": lambda ps: Adagrad(ps, lr=0.1, weight_decay=0.1),
    "rmsprop": lambda ps: RMSprop(ps, lr=0.1),
    "rmsprop, momentum": lambda ps: RMSprop(ps, lr=0.1, momentum=0.5, weight_decay=0.1),
    "adamw": lambda ps: AdamW(ps, lr=0.1, weight_decay=0.1),
    "adam": lambda ps: Adam(ps, lr=0.1),
    "adam, decay": lambda ps: Adam(ps, lr=0.1, betas=(0.8, 0.95), weight_decay=0.1),
}
floats = st.floats(-1e3, 1e3)


def test_gradient_descent_of_the_lecture():
    x = Value(-4.0)
    optimizer = SGD([x], lr=0.1)
    seen = [x.data]
    for _ in range(2):
        optimizer.zero_grad()
        ((x - 1) ** 2).backward()
        optimizer.step()
        seen.append(x.data)
    assert seen == pytest.approx([-4.0, -3.0, -2.2], abs=1e-15)


def test_momentum_by_hand():
    p = Value(1.0)
    optimizer = SGD([p], lr=0.5, momentum=0.5)
    for _ in range(3):
        optimizer.step([1.0])
    assert p.data == 1.0 - 0.5 * (1.0 + 1.5 + 1.75)


def test_nesterov_by_hand():
    p = Value(1.0)
    optimizer = SGD([p], lr=0.5, momentum=0.5, nesterov=True)
    for _ in range(2):
        optimizer.step([1.0])
    assert p.data == 1.0 - 0.5 * ((1.0 + 0.5) + (1.0 + 0.5 * 1.5))


def test_the_first_step_of_adam_is_the_rate():
    p = Value(1.0)
    Adam([p], lr=0.25).step([-1e-3])
    assert p.data == pytest.approx(1.25, rel=1e-4)


@pytest.mark.parametrize("variant", VARIANTS)
@given(st.lists(floats, min_size=1, max_size=5), st.lists(floats, min_size=4, max_size=4))
@settings(max_examples=25)
def test_floats_and_arrays_move_to_the_same_bits(variant, numbers, slopes):
    numpy = pytest.importorskip("numpy")
    by_floats, by_arrays = (VARIANTS[variant]([Value(x) for x in numbers]) for _ in range(2))
    data, array = list(numbers), numpy.array(numbers)
    for g in slopes:
        gradient = [g * (i + 1) for i in range(len(numbers))]
        data = by_floats.move(data, gradient)
        array = by_arrays.move(array, numpy.array(gradient))
    assert array.tolist() == data


@pytest.mark.parametrize("variant", VARIANTS)
@given(st.lists(st.floats(), min_size=2, max_size=2), st.lists(st.floats(), min_size=2, max_size=2))
@example([math.inf, -1.0], [1.0, -0.0])
@example([1.0, -1.0], [math.inf, math.nan])
@settings(max_examples=25)
def test_floats_and_arrays_agree_beyond_the_numbers_too(variant, numbers, slopes):
    """On inf, nan and zeros of either sign: where they go, and what is remembered."""
    numpy = pytest.importorskip("numpy")
    by_floats, by_arrays = (VARIANTS[variant]([Value(x) for x in numbers]) for _ in range(2))
    with numpy.errstate(all="ignore"):
        moved = by_floats.move(list(numbers), list(slopes))
        array = by_arrays.move(numpy.array(numbers), numpy.array(slopes))
    assert dags.same_bits(array.tolist(), moved)
    assert dags.same_bits(by_arrays.state_dict()["memory"], by_floats.state_dict()["memory"])


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_step_is_the_same_for_few_parameters_and_for_many(variant):
    few, many = [Value(0.5)], [Value(0.5) for _ in range(200)]
    for parameters in (few, many):
        optimizer = VARIANTS[variant](parameters)
        for k in range(4):
            for p in parameters:
                p.grad = math.sin(k) + p.data
            optimizer.step()
    assert {p.data for p in many} == {few[0].data}


@pytest.mark.parametrize("variant", VARIANTS)
def test_state_goes_on_to_the_same_bits(variant):
    parameters = [Value(1.0), Value(-2.0)]
    optimizer = VARIANTS[variant](parameters)
    for _ in range(3):
        optimizer.step([0.5, 0.25])
    copies = [Value(p.data) for p in parameters]
    settings = {"momentum": 0.1} if "velocity" in optimizer.memory else {}
    resumed = type(optimizer)(copies, lr=0.7, **settings)
    resumed.load_state_dict(optimizer.state_dict())
    for o in (optimizer, resumed):
        o.step([1.0, 3.0])
    assert [p.data for p in copies] == [p.data for p in parameters]
    assert resumed.steps == 4


def test_a_schedule_is_a_function_of_the_steps():
    p = Value(0.0)
    optimizer = SGD([p], lr=lambda step: 1.0 / (1 + step))
    for _ in range(3):
        optimizer.step([1.0])
    assert p.data == -(1.0 + 0.5 + 1.0 / 3.0)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("n", [1, 200])
def test_gradients_may_come_in_any_sequence(variant, n):
    numpy = pytest.importorskip("numpy")
    seen = []
    for kind in (list, tuple, numpy.array):
        parameters = [Value(0.5) for _ in range(n)]
        VARIANTS[variant](parameters).step(kind([0.25] * n))
        assert {type(p.data) for p in parameters} == {float}
        seen.append([p.data for p in parameters])
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize(
    ("optimizer", "rate"), [(SGD, 0.01), (Adagrad, 0.01), (RMSprop, 0.01), (Adam, 0.001), (AdamW, 0.001)]
)
def test_a_rate_need_not_be_given(optimizer, rate):
    assert optimizer([Value(1.0)]).rate == rate


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_names_and_reprs(name):
    assert repr(OPTIMIZERS[name]([Value(1.0)], lr=0.5)).startswith(f"{OPTIMIZERS[name].__name__}(1 parameters, lr=0.5")


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: SGD([], lr=0.1), ValueError, "got no parameters"),
        (lambda: SGD([1.0]), TypeError, "SGD moves Values, but got 1.0"),
        (lambda: SGD([Value(1.0)] * 2), ValueError, "the same parameter twice"),
        (lambda: SGD([Value(1.0) * 2.0]), ValueError, "moves leaves, but got .*, which was computed"),
        (lambda: SGD([Value(1.0)], lr=-0.1), ValueError, "lr must be at least 0.0, but got -0.1"),
        (lambda: SGD([Value(1.0)], lr=math.nan), ValueError, "lr must be at least 0.0, but got nan"),
        (lambda: SGD([Value(1.0)], lr="fast"), TypeError, "lr is a number, but got 'fast'"),
        (lambda: SGD([Value(1.0)], momentum=-1.0), ValueError, "momentum must be at least 0.0"),
        (lambda: SGD([Value(1.0)], nesterov=True), ValueError, "nesterov needs a momentum"),
        (lambda: Adam([Value(1.0)], betas=(1.0, 0.9)), ValueError, "beta1 must be at least 0.0 and below 1.0"),
        (lambda: Adam([Value(1.0)], betas=(0.9, 1.0)), ValueError, "beta2 must be at least 0.0 and below 1.0"),
        (lambda: Adam([Value(1.0)], eps=-1.0), ValueError, "eps must be at least 0.0"),
        (lambda: SGD([Value(1.0)]).step([1.0, 2.0]), ValueError, "moves 1 parameters, but got 1 numbers and 2"),
        (lambda: SGD([Value(1.0)]).load_state_dict({"kind": "Adam"}), ValueError, "the state is of 'Adam'"),
    ],
)
def test_bad_input(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()


@pytest.mark.parametrize("alpha", [1.0, 1.5, -0.1])
def test_rmsprop_forgets_something(alpha):
    with pytest.raises(ValueError, match="alpha"):
        RMSprop([Value(1.0)], alpha=alpha)


def test_a_schedule_outlives_the_state_of_a_fixed_rate():
    fixed, scheduled = SGD([Value(1.0)], lr=0.5), SGD([Value(1.0)], lr=lambda t: 0.25)
    scheduled.load_state_dict(fixed.state_dict())
    assert (scheduled.lr(0), scheduled.rate) == (0.25, 0.25)
    fixed.load_state_dict(scheduled.state_dict())
    assert fixed.lr == 0.5


def test_a_dict_of_gradients_is_refused():
    w = [Value(1.0), Value(2.0)]
    optimizer = SGD(w, lr=0.1)
    with pytest.raises(TypeError, match=r"got a dict with the keys 'w', 'b', .*pass list\(gradients.values\(\)\)"):
        optimizer.step({"w": 1.0, "b": 2.0})
    assert ([x.data for x in w], optimizer.steps) == ([1.0, 2.0], 0)


@pytest.mark.parametrize("size", [2, 100])
def test_gradients_that_are_values_do_not_become_data(size):
    w = [Value(1.0) for _ in range(size)]
    optimizer = SGD(w, lr=0.1)
    with pytest.raises(TypeError, match=r"take v\.data"):
        optimizer.step([2.0 * Value(0.5) for _ in range(size)])
    assert ([x.data for x in w], optimizer.steps) == ([1.0] * size, 0)


@pytest.mark.parametrize(("numbers", "gradients"), [(1, 2), (2, 1), (1, 1), (3, 3)])
def test_there_is_a_gradient_for_each_parameter(numbers, gradients):
    optimizer = Adam([Value(1.0), Value(2.0)])
    said = rf"Adam moves 2 parameters, but got {numbers} numbers and {gradients} gradients"
    with pytest.raises(ValueError, match=said):
        optimizer.move([1.0] * numbers, [1.0] * gradients)
    assert optimizer.steps == 0
    if gradients != 2:
        with pytest.raises(ValueError, match=f"Adam moves 2 parameters, but got 2 numbers and {gradients} gradients"):
            optimizer.step([1.0] * gradients)


@pytest.mark.parametrize("wrong", [{"momentum": True}, {"momentum": "0.9"}, {"nesterov": 1.0}, {"momentum": None}])
def test_settings_of_a_state_are_of_their_kind(wrong):
    optimizer = SGD([Value(1.0)], momentum=0.9)
    with pytest.raises(TypeError, match=rf"{next(iter(wrong))} is .* in the state; load one that state_dict gave"):
        optimizer.load_state_dict({**optimizer.state_dict(), **wrong})
    assert optimizer.momentum == 0.9
