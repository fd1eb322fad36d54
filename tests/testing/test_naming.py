"""The names in a report: those that the user gave."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.testing.naming import derivative
from autograd_lite.transforms.signatures import numbered_names, parameter_names
from autograd_lite.trees import flatten


@pytest.mark.parametrize(
    ("x", "names"),
    [
        (1.0, ["p"]),
        ([1.0, (2.0, 3.0)], ["p[0]", "p[1][0]", "p[1][1]"]),
        ({"a": 1.0, "b": [2.0]}, ["p['a']", "p['b'][0]"]),
        (np.zeros((2, 1)), ["p[0][0]", "p[1][0]"]),
        (nn.Linear(1, 1, rng=0), ["p.weight[0][0]", "p.bias[0]"]),
        ([], []),
    ],
)
def test_what_is_inside_is_named_as_python_writes_it(x, names):
    assert flatten(x)[1].leaf_names("p") == names


def test_a_name_is_an_expression_for_that_number():
    p = {"layers": [{"w": [1.0, 2.0]}, {"w": [3.0]}], "scale": np.array([[4.0], [5.0]])}
    leaves, treedef = flatten(p)
    assert [float(eval(name, {"p": p})) for name in treedef.leaf_names("p")] == leaves


@pytest.mark.parametrize(
    ("f", "count", "names"),
    [
        (lambda a, b: a, 2, ["a", "b"]),
        (lambda a, b=1.0, *rest: a, 4, ["a", "b", "x2", "x3"]),
        (lambda *xs: xs[0], 2, ["x0", "x1"]),
        (ag.sin, 1, ["x"]),
        (ag.atan2, 2, ["y", "x"]),
        (ag.custom_derivative(lambda mass, speed: mass * speed, lambda out, m, v: (v, m)), 2, ["mass", "speed"]),
        (max, 2, ["x0", "x1"]),
    ],
)
def test_arguments_have_the_names_of_the_function(f, count, names):
    assert numbered_names(parameter_names(f), count) == names


def test_derivatives():
    assert derivative("result", "x") == "d result / d x"
    assert derivative(derivative("result[0]", "x"), "y") == "d2 result[0] / d x d y"
