"""The transformer: its parts by their definitions, no look ahead, and what it learns beside simpler models."""

import math
import random

import pytest

pytest.importorskip("numpy")

from autograd_lite import Value
from autograd_lite.examples import FAST
from autograd_lite.examples import transformer as t
from autograd_lite.nn import one_hot
from autograd_lite.nn.shapes import floats

DRAW = random.Random(0)


def rows(*letters):
    return [one_hot(t.LETTERS.index(letter), len(t.LETTERS)) for letter in letters]


def test_it_learns_more_than_pairs_of_letters_tell():
    learned, held = t.split_words(t.words())
    assert not set(learned) & set(held)
    model = t.Transformer()
    losses = t.train(model, learned, steps=300 if FAST else 40)
    chance, pairs = math.log(len(t.LETTERS)), t.bigrams(learned, held)
    assert losses[0] > 0.9 * chance  # it starts knowing nothing
    assert pairs < chance
    assert t.held_out_loss(model, held) < (0.97 * pairs if FAST else 0.85 * chance)
    written = t.write(model, 3, rng=1)
    assert len(written) == 3
    assert written == t.write(model, 3, rng=1)


def test_the_loss_is_the_mean_over_windows_and_places():
    model = t.Transformer()
    samples, following = t.windows(["ab", "cab", "abacus"], DRAW)
    assert samples.shape == (*following.shape, 27)
    with t.no_grad():
        each = [
            -math.log(t.softmax(floats(logits))[int(k)])
            for window, labels in zip(samples[:3], following[:3], strict=True)
            for logits, k in zip(model(window), labels, strict=True)
        ]
        assert t.loss(model, samples[:3], following[:3]).data == pytest.approx(math.fsum(each) / len(each))


def test_windows_are_the_text_and_what_follows():
    samples, following = t.windows(["walk", "wonder"], DRAW)
    letters = samples.argmax(axis=2)
    assert (letters[:, 1:] == following[:, :-1]).all()
    assert (letters[1:, :-1] == letters[:-1, 1:]).all()
    text = "".join(t.LETTERS[i] for i in [*letters[0], *following[:, -1].astype(int)])
    assert text in (".walk.wonder.", ".wonder.walk.")


def test_no_place_sees_what_comes_later():
    model = t.Transformer()
    first, second = floats(model(rows(*".walk"))), floats(model(rows(*".want")))
    assert first[:3] == second[:3]
    assert first[3] != second[3]


def test_attention_is_a_weighted_mean_of_the_values_so_far():
    head = t.Attention(4, 2, random.Random(1))
    places = [[DRAW.uniform(-1, 1) for _ in range(4)] for _ in range(3)]
    q, k, v = ([floats(layer(x)) for x in places] for layer in (head.query, head.key, head.value))
    for i, answer in enumerate(head(places)):
        odds = [math.exp(sum(a * b for a, b in zip(q[i], k[j], strict=True)) / math.sqrt(2)) for j in range(i + 1)]
        for c in range(2):
            expected = sum(o * v[j][c] for j, o in enumerate(odds)) / sum(odds)
            assert answer[c].data == pytest.approx(expected)


def test_layer_norm_brings_a_place_to_mean_0_and_variance_1():
    out = floats(t.LayerNorm(4)([Value(x) for x in (1.0, 2.0, 4.0, 9.0)]))
    assert sum(out) == pytest.approx(0.0, abs=1e-12)
    assert sum(v * v for v in out) / 4 == pytest.approx(1.0, rel=1e-5)


def test_the_words_are_plain_and_each_once():
    words = t.words()
    assert len(words) == len(set(words)) > 500
    assert set("".join(words)) <= set(t.LETTERS[1:])
    # a quarter of the pairs of letters, evenly used, would need this many nats
    assert t.bigrams(*t.split_words(words)) < math.log(len(t.LETTERS))
