"""Every wrong call gets an error of the right type with what happened, with which values, and what to do."""

import math
import re
import warnings

import numpy as np
import pytest
from project import ran

import autograd_lite as ag
from autograd_lite import PRIMITIVES, Program, Value, grad, gradients, nn, no_grad, optim

X = Value(2.0, label="x")
BAD = ["two", None, 1j, [1.0], {"a": 1.0}, np.array([1.0, 2.0]), object()]

CALLS = {
    "a Value of a string": (lambda: Value("two"), TypeError, ["'two'", "str"]),
    "a Value of None": (lambda: Value(None), TypeError, ["None"]),
    "a Value of a complex": (lambda: Value(1j), TypeError, ["1j", "complex"]),
    "a Value of a list": (lambda: Value([1.0]), TypeError, ["[1.0]", "each element"]),
    "a Value of an array": (lambda: Value(np.array([1.0, 2.0])), TypeError, ["ndarray", "each element"]),
    "a Value of a Value": (lambda: Value(X), TypeError, ["label='x'", "use it, or its .data"]),
    "data of a Value": (lambda: setattr(Value(1.0), "data", X), TypeError, ["label='x'", "v.data"]),
    "a Value with a number for a label": (lambda: Value(1.0, 2.0), TypeError, ["2.0", "float", "text"]),
    "a subclass of Value": (lambda: type("Mine", (Value,), {}), TypeError, ["Mine", "in an attribute"]),
    "None for a label": (lambda: setattr(Value(1.0), "label", None), TypeError, ["None", "text"]),
    "data of a string": (lambda: setattr(Value(1.0), "data", "two"), TypeError, ["'two'", "float"]),
    "grad of None": (lambda: setattr(Value(1.0), "grad", None), TypeError, ["None", "zero_grad"]),
    "float of a Value": (lambda: float(X), TypeError, [".data", "autograd_lite.exp"]),
    "math of a Value": (lambda: math.exp(X), TypeError, [".data", "autograd_lite.exp"]),
    "int of a Value": (lambda: int(X), TypeError, ["int(v.data)"]),
    "inverting a Value": (lambda: ~X, TypeError, ["logical_not"]),
    "exp of a list": (lambda: ag.exp([1.0]), TypeError, ["[1.0]", "each element"]),
    "exp of two": (lambda: ag.exp(1.0, 2.0), TypeError, ["1 operand", "got 2", "write exp(x)"]),
    "the angle of one": (lambda: ag.atan2(1.0), TypeError, ["2 operands", "got 1", "write atan2(y, x)"]),
    "max of two": (lambda: ag.max(X, X), TypeError, ["one iterable", "2 arguments", "write max([x, ...])"]),
    "logsumexp of a number": (lambda: ag.logsumexp(1.0), TypeError, ["1.0", "write logsumexp([x, ...])"]),
    "gradients in one Value": (lambda: gradients(X * X, X), TypeError, ["in a list", "label='x'", "[x]"]),
    "a program of one Value": (lambda: Program.from_values(X * X, [X]), TypeError, ["lists", "op='mul'", "[x]"]),
    "an optimizer of a model": (lambda: optim.SGD(nn.MLP(1, [1])), TypeError, ["MLP(1", "model.parameters()"]),
    "sum of rows": (lambda: ag.sum([[1.0, 2.0], [3.0]]), TypeError, ["[1.0, 2.0]", "one flat list"]),
    "sum of a number": (lambda: ag.sum(1.0), TypeError, ["1.0", "iterable"]),
    "sum of a Value": (lambda: ag.sum(X), TypeError, ["iterable"]),
    "dot of different lengths": (lambda: ag.dot([X], [1.0, 2.0]), ValueError, ["1 and 2"]),
    "max of nothing": (lambda: ag.max([]), ValueError, ["max", "at least one"]),
    "mean of nothing": (lambda: ag.mean([]), ValueError, ["mean", "at least one"]),
    "log of zero": (lambda: ag.log(Value(0.0)), ValueError, ["log(0)", "x > 0", "clip"]),
    "log of a negative number": (lambda: ag.log(-1.0), ValueError, ["log(-1)", "x > 0"]),
    "sqrt of a negative Value": (lambda: Value(-4.0).sqrt(), ValueError, ["sqrt(-4)", "x >= 0"]),
    "acos of two": (lambda: ag.acos(X), ValueError, ["acos(2)", "-1 <= x <= 1"]),
    "division by zero": (lambda: X / 0, ZeroDivisionError, ["div(2, 0)", "y != 0"]),
    "division by a zero Value": (lambda: 1 / Value(0.0), ZeroDivisionError, ["div(1, 0)"]),
    "modulo zero": (lambda: X % 0.0, ZeroDivisionError, ["mod(2, 0)"]),
    "floor division by zero": (lambda: X // 0.0, ZeroDivisionError, ["floor_divide(2, 0)"]),
    "zero to a negative power": (lambda: Value(0.0) ** -1, ZeroDivisionError, ["pow(0, -1)"]),
    "a negative base, a fractional exponent": (lambda: Value(-8.0) ** (1 / 3), ValueError, ["pow(-8"]),
    "overflow of exp": (lambda: ag.exp(Value(1000.0)), OverflowError, ["exp(1000)", "x < 709"]),
    "overflow of pow": (lambda: Value(1e200) ** 2, OverflowError, ["pow(1e+200, 2)", "overflowed", "learning rate"]),
    "overflow of a power": (lambda: Value(-9.08741e192) ** 4, OverflowError, ["pow(-9.08741e+192, 4)", "overflowed"]),
    "a root in a where": (
        lambda: ag.where(ag.less(X, 0.0), X, ag.sqrt(-X)),
        ValueError,
        ["where(condition, lambda: sqrt"],
    ),
    "a logarithm in a where": (lambda: ag.where(0.0, ag.log(-X), X), ValueError, ["where(condition, lambda: log(...)"]),
    "a quotient in a where": (lambda: ag.where(0.0, 1 / Value(0.0), X), ZeroDivisionError, ["lambda: div(...)"]),
    "an inverse sine in a where": (lambda: ag.where(0.0, ag.asin(X), X), ValueError, ["lambda: asin(...)"]),
    "a power in a where": (lambda: ag.where(0.0, (-X) ** 0.5, X), ValueError, ["lambda: pow(...)"]),
    "floor of infinity": (lambda: ag.floor(math.inf), OverflowError, ["floor(inf)"]),
    "backward of detach": (lambda: X.detach().backward(), RuntimeError, ["detach()", "no_grad"]),
    "backward with a string": (lambda: (X * X).backward("one"), TypeError, ["'one'", "1.0"]),
    "gradients of a number": (lambda: gradients(2.0, [X]), TypeError, ["2.0", "Value"]),
    "gradients in a number": (lambda: gradients(X * X, [2.0]), TypeError, ["2.0", "Values"]),
    "grad of no function": (lambda: grad(X), TypeError, ["grad takes a function", "label='x'"]),
    "grad by a name": (lambda: grad(lambda x, y: x * y, argnums="y")(1.0, 2.0), TypeError, ["'y'", "argnums=1"]),
    "^ for a power": (lambda: X ^ 2, TypeError, ["^", "2", "**"]),
    "softmax of one": (lambda: nn.softmax(X), TypeError, ["softmax", "label='x'", "a list"]),
    "log_softmax of one": (lambda: nn.log_softmax(2.0), TypeError, ["log_softmax", "2.0", "a list"]),
    "label and logits swapped": (
        lambda: nn.softmax_cross_entropy(2, [X, 1.0]),
        TypeError,
        ["first", "(logits, label)"],
    ),
    "a target before its logit": (
        lambda: nn.binary_cross_entropy_with_logits(1.0, X),
        TypeError,
        ["output", "first", "label='x'"],
    ),
    "a label before the output of a hinge": (lambda: nn.hinge(-1, X), TypeError, ["first", "hinge(output, target)"]),
    "compiling a text": (lambda: ag.compile("1 + 1"), TypeError, ["'1 + 1'", "builtins.compile"]),
    "compiling a Value": (lambda: ag.compile(X), TypeError, ["label='x'", "not its result"]),
    "the Hessian of a Value": (lambda: ag.hessian(X), TypeError, ["hessian takes a function", "label='x'"]),
    "grad by half a position": (lambda: grad(lambda x: x, argnums=0.5)(1.0), TypeError, ["0.5", "argnums=1"]),
    "^ with the Value at its right": (lambda: 2 ^ X, TypeError, ["2 ^", "**"]),
    "a range of a traced value": (
        lambda: ag.compile(lambda n: len(range(n)))(3.0),
        TypeError,
        ["a count", "functools.partial(f, n=3)", "fori_loop"],
    ),
    "a list as often as a traced value": (lambda: ag.compile(lambda n: len([1] * n))(2.0), TypeError, ["a count"]),
    "a list at a traced value": (lambda: ag.compile(lambda i: [1.0][i])(0.0), TypeError, ["indexed", "take(x, index)"]),
    "a slice to a traced value": (lambda: ag.compile(lambda i: [1.0][:i])(0.0), TypeError, ["indexed", "take"]),
    "requires_grad": (lambda: Value(1.0, requires_grad=False), TypeError, ["requires_grad=False", "detach()"]),
    "two numbers for a sample": (lambda: nn.MLP(2, [1])(1.0, 2.0), TypeError, ["MLP", "2 arguments", "one list"]),
    "nothing for a sample": (lambda: nn.Neuron(2)(), TypeError, ["Neuron", "0 arguments", "forward takes (x"]),
    "model.fit": (lambda: nn.MLP(2, [1]).fit, AttributeError, ["'fit'", "nn.fit(model, X, y)"]),
    "model.predict": (lambda: nn.MLP(2, [1]).predict, AttributeError, ["'predict'", "nn.predict(model, X)"]),
    "an activation in capitals": (lambda: nn.Layer(2, 1, activation="Relu"), ValueError, ["'Relu'", "mean 'relu'"]),
    "an optimizer in capitals": (
        lambda: nn.fit(nn.Neuron(1), [[1.0]], [1.0], optimizer="Adam"),
        ValueError,
        ["'Adam'", "mean 'adam'"],
    ),
    "a loss by its short name": (
        lambda: nn.fit(nn.Neuron(1), [[1.0]], [1.0], loss="bce"),
        ValueError,
        ["'bce'", "mean 'binary_cross_entropy_with_logits'"],
    ),
    "an optimizer in lower case": (lambda: optim.adam, AttributeError, ["'adam'", "mean 'Adam'"]),
    "BCELoss": (lambda: nn.BCELoss, AttributeError, ["'BCELoss'", "nn.binary_log_loss"]),
    "jit": (lambda: ag.jit, AttributeError, ["'jit'", "mean 'compile'"]),
    "a slip in a function": (lambda: ag.jacobain, AttributeError, ["'jacobain'", "mean 'jacobian'"]),
    "a Dense layer": (lambda: nn.Dense, AttributeError, ["'Dense'", "nn.Layer"]),
    "a Tensor": (lambda: ag.Tensor, AttributeError, ["'Tensor'", "Value"]),
    "grad in no argument": (lambda: grad(lambda x: x, argnums=3)(1.0), TypeError, ["argument 3", "argnums"]),
    "grad of a list": (lambda: grad(lambda x: [x, x])(1.0), TypeError, ["one number", "jacobian"]),
    "grad in a string": (lambda: grad(lambda x: x)("one"), TypeError, ["'one'", "numbers"]),
}


@pytest.mark.parametrize("name", CALLS)
def test_errors_say_what_with_which_values_and_what_to_do(name):
    call, kind, words = CALLS[name]
    with pytest.raises(kind) as caught:
        call()
    text = str(caught.value)
    assert [word for word in words if word not in text] == []
    assert any(mark in text for mark in (";", ":", ","))


def test_a_slip_in_an_attribute_of_a_module_is_told_by_python():
    done = ran("-c", "from autograd_lite import nn; nn.MLP(2, [1]).parameter", check=False)
    assert done.stderr.endswith("'MLP' object has no attribute 'parameter'. Did you mean: 'parameters'?\n")


@pytest.mark.parametrize("bad", BAD, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "//", "%", "**"])
def test_operators_refuse_what_is_no_number(operator, bad):
    if isinstance(bad, np.ndarray):
        for text in (f"x {operator} bad", f"bad {operator} x"):
            assert eval(text, {"x": X, "bad": bad}).dtype == object
        return
    for text in (f"x {operator} bad", f"bad {operator} x"):
        if text == "bad % x" and isinstance(bad, str):
            continue  # strings format
        with pytest.raises(TypeError):
            eval(text, {"x": X, "bad": bad})


@pytest.mark.thorough
@pytest.mark.parametrize("bad", BAD, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("row", [row for row in PRIMITIVES.values() if row.arity], ids=lambda row: row.name)
def test_rows_refuse_what_is_no_number(row, bad):
    with pytest.raises(TypeError, match=row.name):
        row(*[bad] * row.arity)
    if not row.selects:
        with pytest.raises(TypeError, match=row.name):
            row(*[X] * (row.arity - 1), bad) if row.arity > 1 else row(bad)


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_are_numbers(x):
    v = Value(x)
    out = v * 2.0 + v
    out.backward()
    assert v.grad == 3.0
    assert math.isnan(out.data) == math.isnan(x)


def test_a_failed_operation_leaves_the_graph_as_it_was():
    x = Value(2.0)
    y = x * x
    for failing in (lambda: y / 0.0, lambda: ag.log(-y), lambda: y + "one"):
        with pytest.raises((ZeroDivisionError, ValueError, TypeError)):
            failing()
    y.backward()
    assert x.grad == 4.0


@pytest.mark.parametrize("sign", ["+=", "-=", "*=", "/="])
def test_assigning_to_a_leaf_that_has_its_gradient_warns(sign):
    names = {"w": Value(1.0), "x": Value(3.0)}
    (names["w"] * names["x"]).backward()
    with pytest.warns(UserWarning, match=rf"v {re.escape(sign)} .* w?.*v\.data {re.escape(sign)}") as caught:
        exec(f"w {sign} 0.5 * w.grad", names)
    assert len(caught) == 1
    assert caught[0].filename == "<string>"
    assert names["w"].parents[0].data == 1.0  # it is a graph, as before


def test_a_sum_that_grows_and_steps_that_are_not_recorded_do_not_warn():
    total, w = Value(0.0), Value(1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        total += 2.0
        total += w
        total *= w * 2.0
        total.backward()
        total -= 1.0  # no leaf
        with no_grad():
            w -= 0.1 * w.grad
        other = Value(2.0)
        other -= 1.0  # no backward pass has reached it


def test_import_of_all_names_has_our_compile():
    names = {}
    exec("from autograd_lite import *", names)
    assert names["compile"](lambda x: x * x, backend="python")(3.0) == 9.0


def test_a_former_name_of_a_loss_warns_and_computes_the_same():
    with pytest.warns(DeprecationWarning, match="binary_log_loss"):
        assert nn.binary_cross_entropy(0.3, 1.0) == nn.binary_cross_entropy_with_logits(0.3, 1.0)
    with pytest.warns(DeprecationWarning, match="binary_log_loss"):
        nn.fit(nn.Neuron(1), [[1.0]], [1.0], loss="binary_cross_entropy", epochs=1, progress=False)


def test_backward_under_no_grad_tells_so():
    with no_grad(), pytest.raises(RuntimeError, match=r"no_grad\(\)"):
        (X * X).backward()


def test_wrong_arguments_are_no_crash():
    # In a process of its own: a class that was compiled frees even what no __init__ has set up.
    code = """
import autograd_lite as ag
from autograd_lite import Value

def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except TypeError as error:
        return bool(str(error))

spare = [Value(float(i)) for i in range(10)]  # freed below, so that memory is taken from a list of spare Values too
for _ in range(3):
    assert refused(Value)
    assert refused(Value, 1.0, (), "x")
    assert refused(Value, 1.0, requires_grad=True)
    assert refused(Value, label="x")
    assert refused(Value, 1.0, 3)
    refused(Value.__new__, Value)
    spare.clear()
    x = Value(3.0)
    y = x * x + ag.sum([x, x])
    y.backward()
    assert (y.data, x.grad) == (15.0, 8.0)
print("alive")
"""
    assert ran("-X", "faulthandler", "-c", code).stdout == "alive\n"
