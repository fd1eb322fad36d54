"""The live pages of the site: each is a function of this library, computed in the reader's browser."""

from autograd_lite import dot, exp, explore, playground, tanh
from autograd_lite.nn import sigmoid


def product(x, y, z):
    return (x + y) * z


def neuron(w0, x0, w1, x1, w2):
    return 1.0 / (1.0 + exp(-(w0 * x0 + w1 * x1 + w2)))


def network(w11, w12, w21, w22, v1, v2, x1, x2):
    y1, y2 = tanh(w11 * x1 + w21 * x2), tanh(w12 * x1 + w22 * x2)
    return 0.5 * (sigmoid(dot([v1, v2], [y1, y2])) - 1.0) ** 2


def wave(x):
    return x * tanh(x) + 1.0


def write(folder):
    """Write each page into the folder."""
    pages = {
        "product": explore(product, x=-2.0, y=5.0, z=-4.0),
        "neuron": explore(neuron, w0=2.0, x0=-1.0, w1=-3.0, x1=-2.0, w2=-3.0),
        "network": explore(network, w11=0.3, w12=-0.3, w21=-0.4, w22=0.6, v1=0.9, v2=0.3, x1=1.1, x2=0.4),
        "wave": explore(wave, x=0.5),
        "playground": playground(),
    }
    for name, page in pages.items():
        page.save(folder / f"{name}.html")
