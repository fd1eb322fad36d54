"""A GPT of scalars: it reads names letter by letter, and learns to write new ones.

    python -m autograd_lite.examples.gpt

All of a language model in single numbers: every letter and every position has a row of WIDTH trained numbers; each
position compares its query with the keys of all positions up to it, takes the mean of their values, weighted by how
well the keys fit (Vaswani et al. 2017), and then works on the result by itself with a small network.  Root mean squares
normalise (Zhang and Sennrich 2019), and residual connections lead past both parts.

A document is a name between two marks of its end, `.arin.`; the model predicts each letter from those before it.  The
same code runs in three ways, and learns the same: with `dots=False` every product and every sum is a node, with
`dots=True` a row of weights times its inputs is one, and `compile` makes a program of either.  Positions are the steps
of a loop, so the program is that of one position, and where names are filled up to one length, one program serves all.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import resources
from itertools import pairwise
from typing import Any

from autograd_lite import (
    Value,
    compile,
    dot,
    exp,
    logsumexp,
    mean,
    no_grad,
    relu,
    scan,
    sqrt,
    square,
    take,
    value_and_grad,
    vmap,
)
from autograd_lite.examples import FAST
from autograd_lite.nn import Module, softmax, softmax_cross_entropy
from autograd_lite.optim import Adam, CosineDecay

LETTERS = ".abcdefghijklmnopqrstuvwxyz"
LENGTH, WIDTH, HEADS = 16, 16, 4

Row = list[Any]


def single(weights: Sequence[Any], x: Sequence[Any]) -> Any:
    """w . x as single products and sums, each a node of the graph."""
    total = weights[0] * x[0]
    for w, v in zip(weights[1:], x[1:], strict=True):
        total = total + w * v
    return total


def normalised(x: Row) -> Row:
    """The numbers of one position, divided by the root of the mean of their squares."""
    size = sqrt(mean([square(v) for v in x]) + 1e-5)
    return [v / size for v in x]


def added(x: Row, y: Row) -> Row:
    return [a + b for a, b in zip(x, y, strict=True)]


class GPT(Module):
    """One layer: letters go in, and for each of their positions the logits of the next letter come out."""

    def __init__(self, dots: bool = True, rng: int = 0) -> None:
        draw = random.Random(rng)

        def matrix(rows: int, columns: int) -> list[Row]:
            return [[Value(draw.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.times: Callable[[Sequence[Any], Sequence[Any]], Any] = dot if dots else single
        self.letters, self.places = matrix(len(LETTERS), WIDTH), matrix(LENGTH, WIDTH)
        self.query, self.key, self.value, self.mix = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.wide, self.narrow = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)
        self.out = matrix(len(LETTERS), WIDTH)

    def linear(self, weights: list[Row], x: Row) -> Row:
        return [self.times(row, x) for row in weights]

    def forward(self, tokens: Sequence[Any]) -> list[Row]:
        return self.read(tokens)[0]

    def read(self, tokens: Sequence[Any]) -> tuple[list[Row], list[list[Row]]]:
        """The logits of each position, and what each head of each position attends to: weights over those before."""

        def step(before: Any, x: Any) -> Any:
            token, place = x
            start = normalised(added(take(self.letters, token), place))
            x = normalised(start)
            keys, values, fits = (
                [new, *old[:-1]]
                for new, old in zip((self.linear(self.key, x), self.linear(self.value, x), 0.0), before, strict=True)
            )
            query = self.linear(self.query, x)
            heads = [self.attend(query, keys, values, fits, head) for head in range(HEADS)]
            x = added(self.linear(self.mix, [v for answer, _ in heads for v in answer]), start)
            hidden = [relu(v) for v in self.linear(self.wide, normalised(x))]
            logits = self.linear(self.out, added(self.linear(self.narrow, hidden), x))
            return (keys, values, fits), (logits, [weights for _, weights in heads])

        count = len(tokens)
        nothing = [[0.0] * WIDTH for _ in range(count)]
        _, found = scan(step, (nothing, nothing, [-math.inf] * count), (list(tokens), self.places[:count]))
        attention = [[weights[place::-1] for weights in heads] for place, (_, heads) in enumerate(found)]
        return [logits for logits, _ in found], attention

    def attend(self, query: Row, keys: list[Row], values: list[Row], fits: Row, head: int) -> tuple[Row, Row]:
        """One head's answer to a query, the mean of the values so far, and the weights of that mean.

        Keys and values are those of the newest position first, and there is room for all; `fits` is added to how well a
        key fits: 0, and minus infinity where there is none yet.
        """
        size = WIDTH // HEADS
        part = slice(head * size, (head + 1) * size)
        root = math.sqrt(size)
        scores = [self.times(query[part], key[part]) / root + fit for key, fit in zip(keys, fits, strict=True)]
        total = logsumexp(scores)
        weights = [exp(score - total) for score in scores]
        return [self.times(weights, column) for column in zip(*(v[part] for v in values), strict=True)], weights


def names() -> list[str]:
    """The names that come with the example; nobody is called so."""
    return resources.files("autograd_lite.examples").joinpath("names.txt").read_text(encoding="utf-8").split()


def split_names(names: list[str], rng: int = 0) -> tuple[list[str], list[str]]:
    """Nine tenths of the names to learn from, and the others."""
    mixed = random.Random(rng).sample(names, len(names))
    return mixed[len(mixed) // 10 :], mixed[: len(mixed) // 10]


def tokens(name: str) -> list[float]:
    """The number of each letter of a name between two marks of its end.

    >>> tokens("ada")
    [0.0, 1.0, 4.0, 1.0, 0.0]
    """
    return [float(LETTERS.index(letter)) for letter in f".{name}."]


def sample(name: str, size: int = 0) -> tuple[list[float], list[float]]:
    """The tokens of a name, and the share of each predicted letter in the loss; filled up to `size` letters, with 0.

    >>> sample("ada", 4)
    ([0.0, 1.0, 4.0, 1.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25, 0.0])
    """
    read, more = tokens(name), max(0, size - len(name))
    return read + [0.0] * more, [1.0 / (len(read) - 1)] * (len(read) - 1) + [0.0] * more


def loss(model: GPT, document: Sequence[Any], shares: Sequence[Any]) -> Any:
    """The mean of -ln p of the letter that follows, in nats a letter."""

    def step(total: Any, x: Any) -> Any:
        logits, letter, share = x
        return total + share * softmax_cross_entropy(logits, letter), None

    return scan(step, 0.0, (model(document[:-1]), list(document[1:]), list(shares)))[0]


def mean_loss(model: GPT, documents: Sequence[Any], shares: Sequence[Any]) -> Any:
    """The mean loss of several documents of one length."""
    return vmap(lambda document, share: loss(model, document, share), reduce="mean")(documents, shares)


def train(
    model: GPT,
    names: list[str],
    steps: int = 500,
    batch: int = 8,
    lr: float = 0.01,
    rng: int = 0,
    compiled: bool = FAST,
) -> list[float]:
    """Move the model by Adam, `batch` names a step, at a rate that falls to 0; the loss of each step.

    For the one program of the compiled training, all names are filled up to the longest.
    """
    draw, gradient, longest = random.Random(rng), value_and_grad(mean_loss), max(map(len, names))
    step: Any = compile(gradient) if compiled else gradient
    optimizer = Adam(model.parameters(), lr=CosineDecay(lr, steps), betas=(0.85, 0.99))
    labels, losses = [label for label, _ in model.named_parameters()], []
    for _ in range(steps):
        documents, shares = zip(*[sample(name, longest) for name in draw.choices(names, k=batch)], strict=True)
        value, slopes = step(model, list(documents), list(shares))
        optimizer.step([slopes[label] for label in labels])
        losses.append(float(value))
    return losses


def write(model: GPT, count: int, temperature: float = 0.7, rng: int = 0) -> list[str]:
    """Names of the model's own: each letter is drawn with the probability that the model gives it."""
    draw, written = random.Random(rng), []
    for _ in range(count):
        name = ""
        while len(name) < LENGTH:
            with no_grad():
                chances = softmax([z / temperature for z in model(tokens(name)[:-1])[-1]])
            letter = draw.choices(LETTERS, [p.data for p in chances])[0]
            if letter == ".":
                break
            name += letter
        written.append(name)
    return written


def nats(model: GPT, names: list[str]) -> float:
    """The mean loss of names, each with the same weight, in nats a letter."""
    with no_grad():
        return math.fsum(loss(model, *sample(name)).data for name in names) / len(names)


def bigrams(names: list[str], held: list[str]) -> float:
    """The loss of the simplest model that reads: how often each letter followed each, with 1 added to every count."""
    pairs = Counter(pair for name in names for pair in pairwise(f".{name}."))
    firsts = Counter(letter for name in names for letter in f".{name}")

    def cost(name: str) -> float:
        costs = [-math.log((pairs[a, b] + 1) / (firsts[a] + len(LETTERS))) for a, b in pairwise(f".{name}.")]
        return math.fsum(costs) / len(costs)

    return math.fsum(map(cost, held)) / len(held)


def main() -> None:
    learned, held = split_names(names())
    model = GPT()
    print(f"{len(model.parameters())} parameters, {len(learned)} names to learn from, {len(held)} held out")
    losses = train(model, learned, steps=1000)
    print(f"nats a letter while learning: {losses[0]:.2f} at first, {mean(losses[-50:]):.2f} at last")
    print(f"held out: {nats(model, held):.2f}; by pairs of letters {bigrams(learned, held):.2f}, "
          f"by chance {math.log(len(LETTERS)):.2f}")  # fmt: skip
    print("it writes:", ", ".join(write(model, 20)))


if __name__ == "__main__":
    main()
