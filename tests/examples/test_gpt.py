"""The GPT: its parts by their definitions, no look ahead, the same in every way to run it, and what it learns."""

import math
import random

import pytest

from autograd_lite import compile, no_grad, value_and_grad
from autograd_lite.examples import FAST
from autograd_lite.examples import gpt as g
from autograd_lite.nn.shapes import data_in
from autograd_lite.trees import flatten

MODEL = g.GPT()


def read(name):
    with no_grad():
        logits, attention = MODEL.read(g.tokens(name)[:-1])
    return data_in(logits), data_in(attention)


def test_it_has_the_parameters_of_its_sizes():
    rows = 2 * len(g.LETTERS) + g.LENGTH + 4 * g.WIDTH + 2 * 4 * g.WIDTH
    assert len(MODEL.parameters()) == len(g.GPT(dots=False).parameters()) == rows * g.WIDTH == 4192


@pytest.mark.thorough
def test_it_learns_more_than_pairs_of_letters_tell():
    learned, held = g.split_names(g.names())
    assert not set(learned) & set(held)
    model = g.GPT()
    losses = g.train(model, learned, steps=100 if FAST else 20)
    chance, pairs = math.log(len(g.LETTERS)), g.bigrams(learned, held)
    assert losses[0] > 0.9 * chance  # it starts knowing nothing
    assert pairs < chance
    assert g.nats(model, held) < (0.97 * pairs if FAST else 0.85 * chance)
    written = g.write(model, 3, rng=1)
    assert len(written) == 3
    assert written == g.write(model, 3, rng=1)


def test_the_loss_is_the_mean_over_the_letters_and_the_end():
    logits, _ = read("abba")
    each = [-math.log(g.softmax(z)[int(k)]) for z, k in zip(logits, g.tokens("abba")[1:], strict=True)]
    assert g.loss(MODEL, *g.sample("abba")).data == pytest.approx(math.fsum(each) / 5, rel=1e-12)


def test_what_fills_a_name_up_costs_nothing_and_changes_nothing():
    gradients = []
    for size in (3, 6):
        value, slopes = value_and_grad(g.loss)(MODEL, *g.sample("eva", size))
        gradients.append([value, *flatten(slopes)[0]])
    assert gradients[1] == pytest.approx(gradients[0], rel=1e-12, abs=1e-15)
    documents, shares = zip(*[g.sample(name, 4) for name in ("eva", "abba")], strict=True)
    both = g.mean_loss(MODEL, list(documents), list(shares)).data
    assert both == pytest.approx((gradients[0][0] + g.loss(MODEL, *g.sample("abba")).data) / 2, rel=1e-12)


@pytest.mark.thorough
def test_one_program_serves_names_of_all_lengths_and_grows_with_none():
    step = compile(value_and_grad(g.loss), backend="llvm" if FAST else "python")
    for name in ("eva", "elanor", "a"):
        value, slopes = value_and_grad(g.loss)(MODEL, *g.sample(name, 7))
        found, same = step(MODEL, *g.sample(name, 7))
        assert (value, flatten(slopes)[0]) == (found, flatten(same)[0])
    assert len(step.recompilations) == 0
    sizes = [len(compile(g.loss).trace(MODEL, *g.sample("a", n)).instructions) for n in (4, 8)]
    assert sizes[1] < sizes[0] + 1000  # 256 numbers of keys, values and places for each position, no operations


@pytest.mark.thorough
@pytest.mark.parametrize("dots", [False, True])
def test_compiled_it_gives_the_same_bits(dots):
    step, model = value_and_grad(g.loss), g.GPT(dots)
    value, slopes = step(model, *g.sample("a"))
    compiled, same = compile(step, backend="python")(model, *g.sample("a"))
    assert (value, flatten(slopes)[0]) == (compiled, flatten(same)[0])


def test_single_products_and_dots_are_the_same_function():
    results = []
    for dots in (False, True):
        value, slopes = value_and_grad(g.loss)(g.GPT(dots), *g.sample("ab"))
        results.append([value, *flatten(slopes)[0]])
    assert results[0] == pytest.approx(results[1], rel=1e-9, abs=1e-12)


def test_no_place_sees_what_comes_later():
    first, second = read("walk")[0], read("want")[0]
    assert first[:3] == second[:3]
    assert first[3] != second[3]


def test_attention_is_a_mean_over_the_places_so_far():
    _, attention = read("walk")
    for place, heads in enumerate(attention):
        assert len(heads) == g.HEADS
        for weights in heads:
            assert len(weights) == place + 1
            assert min(weights) > 0
            assert math.fsum(weights) == pytest.approx(1.0)


def test_an_answer_is_the_mean_of_values_weighted_by_the_fit_of_keys():
    draw = random.Random(0)
    query, *rows = ([draw.uniform(-1, 1) for _ in range(g.WIDTH)] for _ in range(9))
    keys, values, part = rows[:4], rows[4:], slice(4, 8)
    answer, weights = MODEL.attend(query, keys, values, [0.0, 0.0, 0.0, -math.inf], head=1)
    fits = [math.exp(sum(a * b for a, b in zip(query[part], key[part], strict=True)) / 2) for key in keys[:3]] + [0.0]
    assert weights == pytest.approx([fit / sum(fits) for fit in fits])
    columns = zip(*(v[part] for v in values), strict=True)
    assert answer == pytest.approx([sum(w * v for w, v in zip(weights, c, strict=True)) for c in columns])


def test_normalised_is_of_mean_square_1():
    out = g.normalised([1.0, 2.0, 4.0, 9.0])
    assert sum(v * v for v in out) / 4 == pytest.approx(1.0, rel=1e-5)


def test_the_names_are_plain_and_each_once():
    names = g.names()
    assert len(names) == len(set(names)) >= 200
    assert set("".join(names)) <= set(g.LETTERS[1:])
    assert max(map(len, names)) < g.LENGTH
