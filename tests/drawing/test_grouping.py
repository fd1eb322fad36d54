"""Which nodes belong together."""

from autograd_lite import Value, erf, sum
from autograd_lite.drawing.grouping import belonging, by_module, enclosing
from autograd_lite.drawing.names import find_names
from autograd_lite.drawing.sources import Values
from autograd_lite.nn import MLP, Module, Neuron


def owners(root, **modules):
    names = find_names(modules, infer=False)
    source = Values([root], names)
    return source, belonging(source.names.parameters, source.order)


def paths_of_operations(root, **modules):
    source, owner = owners(root, **modules)
    return {(x.op, owner.get(x)) for x in source.order if x.parents}


def test_neurons_own_their_sum_and_their_activation():
    model = MLP(2, [2, 1], activation="tanh", rng=0)
    loss = (model([1.0, 2.0]) - 3.0) ** 2
    assert paths_of_operations(loss, model=model) == {
        ("dot", "layers.0.neurons.0"),
        ("dot", "layers.0.neurons.1"),
        ("tanh", "layers.0.neurons.0"),
        ("tanh", "layers.0.neurons.1"),
        ("dot", "layers.1.neurons.0"),
        ("sub", None),
        ("pow", None),
    }


class Scalars(Module):
    """A neuron as micrograd writes it, with an activation of several operations."""

    def __init__(self, n):
        self.w = [Value(0.1 * (i + 1)) for i in range(n)]
        self.b = Value(0.0)

    def forward(self, xs):
        z = self.b
        for w, x in zip(self.w, xs, strict=True):
            z = z + w * x
        return 0.5 * z * (1.0 + erf(z / 2.0**0.5))


class Two(Module):
    def __init__(self):
        self.hidden = Scalars(2)
        self.out = Scalars(1)

    def forward(self, xs):
        return self.out([self.hidden(xs)])


def test_scalar_products_and_activations_of_several_operations_are_recognised():
    model = Two()
    xs = [Value(1.0), Value(2.0)]
    source, owner = owners(model(xs), model=model)
    hidden = [x for x in source.order if x.parents and owner.get(x) == "hidden"]
    assert len(hidden) == 4 + 5  # two products and sums; the GELU
    out = [x for x in source.order if owner.get(x) == "out" and x.parents]
    assert {x.op for x in out} == {"mul", "add"}


def test_a_penalty_on_the_weights_is_no_part_of_the_neurons():
    model = MLP(2, [2, 1], rng=0)
    penalty = sum([p * p for p in model.parameters()])
    found = paths_of_operations(model([1.0, 2.0]) + 0.1 * penalty, model=model)
    assert ("sum", None) in found
    assert {path for op, path in found if op == "mul"} == {None}


def test_levels():
    model = MLP(2, [2, 1], rng=0)
    names = find_names({"model": model}, infer=False)
    source = Values([model([1.0, 2.0])], names)
    owner = belonging(source.names.parameters, source.order)
    assert set(by_module(owner, names.module_at, "model").values()) == {""}
    assert set(by_module(owner, names.module_at, "layers").values()) == {"layers.0", "layers.1"}
    assert len(set(by_module(owner, names.module_at, "neurons").values())) == 3
    assert enclosing("layers.0.neurons.1", names.module_at) == ["", "layers.0", "layers.0.neurons.1"]


def test_a_neuron_alone_is_its_own_model():
    neuron = Neuron(2, rng=0)
    source, owner = owners(neuron([1.0, 2.0]), neuron=neuron)
    assert {owner.get(x) for x in source.order if x.parents} == {""}
