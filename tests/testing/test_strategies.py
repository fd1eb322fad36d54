"""The strategies: what they draw is what they say, and hypothesis finds them by itself."""

import math

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from project import entry_points, ran

import autograd_lite
from autograd_lite import PRIMITIVES, Value, nn
from autograd_lite.testing import Network, floats_by_spacing, gradcheck, modules, operands, values
from autograd_lite.testing.strategies import register

SETTINGS = settings(max_examples=3000, database=None)


@given(values())
def test_values_are_fresh_leaves(v):
    assert type(v) is Value
    assert v.parents == ()
    assert math.isfinite(v.data)
    assert not v.has_grad


@given(values(st.floats(1.0, 2.0), st.just("weight")))
def test_values_of_chosen_numbers(v):
    assert 1.0 <= v.data <= 2.0
    assert v.label == "weight"


def test_values_shrink_to_0():
    assert find(values(), lambda v: True, settings=SETTINGS).data == 0.0


@pytest.mark.thorough
@pytest.mark.parametrize("row", PRIMITIVES.values(), ids=lambda row: row.name)
def test_operands_are_in_the_domain(row):
    @settings(max_examples=20)
    @given(operands(row))
    def check(xs):
        assert math.isfinite(row.value(xs) if row.arity is None else row.value(*xs))
        assert row.arity is None or len(xs) == row.arity

    check()


@pytest.mark.thorough
@given(st.data(), st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_floats_by_spacing_stay_between_their_bounds(data, a, b):
    low, high = sorted((a, b))
    assert low <= data.draw(floats_by_spacing(low, high)) <= high


@pytest.mark.thorough
@pytest.mark.parametrize("wanted", [
    lambda x: 0.0 < x < 2.0**-1022, lambda x: x == -0.0 and math.copysign(1.0, x) < 0.0,
    lambda x: x == math.nextafter(1.0, 2.0), lambda x: abs(x) > 1e300,
])  # fmt: skip
def test_floats_by_spacing_reach_the_corners(wanted):
    find(floats_by_spacing(), wanted, settings=SETTINGS)


# -- networks


@settings(max_examples=40)
@given(modules())
def test_networks_fit_their_inputs_and_print_as_python(network):
    model, x = network
    assert isinstance(model, nn.Module)
    scope = {}
    *lines, last = repr(network).splitlines()
    exec("\n".join([*lines, f"out = {last}"]), scope)
    want, got = ([v.data for v in (out if isinstance(out, list) else [out])] for out in (network(), scope["out"]))
    assert want == got
    assert all(math.isfinite(y) for y in got)
    assert len(x) >= 1


@settings(max_examples=10)
@given(modules(max_size=2, activations=("tanh", "gelu")))
def test_networks_have_right_gradients(network):
    model, x = network
    report = gradcheck(lambda model, x: model(x), model, x)
    assert not [text for text in report.findings if "expected" in text], str(report)


def test_networks_shrink():
    smallest = find(modules(), lambda n: n.text.startswith("nn.MLP"), settings=SETTINGS)
    assert smallest.text == "nn.MLP(1, [1], activation='tanh', rng=0)"
    assert smallest.inputs == [0.0]
    assert isinstance(smallest, Network)


# -- found by hypothesis and pytest, and by nobody who did not ask


def test_hypothesis_draws_values_by_their_type():
    assert entry_points()["hypothesis"] == {"autograd_lite": f"{register.__module__}:{register.__name__}"}
    register()
    assert isinstance(find(st.from_type(Value), lambda v: v.data > 1.0, settings=SETTINGS), Value)

    @settings(max_examples=5)
    @given(st.builds(lambda x: x, x=st.from_type(list[Value])))
    def check(xs):
        assert all(isinstance(x, Value) for x in xs)

    check()


def test_importing_the_package_imports_no_hypothesis():
    code = (
        "import sys, autograd_lite, autograd_lite.nn, autograd_lite.testing\n"
        "autograd_lite.testing.gradcheck(autograd_lite.sin, 0.5)\n"
        "print(sorted({'hypothesis', 'mpmath', 'pytest', 'numpy'} & set(sys.modules)))"
    )
    assert ran("-c", code).stdout == "[]\n"


def test_what_is_missing_is_named():
    code = (
        "import sys\n"
        "sys.modules.update(hypothesis=None, mpmath=None, numpy=None)\n"
        "import autograd_lite\n"
        "from autograd_lite import testing\n"
        "assert testing.gradcheck(autograd_lite.sin, 0.5, order=2)\n"
        "assert testing.ulps(1.0, 1.0) == 0.0\n"
        "for name in ('values', 'expressions', 'modules'):\n"
        "    try: getattr(testing, name)\n"
        "    except ImportError as error: print(error)\n"
    )
    lines = ran("-c", code).stdout.splitlines()
    for name, line in zip(("values", "expressions", "modules"), lines, strict=True):
        assert line == (
            f"autograd_lite.testing.{name} needs hypothesis, which is not installed; "
            f'run: pip install "autograd_lite[test]"'
        )


def test_every_public_name_is_there():
    for name in autograd_lite.testing.__all__:
        assert getattr(autograd_lite.testing, name).__doc__, name
        assert name in dir(autograd_lite.testing)
    with pytest.raises(AttributeError, match=r"it has .*gradcheck"):
        _ = autograd_lite.testing.nothing
