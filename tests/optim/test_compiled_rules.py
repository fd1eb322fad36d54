"""Compiled rules move parameters to the bits of the rules on arrays."""

import gc
import sys
import weakref
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_rules import VARIANTS

from autograd_lite import Value
from autograd_lite.backends.fixed_calls import FixedCalls
from autograd_lite.optim import SGD, compiled_rules
from autograd_lite.optim.compiled_rules import compiled_rule

numpy = pytest.importorskip("numpy")


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("count", [1, 11, 130])
@pytest.mark.parametrize("backend", ["llvm", "python"])
def test_compiled_rules_have_the_bits_of_rules(variant, count, backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    draw = numpy.random.default_rng(count)
    plain, compiled = (VARIANTS[variant]([Value(0.0) for _ in range(count)]) for _ in range(2))
    data = other = draw.normal(size=count)
    rule = compiled_rule(compiled, backend=backend)
    for k in range(5):
        gradient = draw.normal(size=count)
        data, other = plain.move(data, gradient.copy()), compiled.move(other, gradient, rule)
        assert other.tolist() == data.tolist()
        for optimizer in (plain, compiled):
            optimizer.lr = 0.1 / (k + 1)
            if k == 2:
                optimizer.load_state_dict({**optimizer.state_dict(), "weight_decay": 0.25})
    assert compiled.state_dict() == plain.state_dict()


def test_results_of_the_call_before_are_still_there():
    rule = compiled_rule(SGD([Value(0.0)], momentum=0.5))
    first, velocity = rule(numpy.array([1.0]), numpy.array([0.5]), 1.0, numpy.array([0.0]))
    second, other = rule(first, numpy.array([0.25]), 1.0, velocity)
    assert (first.tolist(), velocity.tolist()) == ([0.5], [0.5])
    assert (second.tolist(), other.tolist()) == ([0.0], [0.5])


def test_a_rule_of_ones_own_is_not_compiled():
    """It may draw numbers, or read what no setting tells of."""

    class Own(SGD):
        pass

    optimizer = Own([Value(0.0)])
    assert compiled_rule(optimizer) == optimizer.rule


def test_the_program_of_earlier_settings_is_let_go(monkeypatch):
    made = []

    def prepared(*arguments):
        found = FixedCalls(*arguments)
        made.append(weakref.ref(found))
        return found

    monkeypatch.setattr(compiled_rules, "FixedCalls", prepared)
    optimizer = SGD([Value(1.0)], lr=0.1, momentum=0.5)
    rule = compiled_rule(optimizer, backend="numpy")
    for momentum in (0.5, 0.6, 0.7):
        optimizer.momentum = momentum
        rule(numpy.ones(3), numpy.ones(3), 0.1, numpy.zeros(3))
    gc.collect()
    assert [found() is not None for found in made] == [False, False, True]
