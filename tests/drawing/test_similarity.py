"""Which nodes do the same."""

from autograd_lite import Value, dot, relu, sum, tanh
from autograd_lite.drawing.names import find_names
from autograd_lite.drawing.similarity import alike
from autograd_lite.drawing.sources import Values


def classes(root):
    source = Values([root], find_names(None, infer=False))
    found = alike(source, source.order, {root: "root"})
    return {x: found[x] for x in source.order}


def test_the_same_operation_on_alike_operands_is_alike():
    xs = [Value(1.0), Value(2.0)]
    a, b, c = tanh(xs[0]), tanh(xs[1]), relu(xs[0])
    found = classes(sum([a, b, c]))
    assert found[a] == found[b] != found[c]
    assert found[xs[0]] == found[xs[1]]


def test_the_links_of_a_chain_are_alike():
    terms = [tanh(Value(float(i))) for i in range(5)]
    total = terms[0]
    sums = []
    for t in terms[1:]:
        total = total + t
        sums.append(total)
    found = classes(total * 2.0)
    assert len({found[s] for s in sums}) == 1


def test_layers_of_a_network_without_modules_are_told_apart():
    def layer(xs):
        return [relu(dot([Value(0.5) for _ in xs], xs)) for _ in range(3)]

    first = layer([Value(1.0), Value(2.0)])
    second = layer(first)
    found = classes(sum(second))
    assert len({found[x] for x in first}) == len({found[x] for x in second}) == 1
    assert found[first[0]] != found[second[0]]


def test_constants_are_alike_where_they_are_used_alike():
    xs = [Value(float(i)) for i in range(4)]
    products = [x * 2.0 for x in xs]
    margins = [1.0 - p for p in products]
    found = classes(sum(margins) / 4.0)
    twos, ones = [p.parents[1] for p in products], [m.parents[0] for m in margins]
    assert len({found[x] for x in twos}) == len({found[x] for x in ones}) == 1
    assert found[twos[0]] != found[ones[0]]
    assert found[products[0]] == found[products[1]]
