"""Two shapes that no line separates: moons, one in the arms of the other, and spirals that wind around each other.

python -m autograd_lite.examples.points
"""

import math
import random

from autograd_lite.examples import FAST
from autograd_lite.nn import MLP, evaluate, fit, train_test_split

Points = tuple[list[list[float]], list[int]]


def moons(count: int = 300, noise: float = 0.15, seed: int = 0) -> Points:
    """Points on two half circles, and which of the two each belongs to."""
    draw, X, y = random.Random(seed), [], []
    for i in range(count):
        angle = math.pi * draw.random()
        x = [math.cos(angle), math.sin(angle)] if i % 2 else [1.0 - math.cos(angle), 0.5 - math.sin(angle)]
        X.append([v + draw.gauss(0.0, noise) for v in x])
        y.append(i % 2)
    return X, y


def spirals(count: int = 300, noise: float = 0.05, turns: float = 1.75, seed: int = 0) -> Points:
    """Points on two spirals around 0, half a turn apart."""
    draw, X, y = random.Random(seed), [], []
    for i in range(count):
        radius = 0.1 + 2.0 * math.sqrt(draw.random())
        angle = 2.0 * math.pi * turns * radius / 2.1 + math.pi * (i % 2)
        X.append([radius * math.cos(angle) + draw.gauss(0.0, noise), radius * math.sin(angle) + draw.gauss(0.0, noise)])
        y.append(i % 2)
    return X, y


def learn(points: Points, sizes: list[int], epochs: int, seed: int = 0) -> tuple[MLP, float]:
    """The network and its accuracy on the fifth of the points that were held out."""
    X, held_X, y, held_y = train_test_split(*points, rng=seed)
    model = MLP(2, [*sizes, 1], activation="tanh", rng=seed)
    fit(model, X, y, loss="binary_cross_entropy_with_logits", optimizer="adam", lr=0.02, epochs=epochs,
        batch_size=16, rng=seed, compile=FAST, progress=False)  # fmt: skip
    return model, evaluate(model, held_X, held_y, "binary_cross_entropy_with_logits")["accuracy"]


def main() -> None:
    print(f"moons, no hidden layer: {learn(moons(), [], 60)[1]:.1%} of the held out points")
    print(f"moons, 16 hidden units: {learn(moons(), [16], 60)[1]:.1%}")
    print(f"spirals, no hidden layer: {learn(spirals(), [], 60)[1]:.1%}")
    print(f"spirals, two layers of 16: {learn(spirals(), [16, 16], 300)[1]:.1%}")


if __name__ == "__main__":
    main()
