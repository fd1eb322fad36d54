"""Convolutions and pooling: against SciPy-like sums by hand, few nodes, and what they refuse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.core.graph import operands_of
from autograd_lite.core.reverse import topological_order
from autograd_lite.nn import AvgPool2d, Conv1d, Conv2d, Flatten, Linear, MaxPool2d, Sequential

sizes = st.integers(1, 3)


def image(channels, rows, columns, rng):
    return [[[rng.uniform(-1, 1) for _ in range(columns)] for _ in range(rows)] for _ in range(channels)]


def at(channel, i, j):
    """A pixel, 0 outside."""
    return channel[i][j] if 0 <= i < len(channel) and 0 <= j < len(channel[0]) else 0.0


@given(sizes, sizes, st.tuples(sizes, sizes), st.tuples(sizes, sizes), st.tuples(st.integers(0, 2), st.integers(0, 2)),
       st.randoms(use_true_random=False))  # fmt: skip
@settings(max_examples=30)
def test_conv2d_is_the_sum_over_windows(channels, filters, size, stride, padding, rng):
    layer = Conv2d(channels, filters, size, stride=stride, padding=padding, rng=rng)
    for b in layer.bias:
        b.data = rng.uniform(-1, 1)
    rows, columns = size[0] + 2, size[1] + 1
    x = image(channels, rows, columns, rng)
    out = layer(x)
    assert len(out) == filters
    assert len(out[0]) == (rows + 2 * padding[0] - size[0]) // stride[0] + 1
    assert len(out[0][0]) == (columns + 2 * padding[1] - size[1]) // stride[1] + 1
    for f, channel in enumerate(out):
        for i, row in enumerate(channel):
            for j, v in enumerate(row):
                top, left = i * stride[0] - padding[0], j * stride[1] - padding[1]
                expected = layer.bias[f].data + sum(
                    layer.weight[f][c][a][b].data * at(x[c], top + a, left + b)
                    for c in range(channels) for a in range(size[0]) for b in range(size[1])
                )  # fmt: skip
                assert v.data == pytest.approx(expected, abs=1e-13)


@given(sizes, sizes, sizes, sizes, st.integers(0, 2), st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_conv1d_is_a_conv2d_of_one_row(channels, filters, size, stride, padding, rng):
    layer = Conv1d(channels, filters, size, stride=stride, padding=padding, rng=rng)
    square = Conv2d(channels, filters, (1, size), stride=(1, stride), padding=(0, padding))
    for p, q in zip(square.parameters(), layer.parameters(), strict=True):
        p.data = q.data
    x = [[rng.uniform(-1, 1) for _ in range(size + 2)] for _ in range(channels)]
    wide = square([[row] for row in x])
    assert [[v.data for v in row] for row in layer(x)] == [[v.data for v in channel[0]] for channel in wide]


def test_sharing_weights_adds_their_gradients():
    # M's on-diagonal matrix: three weights, each used at every place.
    layer = Conv1d(1, 1, 3, rng=0)
    x = [1.0, 2.0, 3.0, 4.0, 5.0]
    total = sum(layer([x])[0], Value(0.0))
    total.backward()
    assert [w.grad for w in layer.weight[0][0]] == [1 + 2 + 3, 2 + 3 + 4, 3 + 4 + 5]
    assert layer.bias[0].grad == 3.0


def test_a_convolution_is_a_dot_a_place():
    layer = Conv2d(2, 3, 2, rng=0)
    out = layer([[[0.5] * 4] * 4] * 2)
    flat = [v for channel in out for row in channel for v in row]
    assert len(flat) == 27
    assert sum(1 for node in topological_order(flat) if operands_of(node)) == 27
    assert out[0][0][0].parents[0] is layer.weight[0][0][0][0]


@given(st.integers(1, 2), sizes, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_pooling(channels, size, rng):
    x = image(channels, 2 * size + (size > 1), 3 * size, rng)  # a row too many is left out
    highest, average = MaxPool2d(size)(x), AvgPool2d(size)(x)
    for c in range(channels):
        assert (len(highest[c]), len(highest[c][0])) == (2, 3)
        for i in range(2):
            for j in range(3):
                window = [x[c][i * size + a][j * size + b] for a in range(size) for b in range(size)]
                assert highest[c][i][j].data == max(window)
                assert average[c][i][j].data == pytest.approx(sum(window) / len(window))


def test_pooling_with_a_stride_overlaps():
    x = [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]
    assert [[v.data for v in row] for row in MaxPool2d(2, stride=1)(x)[0]] == [[5.0, 6.0], [8.0, 9.0]]


def test_max_pooling_routes_the_gradient_and_shares_it_among_ties():
    pixels = [[Value(1.0), Value(3.0)], [Value(3.0), Value(2.0)]]
    MaxPool2d(2)([pixels])[0][0][0].backward()
    assert [p.grad for row in pixels for p in row] == [0.0, 0.5, 0.5, 0.0]


def test_a_convolutional_network_runs_through():
    model = Sequential(Conv2d(1, 2, 3, padding=1, rng=0), "relu", MaxPool2d(2), Flatten(), Linear(8, 3, rng=1))
    out = model([[[0.1 * i + j for i in range(4)] for j in range(4)]])
    assert len(out) == 3
    sum(out, Value(0.0)).backward()
    assert all(p.has_grad for p in model.parameters())


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: Conv2d(1, 2, 3)([[1.0]]), ValueError, r"Conv2d\(1 -> 2, 3 x 3\) expects 1 x any x any, but got 1 x 1"),
        (lambda: Conv2d(2, 2, 1)([[[1.0]]]), ValueError, "expects 2 x any x any, but got 1 x 1 x 1"),
        (lambda: Conv2d(1, 1, 1)([[[1.0, 2.0], [3.0]]]), ValueError, "lists of one level differ in size"),
        (lambda: Conv2d(1, 1, 3)([[[1.0] * 2] * 2]), ValueError, "has a window of 3, but its input measures 2"),
        (lambda: Conv2d(1, 1, 3, stride=0), ValueError, "stride is at least 1, but got 0"),
        (lambda: Conv2d(1, 1, 3, padding=-1), ValueError, "padding is at least 0, but got -1"),
        (lambda: Conv2d(1, 1, 3, padding=(1, 2, 3)), TypeError, r"padding is a whole number, but got \(1, 2, 3\)"),
        (lambda: Conv1d(1, 1, 3, padding=0.5), TypeError, "padding is a whole number, but got 0.5"),
        (lambda: Conv2d(0, 1, 3), ValueError, "in_channels is at least 1, but got 0"),
        (lambda: Conv1d(1, 1, 3)([1.0, 2.0, 3.0]), ValueError, r"Conv1d\(1 -> 1, 3\) expects 1 x any, but got 3"),
        (lambda: Conv2d(1, 1, 1)([[["a"]]]), TypeError, "'a'"),
        (
            lambda: MaxPool2d(2)([[[1.0]]]),
            ValueError,
            r"MaxPool2d\(2 x 2\) has a window of 2, but its input measures 1",
        ),
        (lambda: AvgPool2d("a"), TypeError, "size is a whole number, but got 'a'"),
    ],
)
def test_bad_input(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()
