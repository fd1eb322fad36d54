"""A transformer of scalars: it reads words letter by letter and learns to write new ones.

    python -m autograd_lite.examples.transformer

The attention of Vaswani et al. (2017) in single numbers: every position compares its query with the keys of all
positions up to it, and takes the mean of their values, weighted by how well the keys fit.  Around it are the usual
parts: layer norms, a small network for each position, and residual connections past both.

The text is one long string, `.walk.walks.walked.`; a sample is a window of it, and at each of its positions the model
predicts the next letter.  As every position sees only what is before it, one window is LENGTH samples.
"""

import math
import random
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from itertools import pairwise
from typing import Any

import numpy
from numpy.typing import NDArray

from autograd_lite import Value, compile, dot, exp, logsumexp, mean, no_grad, sqrt, square, value_and_grad, vmap
from autograd_lite.nn import Linear, Module, Sequential, one_hot, softmax, softmax_cross_entropy
from autograd_lite.optim import Adam, CosineDecay

LETTERS = ".abcdefghijklmnopqrstuvwxyz"
LENGTH, WIDTH, HEADS = 8, 16, 2


class LayerNorm(Module):
    """The numbers of one position, brought to mean 0 and variance 1, then scaled and shifted by trained numbers."""

    def __init__(self, size: int) -> None:
        self.scale, self.shift = [Value(1.0) for _ in range(size)], [Value(0.0) for _ in range(size)]

    def forward(self, x: list[Value]) -> Any:
        centre = mean(x)
        centred = [v - centre for v in x]
        deviation = sqrt(mean([square(v) for v in centred]) + 1e-5)
        return [v / deviation * a + b for v, a, b in zip(centred, self.scale, self.shift, strict=True)]


class Attention(Module):
    """One head: a query, a key and a value for each position, all linear in its input."""

    def __init__(self, width: int, size: int, rng: random.Random) -> None:
        self.query, self.key, self.value = (Linear(width, size, bias=False, rng=rng) for _ in range(3))

    def forward(self, inputs: list[Any]) -> list[Any]:
        queries, keys, values = (layer.batch(inputs) for layer in (self.query, self.key, self.value))
        return [self.answer(q, keys[: i + 1], values[: i + 1]) for i, q in enumerate(queries)]

    def answer(self, query: list[Value], keys: list[Any], values: list[Any]) -> list[Any]:
        """The mean of the values so far, with the softmax of query . key as weights."""
        scores = [dot(query, key) / math.sqrt(len(query)) for key in keys]
        total = logsumexp(scores)
        weights = [exp(score - total) for score in scores]
        return [dot(weights, column) for column in zip(*values, strict=True)]


class Block(Module):
    """Attention moves information between positions, then a network works on each by itself."""

    def __init__(self, width: int, heads: int, rng: random.Random) -> None:
        self.before, self.after = LayerNorm(width), LayerNorm(width)
        self.heads = [Attention(width, width // heads, rng) for _ in range(heads)]
        self.mix = Linear(width, width, rng=rng)
        self.think = Sequential(Linear(width, 2 * width, rng=rng), "relu", Linear(2 * width, width, rng=rng))

    def forward(self, inputs: list[Any]) -> list[Any]:
        normal = [self.before(x) for x in inputs]
        answers = zip(*[head(normal) for head in self.heads], strict=True)
        mixed = added(inputs, self.mix.batch([[v for part in parts for v in part] for parts in answers]))
        return added(mixed, self.think.batch([self.after(x) for x in mixed]))


def added(inputs: list[Any], more: list[Any]) -> list[Any]:
    """The residual connection: the sum, position by position."""
    return [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(inputs, more, strict=True)]


class Transformer(Module):
    """Letters as rows of zeros with a 1 go in; for each position the logits of the next letter come out."""

    def __init__(self, blocks: int = 1, rng: int = 0) -> None:
        draw = random.Random(rng)
        self.letters = Linear(len(LETTERS), WIDTH, bias=False, init="normal", rng=draw)
        self.order = [[Value(draw.gauss(0.0, 1.0)) for _ in range(WIDTH)] for _ in range(LENGTH)]
        self.blocks = [Block(WIDTH, HEADS, draw) for _ in range(blocks)]
        self.norm, self.out = LayerNorm(WIDTH), Linear(WIDTH, len(LETTERS), rng=draw)

    def forward(self, window: Sequence[Any]) -> list[Any]:
        hidden = added(self.letters.batch(list(window)), self.order[: len(window)])
        for block in self.blocks:
            hidden = block(hidden)
        return self.out.batch([self.norm(x) for x in hidden])


def words() -> list[str]:
    """The words that come with the example: verbs and their forms, a verb a line."""
    return resources.files("autograd_lite.examples").joinpath("words.txt").read_text(encoding="utf-8").split()


def windows(words: list[str], rng: random.Random) -> tuple[Any, Any]:
    """Every window of the text that the words make in random order, as an array of zeros with a 1 a letter, and the
    letters that follow at each of its positions."""
    text = [LETTERS.index(letter) for letter in ".".join(["", *rng.sample(words, len(words)), ""])]
    starts = numpy.arange(len(text) - LENGTH)[:, None] + numpy.arange(LENGTH)
    return numpy.eye(len(LETTERS))[numpy.array(text)[starts]], numpy.array(text, dtype=float)[starts + 1]


def loss(model: Transformer, windows: NDArray[Any], following: NDArray[Any]) -> Any:
    """The mean of -ln p of the letter that follows, in nats a letter."""

    def of_window(window: NDArray[Any], following: NDArray[Any]) -> Any:
        return mean([softmax_cross_entropy(z, k) for z, k in zip(model(window), following, strict=True)])

    return vmap(of_window, reduce="mean")(windows, following)


def train(model: Transformer, words: list[str], steps: int = 600, batch: int = 32, rng: int = 0) -> list[float]:
    """Move the model by Adam, `steps` times, on windows drawn at random; the loss of each step."""
    draw = random.Random(rng)
    samples, following = windows(words, draw)
    optimizer = Adam(model.parameters(), lr=CosineDecay(0.01, steps))
    step, losses = compile(value_and_grad(loss)), []
    names = [name for name, _ in model.named_parameters()]
    for _ in range(steps):
        drawn = draw.choices(range(len(samples)), k=batch)
        value, slopes = step(model, samples[drawn], following[drawn])
        optimizer.step([slopes[name] for name in names])
        losses.append(value)
    return losses


def write(model: Transformer, count: int, rng: int = 0) -> list[str]:
    """Words of the model's own: each letter is drawn with the probability that the model gives it."""
    draw, text = random.Random(rng), "."
    while text.count(".") <= count:
        window = [one_hot(LETTERS.index(letter), len(LETTERS)) for letter in text[-LENGTH:]]
        with no_grad():
            text += draw.choices(LETTERS, [p.data for p in softmax(model(window)[-1])])[0]
    return text.strip(".").split(".")


def split_words(words: list[str], rng: int = 0) -> tuple[list[str], list[str]]:
    """Nine tenths of the words to learn from, and the others."""
    mixed = random.Random(rng).sample(words, len(words))
    return mixed[len(mixed) // 10 :], mixed[: len(mixed) // 10]


def bigrams(words: list[str], held: list[str]) -> float:
    """The loss of the simplest model that reads: how often each letter followed each, with 1 added to every count."""
    text, new = (".".join(["", *part, ""]) for part in (words, held))
    pairs, singles = Counter(pairwise(text)), Counter(text[:-1])
    costs = [-math.log((pairs[a, b] + 1) / (singles[a] + len(LETTERS))) for a, b in pairwise(new)]
    return math.fsum(costs) / len(costs)


def held_out_loss(model: Transformer, words: list[str]) -> float:
    """The loss on words that were not learned from, window by window: the first letters of each see little."""
    samples, following = windows(words, random.Random(0))
    return float(compile(loss)(model, samples[::LENGTH], following[::LENGTH]))


def main() -> None:
    learned, held = split_words(words())
    model = Transformer()
    print(f"{len(model.parameters())} parameters, {len(learned)} words to learn from, {len(held)} held out")
    losses = train(model, learned, steps=1000)
    print(f"nats a letter while learning: {losses[0]:.2f} at first, {mean(losses[-50:]):.2f} at last")
    print(f"held out: {held_out_loss(model, held):.2f}; by pairs of letters {bigrams(learned, held):.2f}, "
          f"by chance {math.log(len(LETTERS)):.2f}")  # fmt: skip
    print("it writes:", ", ".join(write(model, 20)))


if __name__ == "__main__":
    main()
