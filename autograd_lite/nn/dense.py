"""Neurons, dense layers, and networks of layers, with micrograd's signatures.  A neuron is two nodes: one `dot` of its
weights with its inputs, in which the bias is the weight of an input that is always 1, and one activation."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core.fast.layers import dots, weight_rows
from autograd_lite.core.fast.vectors import Vector
from autograd_lite.core.value import Value
from autograd_lite.nn.activation_modules import AnyActivation, activated, activation_of
from autograd_lite.nn.activations import identity
from autograd_lite.nn.initialisation import Init, Initialiser, initialiser_for
from autograd_lite.nn.module import Batched, Module, through
from autograd_lite.nn.randomness import Seed, generator
from autograd_lite.nn.shapes import NestedNumbers, as_vector, check_size
from autograd_lite.support.wording import computed_from_rest


class Neuron(Module):
    """activation(w . x + b), or w . x + b with nonlin=False.

    `Neuron(nin)` is micrograd's.  `activation` is a name or a function, `init` an initialiser of
    the weights (by default what suits the activation; the bias starts at 0), `rng` a seed or generator.

    >>> neuron = Neuron(2, activation="tanh", rng=0)
    >>> [name for name, _ in neuron.named_parameters()]
    ['w[0]', 'w[1]', 'b']
    >>> out = neuron([0.5, -1.0])
    >>> out.op, out.parents[0].op
    ('tanh', 'dot')
    """

    shown = False

    def __init__(
        self, nin: int, nonlin: bool = True, activation: AnyActivation = "relu", init: Init = None, rng: Seed = None
    ) -> None:
        nin, draw = check_size("nin", nin), generator(rng)
        self._name, self.activation = activation_of(activation if nonlin else "linear")
        initialise = initialiser_for(self._name, init)
        self.w = [Value(initialise(nin, 1, draw)) for _ in range(nin)]
        self.b = Value(0.0)

    @computed_from_rest("assign activation, or make it anew with nonlin")
    def nonlin(self) -> bool:
        return self.activation is not identity

    def forward(self, x: NestedNumbers) -> Any:
        inputs = as_vector(x, len(self.w), self, 1.0)
        return activated(self.activation, dots(weight_rows([self.w], [self.b], []), inputs))[0]

    def exchanged(self) -> dict[str, Any]:
        return {"weight": [self.w], "bias": [self.b], "activation": self.activation}

    def describe(self) -> str:
        return f"{type(self).__name__}({len(self.w)}, {self._name})"


class Layer(Batched):
    """`nout` neurons over the same inputs; the output is a list, or the single Value of a single neuron.

    Keyword arguments are those of Neuron.

    >>> Layer(2, 3, activation="tanh", rng=0)
    Layer(2 -> 3, tanh): 9 parameters
    """

    def __init__(
        self, nin: int, nout: int, nonlin: bool = True, activation: AnyActivation = "relu", init: Init = None,
        rng: Seed = None,
    ) -> None:  # fmt: skip
        nin, nout = check_size("nin", nin), check_size("nout", nout)
        self._name, self.activation = activation_of(activation if nonlin else "linear")
        draw, initialise = generator(rng), initialiser_for(self._name, init)
        weight: Initialiser = lambda _nin, _nout, rng: initialise(nin, nout, rng)  # noqa: E731
        self.neurons = [Neuron(nin, activation=self.activation, init=weight, rng=draw) for _ in range(nout)]
        self._rows: list[Vector] = []  # the weights, shared by the dots of all samples

    def batch(self, samples: list[Any]) -> list[Any]:
        neurons, activation = self.neurons, self.activation
        weights = [neuron.w for neuron in neurons]
        self._rows = rows = weight_rows(weights, [neuron.b for neuron in neurons], self._rows)
        inputs = [as_vector(x, len(weights[0]), self, 1.0) for x in samples]
        outputs = [activated(activation, dots(rows, x)) for x in inputs]
        return [out[0] for out in outputs] if len(rows) == 1 else outputs

    def exchanged(self) -> dict[str, Any]:
        weight, bias = [neuron.w for neuron in self.neurons], [neuron.b for neuron in self.neurons]
        return {"weight": weight, "bias": bias, "activation": self.activation}

    def describe(self) -> str:
        return f"{type(self).__name__}({len(self.neurons[0].w)} -> {len(self.neurons)}, {self._name})"


class MLP(Batched):
    """A multi-layer perceptron: layers of the sizes `nouts` over `nin` inputs, one after the other.

    The hidden layers have the `activation`, the last one `output` ("linear", so that it gives logits).

    >>> model = MLP(2, [16, 1], activation="tanh", rng=0)
    >>> model
    MLP(2 -> 16 -> 1): 65 parameters
      layers.0: Layer(2 -> 16, tanh)
      layers.1: Layer(16 -> 1, linear)
    >>> model([1.0, 2.0]).op
    'dot'

    Raises ValueError on a size below 1 or an unknown activation and, when called, on too many or few inputs.
    """

    def __init__(
        self, nin: int, nouts: Sequence[int], activation: AnyActivation = "relu", output: AnyActivation = "linear",
        init: Init = None, rng: Seed = None,
    ) -> None:  # fmt: skip
        if not isinstance(nouts, (list, tuple)) or not nouts:
            raise TypeError(f"nouts lists the sizes of the layers, but got {nouts!r}; write MLP(2, [16, 1])")
        draw, sizes = generator(rng), [nin, *nouts]
        activations = [activation] * (len(nouts) - 1) + [output]
        self.layers = [
            Layer(n, m, activation=f, init=init, rng=draw)
            for n, m, f in zip(sizes[:-1], nouts, activations, strict=True)
        ]

    def batch(self, samples: list[Any]) -> list[Any]:
        return through(self.layers, samples)

    def describe(self) -> str:
        sizes = [len(self.layers[0].neurons[0].w), *(len(layer.neurons) for layer in self.layers)]
        return f"{type(self).__name__}({' -> '.join(map(str, sizes))})"
