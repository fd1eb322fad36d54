"""What nested transforms cost: an inner one does not walk back through the graph that surrounds it."""

import pytest

from autograd_lite import Value, compile, grad, gradients, hessian, hvp, jacobian, jvp, sqrt, tanh, taylor, vjp
from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.fast.uses import COUNTS
from autograd_lite.core.reverse import float_adjoints, topological_order


def visited(action):
    """How many nodes the sorts of an action visit, and what it gives."""
    before = COUNTS.visited
    result = action()
    return COUNTS.visited - before, result


def potential(p, c):
    dx, dy, ex, ey = p[0] - c[0], p[1] - c[1], p[0] + 1.0, p[1] - 0.5
    return 1.0 / sqrt(dx * dx + dy * dy) - 0.5 / sqrt(ex * ex + ey * ey)


def by_grad(p, c):
    return grad(potential)(p, c)


def by_jvp(p, c):
    return [jvp(lambda q: potential(q, c), (p,), (d,))[1] for d in ([1.0, 0.0], [0.0, 1.0])]


def by_jacobian(p, c):
    return jacobian(lambda q: [potential(q, c)])(p)[0]


def by_vjp(p, c):
    return vjp(lambda q: potential(q, c), p)[1](1.0)[0]


def by_hvp(p, c):
    return hvp(lambda q: potential(q, c))(p, [1.0, 0.5])


def by_hessian(p, c):
    rows = hessian(lambda q: potential(q, c))(p)
    return [rows[0][0], rows[1][0]]


def by_taylor(p, c):
    return [
        taylor(lambda s, d=d: potential([p[0] + s * d[0], p[1] + s * d[1]], c), 0.0, 1)[1]
        for d in ([1.0, 0.0], [0.0, 1.0])
    ]


INNER = [by_grad, by_jvp, by_jacobian, by_vjp, by_hvp, by_hessian, by_taylor]


def moved(force, steps):
    """A particle moved by Euler steps in the field of two charges, one of them at c."""

    def path(c):
        p, v = [3.0, 0.3], [0.0, 0.1]
        for _ in range(steps):
            f = force(p, c)
            v = [v[0] - 0.01 * f[0], v[1] - 0.01 * f[1]]
            p = [p[0] + 0.01 * v[0], p[1] + 0.01 * v[1]]
        return p[0] * p[0] + p[1]

    return path


OUTER = {
    "grad": lambda f: grad(f)([0.2, -0.1]),
    "jvp": lambda f: jvp(f, ([0.2, -0.1],), ([1.0, 0.0],))[1],
    "hessian": lambda f: hessian(f)([0.2, -0.1])[0][0],
    "compiled": lambda f: compile(grad(f), backend="python").trace([0.2, -0.1]).size,
}


@pytest.mark.thorough
@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("inner", INNER, ids=lambda f: f.__name__)
def test_visited_nodes_grow_with_the_steps_and_not_with_their_square(inner, outer):
    few, many = (visited(lambda n=n: OUTER[outer](moved(inner, n)))[0] for n in (10, 40))
    assert few < many < 4.2 * few


def test_old_values_that_a_user_gives_are_found():
    x = Value(0.5)
    y = tanh(x)
    z = y * y + x
    (slope,) = gradients(z, [x], create_graph=True)
    assert gradients(z, [y, x]) == [2.0 * y.data, 2.0 * y.data * (1.0 - y.data**2) + 1.0]
    assert gradients(slope, [x])[0] == pytest.approx(hessian(lambda v: tanh(v[0]) ** 2 + v[0])([0.5])[0][0])
    younger = Value(1.0)
    assert gradients(z * younger, [younger]) == [z.data]
    assert gradients(z, [younger]) == [0.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_input_to_which_data_was_assigned_is_not_taken_for_young(create_graph):
    x = Value(2.0)
    y = x * x * 3.0
    x.data = 5.0
    if create_graph:
        with pytest.raises(RuntimeError, match="assigned"):
            gradients(y, [x], create_graph=True)
    else:
        assert gradients(y, [x]) == [12.0]
        assert gradients(y, [x, Value(1.0)]) == [12.0, 0.0]


def test_what_was_assigned_elsewhere_does_not_hide_what_depends_on_an_input():
    w = Value(2.0)
    old = w * 3.0
    x = Value(0.5)
    y = x * old
    w.data = 7.0
    z = y * w + old
    assert gradients(z, [x]) == [6.0 * 7.0]
    old.data = 1.0
    assert gradients(z, [x]) == [6.0 * 7.0]
    assert gradients(z, [w]) == [3.0 * 0.5 * 7.0 + y.data + 3.0]


def test_nodes_that_are_used_again_are_as_young_as_what_they_hold():
    for _ in range(3):
        old = Value(1.0)
        for _ in range(50):
            old = old * 1.5
        del old
        x = Value(2.0)
        y = x
        for _ in range(50):
            y = y * 1.01
        assert gradients(y, [x])[0] == pytest.approx(1.01**50)
        assert float_adjoints([y], [1.0], [x]) == gradients(y, [x])


def test_the_part_that_is_sorted_comes_in_the_order_of_the_whole():
    a, b = Value(0.5), Value(1.5)
    history = tanh(a * b)
    for _ in range(20):
        history = history * a + b
    x, y = Value(0.25), Value(0.75)
    z = tanh(x * history) * y + history * x + tanh(y) * history
    whole, part = topological_order([z]), topological_order([z], since=age_of([x, y]))
    assert part == [node for node in whole if node in set(part)]
    assert len(part) < 15 < len(whole)
