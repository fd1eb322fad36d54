"""Examples: small programs that train something, written like a user's, to be read and run.

    python -m autograd_lite.examples.digits

line           least squares, and gradient descent with a stopping criterion
xor            what a perceptron cannot learn, and two layers can
points         moons and spirals, in the plane
iris           three kinds of flowers by four measurements
digits         handwritten digits: the lecture's training, a better one, and convolutions
transformer    words, letter by letter: attention, layer norms and softmax of scalars

Each has a `main` that prints what it does, and functions that return what was learned, for the tests.
"""

from importlib.util import find_spec

FAST = find_spec("llvmlite") is not None
"""Whether training is compiled, which gives the same numbers sooner."""
