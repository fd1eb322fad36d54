"""Lessons: small programs that train something, written like a user's, to be read and run.

    python -m autograd_lite.examples.digits

line           least squares, and gradient descent that knows when to stop
xor            what a perceptron cannot learn, and two layers can
points         moons and spirals, in the plane
iris           three kinds of flowers by four measurements
digits         handwritten digits: the lecture's training, a better one, and convolutions
transformer    letters that become words, by attention, layer norms and softmax of single numbers

Each has a `main` that tells what it does, and functions that return what was learned, for the tests.
"""

from importlib.util import find_spec

FAST = find_spec("llvmlite") is not None
"""Whether training is compiled: the numbers are the same, sooner."""
