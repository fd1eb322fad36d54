"""Assigning what a public class computes ends in a message with what to do, never in Python's "no setter"."""

import copy
import dataclasses
import importlib.util
import inspect
import pickle

import pytest

from autograd_lite import Value, nn, optim
from autograd_lite.explaining.anomaly_report import Anomaly
from autograd_lite.explaining.diagnosis import Diagnosis
from autograd_lite.explaining.page import Page

MODULES = ("autograd_lite", "autograd_lite.nn", "autograd_lite.optim", "autograd_lite.testing", "autograd_lite.drawing")
NEEDS = {"autograd_lite.testing": ("hypothesis", "mpmath")}


def public_classes():
    """Every class that a user can import, and those of what public functions return."""
    found = {Anomaly, Diagnosis, Page}
    for name in MODULES:
        if all(importlib.util.find_spec(library) for library in NEEDS.get(name, ())):
            module = importlib.import_module(name)
            public = [getattr(module, name) for name in dir(module) if not name.startswith("_")]
            found |= {x for x in public if isinstance(x, type) and x.__module__.startswith("autograd_lite")}
    return sorted(found, key=lambda cls: cls.__name__)


ASSIGNED = {("Explorer", "values")}
"""Properties that users assign; tests of their own say what may be."""

PROPERTIES = [
    pytest.param(cls, name, found, id=f"{cls.__name__}.{name}")
    for cls in public_classes()
    for name, found in inspect.getmembers(cls)
    if isinstance(found, property) and not name.startswith("_") and (cls.__name__, name) not in ASSIGNED
]


def test_the_properties_are_found():
    names = {parameter.id for parameter in PROPERTIES}
    assert {"Neuron.nonlin", "Sequential.modules", "Drawing.source", "Explanation.html", "Adam.rate"} <= names


@pytest.mark.parametrize(("cls", "name", "found"), PROPERTIES)
def test_what_is_computed_is_not_assigned(cls, name, found):
    assert found.fset is not None, "it has no setter, not even one that raises with what to do"
    if issubclass(cls, Value):
        return  # tests/core/test_value.py
    with pytest.raises(AttributeError, match=f"^{name} was assigned, but .*; .*"):
        found.fset(object.__new__(cls) if not issubclass(cls, tuple) else tuple.__new__(cls), 1.0)


def test_an_assignment_tells_what_to_do():
    neuron = nn.Neuron(2, rng=0)
    with pytest.raises(AttributeError, match="nonlin was assigned, but the Neuron computes it; assign activation, or "):
        neuron.nonlin = False
    assert neuron.nonlin
    optimizer = optim.SGD(neuron.parameters(), 0.1)
    with pytest.raises(AttributeError, match="rate was assigned, but the SGD computes it; assign lr, "):
        optimizer.rate = 0.5
    assert optimizer.rate == 0.1
    with pytest.raises(AttributeError, match="dtype was assigned, but it is for NumPy to read; "):
        neuron.b.dtype = float


SCHEDULES = [
    optim.StepDecay(1.0, 2), optim.ExponentialDecay(1.0, 0.5), optim.CosineDecay(1.0, 4), optim.WarmUp(4, then=1.0),
]  # fmt: skip


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda x: type(x).__name__)
def test_a_schedule_does_not_change(schedule):
    for field in dataclasses.fields(schedule):
        before = getattr(schedule, field.name)
        with pytest.raises(
            AttributeError, match=f"{field.name} was assigned, but a .* does not change; make another one"
        ):
            setattr(schedule, field.name, 0.5)
        assert getattr(schedule, field.name) == before
    assert pickle.loads(pickle.dumps(schedule)) == copy.deepcopy(schedule) == schedule


def test_a_comparison_does_not_change():
    pytest.importorskip("hypothesis")
    pytest.importorskip("mpmath")
    from autograd_lite.testing import Comparison

    found = Comparison("here", 1.0, 2.0, "by hand")
    with pytest.raises(AttributeError, match="got was assigned, but a Comparison does not change; make another one"):
        found.got = 3.0
    assert found._replace(got=3.0).got == 3.0
