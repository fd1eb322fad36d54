"""Linear layers and sequences of Modules, with PyTorch's names and shapes, and the first artificial neurons."""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core.fast.layers import dots, vector, weight_rows
from autograd_lite.core.fast.vectors import Vector
from autograd_lite.core.table import less_equal, logical_and, logical_not
from autograd_lite.core.table import max as largest
from autograd_lite.core.table import sum as total
from autograd_lite.core.value import Value
from autograd_lite.nn.activation_modules import Activation, AnyActivation, activation_of
from autograd_lite.nn.activations import binary_step
from autograd_lite.nn.initialisation import Init, initialiser_for
from autograd_lite.nn.module import Batched, Module, through
from autograd_lite.nn.randomness import Seed, generator
from autograd_lite.nn.shapes import NestedNumbers, all_numbers, as_vector, check_size
from autograd_lite.support.wording import computed_from_rest


class Linear(Batched):
    """y = W x + b, a list of `nout` Values; weight[i][j] and bias[i] are the parameters.

    `init` is an initialiser of the weights, by default Xavier's; the biases start at 0.

    >>> Linear(2, 3, rng=0)
    Linear(2 -> 3): 9 parameters
    """

    def __init__(self, nin: int, nout: int, bias: bool = True, init: Init = None, rng: Seed = None) -> None:
        nin, nout = check_size("nin", nin), check_size("nout", nout)
        initialise, draw = initialiser_for("linear", init), generator(rng)
        self.weight = [[Value(initialise(nin, nout, draw)) for _ in range(nin)] for _ in range(nout)]
        if bias:
            self.bias = [Value(0.0) for _ in range(nout)]
        self._rows: list[Vector] = []

    def batch(self, samples: list[Any]) -> list[Any]:
        nin = len(self.weight[0])
        if not hasattr(self, "bias"):
            rows = [vector([*row]) for row in self.weight]
            return [dots(rows, as_vector(x, nin, self)) for x in samples]
        self._rows = rows = weight_rows(self.weight, self.bias, self._rows)
        return [dots(rows, as_vector(x, nin, self, 1.0)) for x in samples]

    def describe(self) -> str:
        return f"Linear({len(self.weight[0])} -> {len(self.weight)}{'' if hasattr(self, 'bias') else ', no bias'})"


class Sequential(Module):
    """Modules one after the other; names and functions among them are activations.

    >>> Sequential(Linear(2, 3, rng=0), "tanh", Linear(3, 1, rng=1))
    Sequential(): 13 parameters
      0: Linear(2 -> 3)
      1: Activation(tanh)
      2: Linear(3 -> 1)
    """

    def __init__(self, *modules: AnyActivation) -> None:
        if not modules:
            raise ValueError("Sequential got no modules; pass at least one")
        for i, given in enumerate(modules):
            made = activation_of(given)[1]
            # An attribute whose name is the number gives the names of PyTorch: "0.weight".
            vars(self)[str(i)] = made if isinstance(made, Module) else Activation(given)

    def __getitem__(self, i: int) -> Module:
        return self.modules[i]

    def __len__(self) -> int:
        return len(self.modules)

    @computed_from_rest("make another Sequential of these modules")
    def modules(self) -> list[Module]:
        """The Modules, in order."""
        return [module for name, module in vars(self).items() if name.isdigit()]

    def forward(self, x: NestedNumbers) -> Any:
        for module in self.modules:
            x = module(x)
        return x

    def batch(self, samples: list[Any]) -> list[Any]:
        return through(self.modules, samples)


class Flatten(Module):
    """Nested lists become one flat list, row after row."""

    def forward(self, x: NestedNumbers) -> Any:
        return list(all_numbers(x))


class Maxout(Module):
    """Each unit is the largest of `pieces` linear functions of the inputs.  Goodfellow et al. 2013.

    Ties share the gradient.  weight[unit][piece][input] and bias[unit][piece] are the parameters.
    """

    def __init__(self, nin: int, nout: int, pieces: int = 2, init: Init = None, rng: Seed = None) -> None:
        nin, nout, pieces = check_size("nin", nin), check_size("nout", nout), check_size("pieces", pieces)
        initialise, draw = initialiser_for("maxout", init), generator(rng)
        self.weight = [
            [[Value(initialise(nin, nout, draw)) for _ in range(nin)] for _ in range(pieces)] for _ in range(nout)
        ]
        self.bias = [[Value(0.0) for _ in range(pieces)] for _ in range(nout)]

    def forward(self, x: NestedNumbers) -> Any:
        inputs = as_vector(x, len(self.weight[0][0]), self, 1.0)
        units = zip(self.weight, self.bias, strict=True)
        return [largest(dots(weight_rows(list(w), list(b), []), inputs)) for w, b in units]

    def describe(self) -> str:
        return f"Maxout({len(self.weight[0][0])} -> {len(self.weight)}, {len(self.weight[0])} pieces)"


class Perceptron(Module):
    """Rosenblatt's perceptron of 1958: 1 where w . x + b >= 0, else 0, with its own learning rule.

    The step has no slope, so gradients are of no use: `learn` moves the weights by lr (target - output) x.

    >>> gate = Perceptron(2)
    >>> gate.learn([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])[-1]
    0
    >>> gate([1, 1]).data
    1.0
    """

    def __init__(self, nin: int, lr: float = 1.0) -> None:
        self.w = [Value(0.0) for _ in range(check_size("nin", nin))]
        self.b = Value(0.0)
        self.lr = lr

    def forward(self, x: NestedNumbers) -> Any:
        return binary_step(dots([vector([*self.w, self.b])], as_vector(x, len(self.w), self, 1.0))[0])

    def learn(self, X: Sequence[Sequence[float]], y: Sequence[int], epochs: int = 100) -> list[int]:
        """Go through the samples until none is wrong, or for `epochs`; the number of mistakes of each epoch.

        It ends where a line separates the classes (Novikoff 1962), and never does for XOR.
        """
        mistakes = []
        for _ in range(epochs):
            wrong = 0
            for x, target in zip(X, y, strict=True):
                if target not in (0, 1):
                    raise ValueError(f"a perceptron learns the labels 0 and 1, but got {target!r}; rename them")
                error = target - self(x).data
                if error:
                    wrong += 1
                    for w, v in zip([*self.w, self.b], [*x, 1.0], strict=True):
                        w.data += self.lr * error * v
            mistakes.append(wrong)
            if not wrong:
                break
        return mistakes


class McCullochPitts(Module):
    """The neuron of McCulloch and Pitts, 1943: it fires where no inhibiting input does and at least `threshold` of
    the others do.  `inhibiting` are the numbers of the inputs that forbid firing.

    >>> both = McCullochPitts(2)
    >>> [both([1, 1]), both([1, 0])]
    [1.0, 0.0]
    """

    def __init__(self, threshold: float, inhibiting: Sequence[int] = ()) -> None:
        self.threshold = float(threshold)
        self.inhibiting = tuple(inhibiting)

    def forward(self, x: NestedNumbers) -> Any:
        inputs = list(all_numbers(x))
        count = len(inputs)
        if any(not -count <= i < count for i in self.inhibiting):
            wants = f"{self.describe()} is inhibited by inputs {self.inhibiting}"
            raise ValueError(f"{wants}, but got {count} inputs; pass all of them")
        forbidden = {i % count for i in self.inhibiting}
        fires = less_equal(self.threshold, total([v for i, v in enumerate(inputs) if i not in forbidden]))
        if not forbidden:
            return fires
        return logical_and(fires, logical_not(largest([inputs[i] for i in forbidden])))

    def describe(self) -> str:
        return f"McCullochPitts({self.threshold:g}, inhibiting={self.inhibiting})"
