"""Dropout and BatchNorm: what they do in training, in evaluation, and over a mini-batch."""

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_lite import Value, compile, vmap
from autograd_lite.nn import BatchNorm, Dropout, Linear, Sequential

rows = st.lists(st.lists(st.floats(-10, 10), min_size=2, max_size=2), min_size=2, max_size=6)


@pytest.mark.parametrize("p", [0.0, 0.3, 0.9])
def test_dropout_keeps_the_mean(p):
    layer = Dropout(p, rng=0)
    out = [layer(1.0) for _ in range(20_000)]
    kept = sum(1 for v in out if v)
    assert set(out) <= {0.0, 1.0 / (1.0 - p)}
    assert kept / len(out) == pytest.approx(1.0 - p, abs=0.02)
    assert statistics.fmean(out) == pytest.approx(1.0, abs=0.1)


def test_dropout_in_evaluation_is_nothing():
    assert Dropout(0.5).eval()([1.0, [2.0]]) == [1.0, [2.0]]


def test_dropout_has_a_stream_of_its_own():
    def masks(layers):
        return [[layer([1.0] * 8) for layer in layers] for _ in range(3)]

    first, second = Dropout(0.5, rng=1), Dropout(0.5, rng=2)
    together = masks([first, second])
    assert [m[0] for m in together] == [m[0] for m in masks([Dropout(0.5, rng=1)])]
    assert [m[1] for m in together] == [m[0] for m in masks([Dropout(0.5, rng=2)])]


def test_dropout_stops_the_gradient_where_it_drops():
    layer, xs = Dropout(0.5, rng=2), [Value(1.0) for _ in range(8)]
    out = layer(xs)
    sum(out, Value(0.0)).backward()
    assert [x.grad for x in xs] == [v.data for v in out]


@given(rows)
@settings(max_examples=40)
def test_batchnorm_normalises_each_feature(samples):
    layer = BatchNorm(2)
    for p, x in zip(layer.parameters(), (2.0, 3.0, 0.5, -0.5), strict=True):
        p.data = x
    out = layer.batch(samples)
    for k in range(2):
        column = [row[k] for row in samples]
        mean, variance = statistics.fmean(column), statistics.pvariance(column)
        for row, result in zip(samples, out, strict=True):
            expected = (row[k] - mean) / math.sqrt(variance + 1e-5) * layer.weight[k].data + layer.bias[k].data
            assert result[k].data == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert layer.running_mean[k] == pytest.approx(0.1 * mean, abs=1e-12)
        assert layer.running_var[k] == pytest.approx(0.9 + 0.1 * statistics.variance(column), abs=1e-10)
    assert layer.num_batches_tracked == 1.0


def test_batchnorm_in_evaluation_uses_the_running_statistics():
    layer = BatchNorm(1)
    layer.running_mean[0], layer.running_var[0] = 2.0, 4.0
    assert layer.eval()([6.0])[0].data == pytest.approx(4.0 / math.sqrt(4.0 + 1e-5))
    assert layer.batch([[6.0]])[0][0].data == layer([6.0])[0].data
    assert layer.running_mean == [2.0]


def test_the_gradient_flows_through_the_statistics():
    samples = [[Value(v)] for v in (1.0, 2.0, 4.0)]
    out = BatchNorm(1).batch(samples)
    (out[0][0] * 3.0 + out[1][0] * out[2][0]).backward()

    def f(values):
        mean, variance = statistics.fmean(values), statistics.pvariance(values)
        normal = [(v - mean) / math.sqrt(variance + 1e-5) for v in values]
        return normal[0] * 3.0 + normal[1] * normal[2]

    h = 1e-6
    for i, (x,) in enumerate(samples):
        up, down = ([v[0].data + (h if j == i else 0.0) * s for j, v in enumerate(samples)] for s in (1, -1))
        assert x.grad == pytest.approx((f(up) - f(down)) / (2 * h), rel=1e-6)


def test_channels_are_normalised_over_all_places():
    layer = BatchNorm(1)
    out = layer.batch([[[[1.0, 2.0], [3.0, 4.0]]], [[[5.0, 6.0], [7.0, 8.0]]]])
    values = [v.data for sample in out for row in sample[0] for v in row]
    assert statistics.fmean(values) == pytest.approx(0.0, abs=1e-12)
    assert statistics.pvariance(values) == pytest.approx(1.0, rel=1e-5)


def test_batchnorm_in_training_raises_inside_a_compiled_vmap_and_works_there_in_evaluation():
    numpy = pytest.importorskip("numpy")
    layer = BatchNorm(1)
    samples = numpy.array([[1.0], [2.0], [4.0]])

    def mapped(xs):
        return vmap(lambda x: layer(list(x))[0], reduce="mean")(xs)

    with pytest.raises(ValueError, match="needs the statistics of a mini-batch, but got one sample inside of vmap"):
        compile(mapped)(samples)
    layer.eval()
    assert compile(mapped)(samples) == pytest.approx(7.0 / 3.0 / math.sqrt(1.0 + 1e-5))


def test_sequential_passes_mini_batches_on():
    model = Sequential(Linear(2, 2, rng=0), BatchNorm(2), "relu", Dropout(0.0))
    out = model.batch([[1.0, 2.0], [3.0, 5.0], [-1.0, 0.5]])
    assert len(out) == 3
    assert [len(row) for row in out] == [2, 2, 2]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: BatchNorm(2)([1.0, 2.0]), "needs the statistics of a mini-batch, but got one sample; call"),
        (lambda: vmap(BatchNorm(1), in_axes=0)([[1.0], [2.0]]), "but got one sample"),
        (lambda: BatchNorm(2).batch([[1.0], [2.0]]), r"BatchNorm\(2, .*\) expects 2 features or channels, but got 1"),
        (lambda: BatchNorm(2).batch([[1.0, 2.0]]), "mini-batches of at least 2 samples"),
        (lambda: BatchNorm(0), "size is at least 1, but got 0"),
        (lambda: BatchNorm(1, eps=-1.0), "eps must be at least 0.0, but got -1.0"),
        (lambda: Dropout(1.0), "p must be at least 0.0 and below 1.0, but got 1.0"),
        (lambda: Dropout(-0.1), "p must be at least 0.0 and below 1.0, but got -0.1"),
    ],
)
def test_bad_input(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
