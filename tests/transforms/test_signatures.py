"""Transformed functions are functions: they have names and signatures, are methods, are copied and pickled."""

import copy
import inspect
import pickle

import pytest

from autograd_lite import compile, custom_vjp, grad, hessian, hvp, jacobian, sparse_jacobian, value_and_grad, vmap


def cube(x):
    """x to the third."""
    return x * x * x


@grad
def decorated(x):
    return x * x


@compile
@value_and_grad
def compiled_and_decorated(x):
    return x * x


TRANSFORMED = {
    "grad": (grad(cube), (2.0,)),
    "value_and_grad": (value_and_grad(cube), (2.0,)),
    "with aux": (value_and_grad(cube, argnums=(0,)), (2.0,)),
    "jacobian": (jacobian(cube, mode="forward"), (2.0,)),
    "hessian": (hessian(cube), (2.0,)),
    "hvp": (hvp(cube), (2.0, 1.0)),
    "vmap": (vmap(cube, reduce="sum"), ([1.0, 2.0],)),
    "nested": (grad(grad(cube)), (2.0,)),
    "compiled": (compile(value_and_grad(cube), backend="python"), (2.0,)),
    "compiled vmap": (compile(value_and_grad(vmap(cube, in_axes=0, reduce="mean"))), ([1.0, 2.0],)),
    "a decorator": (decorated, (2.0,)),
    "two decorators": (compiled_and_decorated, (2.0,)),
}


@pytest.mark.parametrize("name", TRANSFORMED)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_they_are_pickled_where_their_function_is(name, protocol):
    f, args = TRANSFORMED[name]
    again = pickle.loads(pickle.dumps(f, protocol))
    assert again(*args) == f(*args)
    assert again.__name__ == f.__name__
    assert again.in_axes == f.in_axes


def test_those_in_the_place_of_a_function_are_the_same_again():
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    assert pickle.loads(pickle.dumps(compiled_and_decorated)) is compiled_and_decorated


def test_those_of_what_has_no_name_are_not():
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(grad(lambda x: x * x))


def test_they_are_like_their_function():
    f = grad(cube)
    assert (f.__name__, f.__doc__, f.__module__) == ("grad(cube)", "x to the third.", __name__)
    assert list(inspect.signature(f).parameters) == ["x"]
    assert repr(f) == "<grad(cube)>"
    assert copy.deepcopy(f) is f


def test_they_are_methods():
    class Holder:
        slope = grad(lambda self, x: self * 3.0 * x * x, argnums=1)

    assert Holder.slope(1.0, 2.0) == 12.0
    assert Holder().slope.__self__.__class__ is Holder


class Told:
    """A function whose documentation is written when it is asked for, as that of a row is."""

    def __init__(self):
        self.asked = 0

    def __call__(self, x):
        return x * x

    @property
    def __doc__(self):
        self.asked += 1
        return "the square"


@pytest.mark.parametrize("transform", [grad, vmap, compile, custom_vjp, sparse_jacobian])
def test_documentation_is_read_when_it_is_asked_for(transform):
    function = Told()
    found = transform(function)
    assert function.asked == 0
    assert found.__doc__ == "the square"
    assert type(found).__doc__ != "the square"
