"""Losses: their formulas at 50 digits, their gradients, exact tails, reductions."""

import math

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, compile, grad, value_and_grad
from autograd_lite.nn import (
    Activation,
    Linear,
    Sequential,
    binary_cross_entropy_with_logits,
    binary_log_loss,
    evaluate,
    fit,
    half_squared,
    hinge,
    log_softmax,
    mse,
    softmax,
    softmax_cross_entropy,
)
from autograd_lite.nn.losses import LOSSES, l1_penalty, l2_penalty, log_loss, loss_of, perceptron

numbers = st.floats(-40, 40)
rows = st.lists(numbers, min_size=2, max_size=6)


def close(found, exact, ulps=8):
    exact = float(exact)
    return abs(found - exact) <= ulps * math.ulp(exact)


@given(rows, st.randoms(use_true_random=False))
def test_mse_and_half_squared(outputs, rng):
    targets = [rng.uniform(-5, 5) for _ in outputs]
    squares = [(mpmath.mpf(p) - mpmath.mpf(y)) ** 2 for p, y in zip(outputs, targets, strict=True)]
    with mpmath.workdps(50):
        total = mpmath.fsum(squares)
        assert close(mse(outputs, targets), total / len(outputs))
        assert close(half_squared(outputs, targets), total / 2)


@given(st.floats(-700, 700), st.sampled_from([0, 1]))
def test_binary_cross_entropy_with_logits_keeps_its_digits(z, y):
    with mpmath.workdps(400):
        p = 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        exact = -mpmath.log(p if y else 1 - p)
        slope = p - y
    assert close(binary_cross_entropy_with_logits(z, y), exact)
    assert close(grad(lambda v: binary_cross_entropy_with_logits(v, y))(z), slope)


@given(numbers, st.floats(0, 1))
def test_binary_cross_entropy_with_logits_of_a_probability(z, y):
    mixed = y * binary_cross_entropy_with_logits(z, 1) + (1 - y) * binary_cross_entropy_with_logits(z, 0)
    assert close(binary_cross_entropy_with_logits(z, y), mixed)


@given(rows, st.randoms(use_true_random=False))
def test_softmax_cross_entropy_keeps_its_digits(logits, rng):
    k = rng.randrange(len(logits))
    with mpmath.workdps(60):
        shifted = [mpmath.mpf(z) - mpmath.mpf(logits[k]) for z in logits]
        total = mpmath.fsum(mpmath.exp(z) for z in shifted)
        exact = mpmath.log(total)
        slopes = [mpmath.exp(z) / total for z in shifted]
        slopes[k] = -mpmath.fsum(s for j, s in enumerate(slopes) if j != k)
    spread = max(abs(z - logits[k]) for z in logits)  # rounded by the library, and e^x has the relative error of x
    assert close(softmax_cross_entropy(logits, k), exact, 16 + spread)
    found = grad(lambda z: softmax_cross_entropy(z, k))(logits)
    for j, (f, e) in enumerate(zip(found, slopes, strict=True)):
        assert close(f, e, 200 if j == k else 100), j


@given(rows, st.randoms(use_true_random=False))
def test_a_class_is_a_probability_of_one(logits, rng):
    k = rng.randrange(len(logits))
    target = [1.0 if j == k else 0.0 for j in range(len(logits))]
    assert close(softmax_cross_entropy(logits, target), softmax_cross_entropy(logits, k), 4)


wide = st.lists(st.floats(-1000, 1000), min_size=1, max_size=5)
shares = st.one_of(st.floats(0, 1), st.floats(0, 1e-12), st.just(0.0))


def slack(logits, ulps=30):
    """How many ulps e^x may be off where x is a difference of logits and of the logarithm of their sum."""
    return ulps * (1.0 + max(logits) - min(logits)) * 2.0**-53


@pytest.mark.thorough
@given(wide, st.data())
def test_probabilities_as_targets_keep_their_digits(logits, data):
    rest = [data.draw(shares) for _ in logits[1:]]
    k = data.draw(st.integers(0, len(logits) - 1))
    rest = [x / (1.0 + len(rest)) for x in rest]
    target = [*rest[:k], 1.0 - math.fsum(rest), *rest[k:]]
    with mpmath.workdps(1000):
        z, t = [mpmath.mpf(x) for x in logits], [mpmath.mpf(x) for x in target]
        terms = [mpmath.exp(x - max(z)) for x in z]
        odds = [x / mpmath.fsum(terms) for x in terms]
        exact = -mpmath.fsum(a * mpmath.log(p) for a, p in zip(t, odds, strict=True))
        # p_i - t_i, with 1 taken as the sum of each, which is what the digits are compared with
        falls = [p * (mpmath.fsum(t) - a) for p, a in zip(odds, t, strict=True)]
        rises = [a * mpmath.fsum(q for j, q in enumerate(odds) if j != i) for i, a in enumerate(t)]
        slopes = [f - r for f, r in zip(falls, rises, strict=True)]
        sizes = [f + r for f, r in zip(falls, rises, strict=True)]
    found = softmax_cross_entropy(logits, target)
    assert abs(found - exact) <= slack(logits) * exact + 1e-300
    for slope, e, size in zip(grad(lambda v: softmax_cross_entropy(v, target))(logits), slopes, sizes, strict=True):
        assert abs(slope - e) <= slack(logits) * size + 1e-300


def test_an_almost_certain_probability_costs_its_true_tiny_number():
    target = [1.0 - 1e-10, 1e-10]
    assert softmax_cross_entropy([40.0, 0.0], target) == pytest.approx(4.0000000042483544e-09, rel=1e-14, abs=0.0)
    assert grad(lambda z: softmax_cross_entropy(z, [1.0, 0.0]))([40.0, 0.0]) == pytest.approx(
        [-math.exp(-40.0), math.exp(-40.0)], rel=1e-15, abs=0.0
    )


@pytest.mark.parametrize("z", [1e3, -1e3])
def test_losses_at_extreme_logits_are_finite_with_their_slopes(z):
    for loss, targets in (
        (binary_cross_entropy_with_logits, (0, 1, 0.5, 1e-3)), (hinge, (-1, 1)), (perceptron, (0, 1, 0.5)),
        (mse, (0.0,)), (half_squared, (0.0,)),
    ):  # fmt: skip
        for y in targets:
            assert math.isfinite(loss(z, y))
            assert math.isfinite(grad(lambda v, y=y, loss=loss: loss(v, y))(z))
    for y in (0, 1, 2, [0.0, 1.0, 0.0], [0.25, 0.5, 0.25]):
        assert math.isfinite(softmax_cross_entropy([z, -z, 0.0], y))
        assert all(map(math.isfinite, grad(lambda v, y=y: softmax_cross_entropy(v, y))([z, -z, 0.0])))


def test_a_certain_class_costs_its_true_tiny_number():
    assert softmax_cross_entropy([0.0, 100.0], 1) == math.exp(-100.0)
    assert softmax_cross_entropy([0.0, 1000.0], 0) == 1000.0


@given(numbers, st.sampled_from([-1, 1]))
def test_hinge(p, y):
    assert hinge(p, y) == max(0.0, 1.0 - y * p)
    if y * p != 1.0:
        assert grad(lambda v: hinge(v, y))(p) == (-y if y * p < 1.0 else 0.0)


@given(numbers, st.sampled_from([0, 1]))
def test_perceptron(h, y):
    assert perceptron(h, y) == max(0.0, -h) ** y * max(0.0, h) ** (1 - y)  # as lecture M writes it
    assert perceptron(h, y) == y * perceptron(h, 1) + (1 - y) * perceptron(h, 0)
    if h:
        wrong = (h > 0) != (y == 1)
        assert grad(lambda v: perceptron(v, y))(h) == ((1.0 if h > 0 else -1.0) if wrong else 0.0)


def test_log_loss_of_the_lecture():
    assert round(log_loss([0.4, 0.4, 0.2], 1), 2) == 0.92
    assert round(log_loss([0.1, 0.2, 0.7], 2), 2) == 0.36
    assert grad(lambda p: log_loss(p, 1))([0.5, 0.25, 0.25]) == [0.0, -4.0, 0.0]


@given(rows)
def test_penalties(weights):
    assert l2_penalty(weights, 0.5) == pytest.approx(0.25 * sum(w * w for w in weights))
    assert grad(lambda ws: l2_penalty(ws, 0.5))(weights) == pytest.approx([0.5 * w for w in weights])
    assert l1_penalty(weights, 0.5) == pytest.approx(0.5 * sum(abs(w) for w in weights))
    signs = [0.5 * ((w > 0) - (w < 0)) for w in weights]
    assert grad(lambda ws: l1_penalty(ws, 0.5))(weights) == signs


@pytest.mark.parametrize("loss", [mse, binary_cross_entropy_with_logits, hinge, perceptron])
def test_reductions(loss):
    each = loss([0.5, -2.0, 1.0], [1, 1, 1], reduction="none")
    assert loss([0.5, -2.0, 1.0], [1, 1, 1], reduction="sum") == each[0] + each[1] + each[2]
    assert loss([0.5, -2.0, 1.0], [1, 1, 1]) == (each[0] + each[1] + each[2]) / 3
    with pytest.raises(ValueError, match="no reduction 'max'; the known ones are mean, sum"):
        loss([0.5, -2.0], [1, 1], reduction="max")


def test_a_batch_of_logits():
    batch, labels = [[0.0, 1.0], [2.0, 0.0]], [0, 1]
    each = [softmax_cross_entropy(z, k) for z, k in zip(batch, labels, strict=True)]
    assert softmax_cross_entropy(batch, labels, reduction="none") == each
    assert softmax_cross_entropy(batch, labels) == sum(each) / 2


def test_one_sample_has_reductions_too():
    one = softmax_cross_entropy([0.0, 1.0], 1)
    assert softmax_cross_entropy([0.0, 1.0], 1, reduction="sum") == one
    assert softmax_cross_entropy([0.0, 1.0], 1, reduction="none") == [one]
    with pytest.raises(ValueError, match="no reduction 'max'; the known ones are mean, sum"):
        softmax_cross_entropy([0.0, 1.0], 1, reduction="max")


@pytest.mark.parametrize("label", [0.0, 1.0, 2.0, 3.0, -1.0, 0.5])
def test_a_label_that_is_known_only_later(label):
    """In a program nothing raises: what is no class gives nan, and nan gradients."""
    logits = [0.5, -1.0, 2.0]
    both = compile(value_and_grad(softmax_cross_entropy), backend="python")
    value, slope = both(logits, label)
    if label in (0.0, 1.0, 2.0):
        want = value_and_grad(softmax_cross_entropy)(logits, label)
        assert close(value, want[0])
        assert slope == pytest.approx(want[1], rel=1e-14)
        assert softmax_cross_entropy(logits, Value(label)).data == value
    else:
        assert math.isnan(value)
        assert all(map(math.isnan, slope))
        assert math.isnan(softmax_cross_entropy(logits, Value(label)).data)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: mse([1.0, 2.0], [1.0, 2.0, 3.0]), "got 2 outputs and 3 targets"),
        (lambda: softmax_cross_entropy([1.0, 2.0], 2), "got 2 logits and the label 2; number the classes from 0"),
        (lambda: softmax_cross_entropy([1.0, 2.0], -1), "got 2 logits and the label -1"),
        (lambda: softmax_cross_entropy([1.0, 2.0], 0.5), r"got 2 logits and the label 0\.5"),
        (lambda: softmax_cross_entropy([1.0, 2.0], [1.0]), "got 2 logits and 1 probabilities"),
    ],
)
def test_sizes_that_differ_are_named(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()


def test_names():
    assert loss_of("mse") is mse
    assert loss_of(hinge) is hinge
    with pytest.raises(ValueError, match=f"no loss 'mae'; the known ones are {', '.join(LOSSES)}"):
        loss_of("mae")


# -- over the whole range of logits, against many digits

LOGITS = st.one_of(
    st.floats(-1e300, 1e300), st.floats(-40.0, 40.0), st.sampled_from([1e12, 1e15, 1e16, -1e16, 1e300, -1e300, 0.0]),
    st.floats(1e11, 1e17),
)  # fmt: skip


def ties(xs, choose):
    """The logits with some of them made equal, or neighbours."""
    if len(xs) > 1 and choose[0]:
        xs[1] = xs[0]
    if len(xs) > 2 and choose[1]:
        xs[2] = math.nextafter(xs[0], math.inf)
    return xs


def softmax_in_many_digits(logits):
    largest = max(logits)
    terms = [mpmath.exp(mpmath.mpf(z) - mpmath.mpf(largest)) for z in logits]
    return [t / mpmath.fsum(terms) for t in terms]


def tolerance(logits, p):
    """e^x has the relative error of x: a rounded difference of logits, as far as e^x is not 0."""
    spread = min(max(logits) - min(logits), 800.0)
    return (16.0 + 4.0 * spread) * 2.0**-53 * float(abs(p)) + 1e-300


@pytest.mark.thorough
@given(st.lists(LOGITS, min_size=1, max_size=5), st.tuples(st.booleans(), st.booleans()), st.data())
def test_gradients_of_softmax_losses_over_the_whole_range(logits, choose, data):
    logits = ties(logits, choose)
    k = data.draw(st.integers(0, len(logits) - 1))
    with mpmath.workdps(1000):
        p = softmax_in_many_digits(logits)
        slopes = [q if j != k else -mpmath.fsum(p[:k] + p[k + 1 :]) for j, q in enumerate(p)]
    target = [float(j == k) for j in range(len(logits))]
    for loss in (
        lambda z: softmax_cross_entropy(z, k),
        lambda z: softmax_cross_entropy(z, target),
        lambda z: -log_softmax(z)[k],
    ):
        for found, want in zip(grad(loss)(logits), slopes, strict=True):
            assert abs(found - want) <= tolerance(logits, want)
    found = grad(lambda z: softmax(z)[k])(logits)
    for j, g in enumerate(found):
        want = -slopes[j] * p[k]
        assert abs(g - want) <= tolerance(logits, want)


@pytest.mark.thorough
@given(LOGITS, st.sampled_from([0, 1, 0.25, 1e-3]))
def test_gradients_of_binary_losses_over_the_whole_range(z, y):
    with mpmath.workdps(1000):
        sigmoid = [1 / (1 + mpmath.exp(-mpmath.mpf(z))), 1 / (1 + mpmath.exp(mpmath.mpf(z)))]
        want = (1 - mpmath.mpf(y)) * sigmoid[0] - mpmath.mpf(y) * sigmoid[1]
        size = (1 - y) * sigmoid[0] + y * sigmoid[1]
    found = grad(lambda v: binary_cross_entropy_with_logits(v, y))(z)
    assert abs(found - want) <= (8.0 + min(abs(z), 800.0)) * 2.0**-53 * float(size) + 1e-300
    for loss, slope in (
        (lambda v: hinge(v, 1), -1.0 if z < 1.0 else 0.0),
        (lambda v: perceptron(v, 1), -1.0 if z < 0.0 else 0.0),
        (lambda v: half_squared(v, 0.0), z) if abs(z) < 1e150 else (lambda v: v, 1.0),
    ):
        assert grad(loss)(z) == slope


@pytest.mark.parametrize("big", [1e12, 1e15, 1e16, 1e300])
def test_tied_large_logits_share_exactly(big):
    assert grad(lambda o: softmax_cross_entropy(o, 2))([big, big, 0.0]) == [0.5, 0.5, -1.0]
    assert compile(lambda o, k: softmax_cross_entropy(o, k))([big, -math.inf, 0.0], 0.0) == 0.0
    assert compile(grad(lambda o, k: softmax_cross_entropy(o, k)))([big, big, 0.0], 2.0) == [0.5, 0.5, -1.0]


@given(st.floats(1e-12, 1.0 - 1e-12), st.one_of(st.sampled_from([0, 1]), st.floats(0.0, 1.0)))
def test_binary_log_loss_is_that_of_the_logit_of_its_probability(p, y):
    with mpmath.workdps(50):
        q = mpmath.mpf(p)
        truth = -y * mpmath.log(q) - (1 - mpmath.mpf(y)) * mpmath.log(1 - q)
        slope = (q - y) / (q * (1 - q))
    found, (gradient,) = value_and_grad(lambda v: binary_log_loss(v[0], y))([p])
    assert found == pytest.approx(float(truth), rel=1e-12, abs=1e-15)
    assert gradient == pytest.approx(float(slope), rel=1e-9, abs=1e-3)


def test_binary_log_loss_in_a_program_and_in_training():
    traced = compile(grad(lambda p, y: binary_log_loss(p, y)))
    assert traced(0.25, 1.0) == pytest.approx(-4.0)
    model = Sequential(Linear(1, 1, rng=0), Activation("sigmoid"))
    X, y = [[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1]
    history = fit(model, X, y, loss=binary_log_loss, lr=1.0, epochs=60, progress=False, rng=0)
    assert history["accuracy"][-1] == 1.0 == evaluate(model, X, y, "binary_log_loss")["accuracy"]
