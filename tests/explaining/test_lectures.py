"""The worked examples of the lectures come out of `explain`, with their numbers."""

import math

import pytest

from autograd_lite import Value, explain, log, relu, sigmoid, tanh
from autograd_lite import exp as e
from autograd_lite import sum as total


def gradient(explanation, name):
    return explanation[name].gradient


def rounded(explanation, names, digits=4):
    return [round(gradient(explanation, name), digits) for name in names]


def test_product_of_a_sum():
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    told = explain(f)
    assert (told["q"].value, told["f"].value) == (3.0, -12.0)
    assert [gradient(told, n) for n in ("z", "q", "x", "y")] == [3.0, -4.0, -4.0, -4.0]
    assert "∂f/∂x = ∂f/∂q · ∂q/∂x = ∂f/∂q · 1 = (−4) · 1 = −4" in told.text


def test_a_logistic_neuron_in_single_steps():
    w0, w1, w2, x0, x1 = (Value(v) for v in (2.0, -3.0, -3.0, -1.0, -2.0))
    z = w0 * x0 + w1 * x1 + w2
    minus = -z
    grown = e(minus)
    one = 1.0 + grown
    f = 1.0 / one
    told = explain(f, precision=2)
    assert round(told["f"].value, 4) == 0.7311
    assert rounded(told, ("f", "one", "grown", "minus", "z"), 2) == [1.00, -0.53, -0.53, -0.20, 0.20]
    assert rounded(told, ("w0", "x0", "w1", "x1", "w2"), 2) == [-0.20, 0.39, -0.39, -0.59, 0.20]
    assert "∂f/∂minus = ∂f/∂grown · ∂grown/∂minus = ∂f/∂grown · grown = (−0.53) · 0.37 = −0.2" in told.text


def test_logistic_regression():
    theta, x, t = [Value(0.1), Value(-0.4), Value(0.7)], [Value(2.0), Value(-1.0)], 1.0
    a = theta[0] + theta[1] * x[0] + theta[2] * x[1]
    y = sigmoid(a)
    J = t * log(y) + (1.0 - t) * log(1.0 - y)
    told = explain(J)
    dy = t / y.data + (1.0 - t) / (y.data - 1.0)
    assert gradient(told, "y") == pytest.approx(dy)
    assert gradient(told, "a") == pytest.approx(dy * y.data * (1.0 - y.data))
    da = gradient(told, "a")
    assert [gradient(told, f"theta[{j}]") for j in range(3)] == pytest.approx([da, da * 2.0, da * -1.0])
    assert [gradient(told, f"x[{j}]") for j in range(2)] == pytest.approx([da * -0.4, da * 0.7])
    assert "∂J/∂y · y·(1 − y)" in told.text


def test_a_hidden_layer_of_logistic_units():
    t, x = 0.0, [Value(0.5), Value(-1.5)]
    alpha = [[Value(0.1 * (i + 1) * (-1) ** j) for j in range(2)] for i in range(2)]
    beta = [Value(0.3), Value(-0.8)]
    z = [sigmoid(alpha[i][0] * x[0] + alpha[i][1] * x[1]) for i in range(2)]
    b = beta[0] * z[0] + beta[1] * z[1]
    y = sigmoid(b)
    J = t * log(y) + (1.0 - t) * log(1.0 - y)
    told = explain(J)
    assert gradient(told, "y") == pytest.approx(t / y.data + (1.0 - t) / (y.data - 1.0))
    db = t - y.data  # dJ/dy · y (1 − y)
    assert gradient(told, "b") == pytest.approx(db)
    das = [db * beta[i].data * z[i].data * (1.0 - z[i].data) for i in range(2)]
    for j in range(2):  # two ways lead to each input
        assert [w.flow for w in told[f"x[{j}]"].ways] == pytest.approx([das[i] * alpha[i][j].data for i in (1, 0)])
        assert gradient(told, f"x[{j}]") == pytest.approx(sum(das[i] * alpha[i][j].data for i in range(2)))
    for i in range(2):
        assert gradient(told, f"beta[{i}]") == pytest.approx(db * z[i].data)
        assert gradient(told, f"z[{i}]") == pytest.approx(db * beta[i].data)
        for j in range(2):
            assert gradient(told, f"alpha[{i}][{j}]") == pytest.approx(das[i] * x[j].data)


def test_descent_on_a_parabola():
    x, places, slopes = -4.0, [-4.0], []
    for _ in range(2):
        at = Value(x)
        y = (at - 1.0) ** 2
        slopes.append(explain(y)["at"].gradient)
        x -= 0.1 * slopes[-1]
        places.append(round(x, 10))
    assert places == [-4.0, -3.0, -2.2]
    assert slopes == [-10.0, -8.0]


def test_goals_a_season_by_least_squares():
    years, goals = [2013, 2014, 2015, 2016, 2017], [39.0, 50.0, 48.0, 51.0, 50.0]

    def told_at(slope, shift):
        slope, shift = Value(slope), Value(shift)
        loss = total([(slope * (year - 2015) + shift - y) ** 2 for year, y in zip(years, goals, strict=True)])
        return explain(loss, limit=200)

    # The loss is a parabola in each: its lowest point lies where the gradient, linear, is 0.
    at0, at1 = told_at(0.0, 0.0), told_at(1.0, 1.0)
    found = {}
    for name in ("slope", "shift"):
        g0, g1 = gradient(at0, name), gradient(at1, name)
        found[name] = -g0 / (g1 - g0)
    best = told_at(found["slope"], found["shift"])
    assert gradient(best, "slope") == pytest.approx(0.0, abs=1e-9)
    assert gradient(best, "shift") == pytest.approx(0.0, abs=1e-9)
    assert round(found["slope"], 10) == 2.3
    assert round(found["slope"] * (2018 - 2015) + found["shift"], 10) == 54.5


def test_one_hidden_rectifier_over_several_samples():
    w1, w2, w5 = Value(0.6), Value(-0.2), Value(1.5)
    samples = [(1.0, 2.0, 0.3), (-1.0, 0.5, 0.1), (2.0, -1.0, 1.0)]
    parts = []
    for x1, x2, y in samples:
        h = relu(w1 * x1 + w2 * x2)
        p = w5 * h
        parts.append((x1, y, h, p, (p - y) ** 2))
    J = total([part[-1] for part in parts])
    told = explain(J)
    dw5 = math.fsum(2.0 * (p.data - y) * h.data for _, y, h, p, _ in parts)
    dw1 = math.fsum(2.0 * (p.data - y) * w5.data * (h.data > 0.0) * x1 for x1, y, h, p, _ in parts)
    assert gradient(told, "w5") == pytest.approx(dw5)
    assert gradient(told, "w1") == pytest.approx(dw1)


def test_two_layer_regression():
    W, b = [[Value(0.2), Value(-0.5)], [Value(0.9), Value(0.1)]], [Value(0.05), Value(-0.1)]
    w, w0, x, y = [Value(1.2), Value(-0.7)], Value(0.3), (0.4, -1.1), 0.6
    g = [W[j][0] * x[0] + W[j][1] * x[1] + b[j] for j in range(2)]
    h = w[0] * sigmoid(g[0]) + w[1] * sigmoid(g[1]) + w0
    L = 0.5 * (y - h) ** 2
    told = explain(L)
    for j in range(2):
        s = sigmoid(g[j].data)
        for k in range(2):
            expected = x[k] * s * (1.0 - s) * w[j].data * -(y - h.data)
            assert gradient(told, f"W[{j}][{k}]") == pytest.approx(expected)


def test_two_two_one_network():
    x1, x2 = 1.1, 0.4
    w11, w12, w21, w22 = Value(0.3), Value(-0.3), Value(-0.4), Value(0.6)
    v1, v2 = Value(0.9), Value(0.3)
    z1, z2 = w11 * x1 + w21 * x2, w12 * x1 + w22 * x2
    y1, y2 = tanh(z1), tanh(z2)
    z = v1 * y1 + v2 * y2
    y = sigmoid(z)
    Div = 0.5 * (y - 1.0) ** 2
    told = explain(Div)
    values = {name: told[name].value for name in ("z1", "z2", "y1", "y2", "z", "y")}
    assert values == pytest.approx(
        {"z1": 0.17, "z2": -0.09, "y1": 0.1684, "y2": -0.0898, "z": 0.1246, "y": 0.5311}, abs=5e-5
    )
    expected = {
        "y": -0.4689, "z": -0.1168, "y1": -0.1051, "y2": -0.0350, "v1": -0.01966, "v2": 0.01048,
        "z1": -0.1021, "z2": -0.0347, "w11": -0.1123, "w12": -0.0382, "w21": -0.0408, "w22": -0.0139,
    }  # fmt: skip
    found = {name: gradient(told, name) for name in expected}
    assert found == pytest.approx(expected, abs=6e-5)
    assert rounded(told, ("v1", "v2"), 5) == [-0.01966, 0.01048]
    assert "= 0.1515 + (−0.02693) = 0.1246" in told.text  # with a plus: the sign is an erratum
    assert "∂Div/∂z = ∂Div/∂y · ∂y/∂z = ∂Div/∂y · y·(1 − y) = (−0.4689) · 0.249 = −0.1168" in told.text


def softmax(numbers):
    exps = [e(x) for x in numbers]
    return [x / total(exps) for x in exps]


def test_softmax_and_cross_entropy():
    o1, o2 = softmax([Value(1.2), Value(0.3)])
    assert round(explain(o1)["o1"].value, 2) == 0.71
    assert round(explain(o2)["o2"].value, 2) == 0.29
    for outputs, index, expected in [((0.4, 0.4, 0.2), 1, 0.92), ((0.1, 0.2, 0.7), 2, 0.36)]:
        o = [Value(x) for x in outputs]
        L = -log(o[index])
        assert round(explain(L)["L"].value, 2) == expected


def test_the_gradient_of_softmax_with_cross_entropy():
    h = [Value(0.4), Value(-0.3)]
    w = [[Value(0.1 * (i - k)) for k in range(2)] for i in range(2)]
    o = softmax([w[0][k] * h[0] + w[1][k] * h[1] for k in range(2)])
    L = -log(o[0])  # the target is class 1: t = (1, 0)
    told = explain(L)
    assert gradient(told, "w[1][0]") == pytest.approx(h[1].data * (o[0].data - 1.0))
    assert gradient(told, "w[1][1]") == pytest.approx(h[1].data * (o[1].data - 0.0))
