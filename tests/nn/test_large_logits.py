"""Functions of logits, rules outside of the table among them: values and gradients over all magnitudes, against mpmath.

They depend on the differences of the logits alone, so that an error in these, and no other, may cost digits.
"""

import random

import pytest
from reference import MP

import autograd_lite as ag
from autograd_lite import custom_derivative, logsumexp, nn, value_and_grad

STEP = MP.mpf(10) ** -60
ULPS = 64.0


def exact_logsumexp(xs):
    return MP.log(MP.fsum(map(MP.exp, xs)))


FUNCTIONS = {
    "softmax_cross_entropy": (
        lambda xs: nn.softmax_cross_entropy(xs, 2),
        lambda xs: exact_logsumexp([x - xs[2] for x in xs]),
    ),
    "log_softmax": (lambda xs: nn.log_softmax(xs)[0], lambda xs: -exact_logsumexp([x - xs[0] for x in xs])),
    "softmax": (lambda xs: nn.softmax(xs)[1], lambda xs: 1 / MP.fsum(MP.exp(x - xs[1]) for x in xs)),
    "logsumexp": (logsumexp, exact_logsumexp),
    "logaddexp": (lambda xs: ag.logaddexp(xs[0], xs[1]), lambda xs: exact_logsumexp(xs[:2])),
}


def points(count):
    """Three logits of any magnitude that are near each other, tied, or far from each other."""
    source = random.Random(count)
    found = [[1e12, 1e12, 0.0], [1e16, 1e16, 0.0], [1e12, 1e12 + 1.0, 1e12], [-1e300, -1e300, -1e300]]
    while len(found) < count:
        base = source.choice([-1.0, 1.0]) * 10.0 ** source.uniform(-3.0, 14.0)
        found.append([base + source.choice([0.0, 1.0, -2.0, source.uniform(-30.0, 30.0)]) for _ in range(3)])
    return found


def slopes(exact, xs):
    """The partials by differences."""
    return [(exact(moved(xs, i, STEP)) - exact(moved(xs, i, -STEP))) / (2 * STEP) for i in range(len(xs))]


def moved(xs, i, step):
    return [x + step if j == i else x for j, x in enumerate(xs)]


def faults(f, exact, found):
    """The points at which a result is further from the truth than rounded differences explain."""
    wrong = []
    for xs in found:
        value, got = value_and_grad(f)(xs)
        with MP.workdps(700):
            at = [MP.mpf(x) for x in xs]
            spread = max(at) - min(at)
            want = slopes(exact, at)
            for g, w in zip(got, want, strict=True):
                if abs(MP.mpf(g) - w) > ULPS * 2.0**-53 * (1 + min(spread, 750)) * abs(w) + 1e-300:
                    wrong.append((xs, g, float(w)))
            off = abs(MP.mpf(value) - exact(at))
            if off > ULPS * 2.0**-53 * max(abs(exact(at)), (1 + min(spread, 750)) * abs(exact(at)), 1e-300):
                wrong.append((xs, value, float(exact(at))))
    return wrong


@pytest.mark.thorough
@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_digits_are_lost_at_large_logits(name):
    assert not faults(*FUNCTIONS[name], points(40))


@pytest.mark.thorough
def test_a_rule_that_loses_digits_is_found():
    """Of the textbook: e^(x - logsumexp(x)), which knows a large logsumexp to a rounding error far above 1."""
    planted = custom_derivative(
        lambda x, y, z: logsumexp([x, y, z]), lambda out, x, y, z: tuple([ag.exp(v - out) for v in (x, y, z)])
    )
    wrong = faults(lambda xs: planted(*xs), exact_logsumexp, points(40))
    assert any(xs == [1e12, 1e12, 0.0] for xs, _, _ in wrong)
    assert not faults(lambda xs: planted(*xs), exact_logsumexp, [[0.5, 1.0, -2.0]])
