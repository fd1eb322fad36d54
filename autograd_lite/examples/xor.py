"""XOR, on which the perceptron failed: no line separates its two classes, two layers do.

python -m autograd_lite.examples.xor
"""

from autograd_lite.nn import MLP, Perceptron, fit, predict

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
AND, XOR = [0, 0, 0, 1], [0, 1, 1, 0]


def learn_by_perceptron(y: list[int], epochs: int = 100) -> list[int]:
    """The outputs of Rosenblatt's perceptron after learning by its own rule, for as long as it takes or `epochs`."""
    gate = Perceptron(2)
    gate.learn(X, y, epochs)
    return [int(gate(x).data) for x in X]


def two_layers(y: list[int], seed: int = 0) -> list[float]:
    """The logits of a network with four hidden units after 300 epochs."""
    model = MLP(2, [4, 1], activation="tanh", rng=seed)
    fit(model, X, y, loss="binary_cross_entropy_with_logits", optimizer="adam", lr=0.1, epochs=300, rng=seed,
        progress=False)  # fmt: skip
    return predict(model, X)


def main() -> None:
    print(f"a perceptron learns AND {AND}: {learn_by_perceptron(AND)}")
    print(f"a perceptron does not learn XOR {XOR}: {learn_by_perceptron(XOR)}")
    print(f"two layers do: {[int(z > 0.0) for z in two_layers(XOR)]}")


if __name__ == "__main__":
    main()
