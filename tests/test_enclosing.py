"""The judge by ball arithmetic: a sample of what the long part of the regime counts, and faults that it finds."""

import pytest

pytest.importorskip("flint")
pytest.importorskip("llvmlite")

import enclosing
from recording import recorded

from autograd_lite import PRIMITIVES


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.filterwarnings("ignore")
def test_a_sample_has_no_misses(seed):
    found = enclosing.judge(seed, 40)
    assert found.misses == []
    assert found.narrow > found.results / 2


def test_what_was_counted_has_no_misses():
    figures = recorded("balls")["figures"]
    assert figures["functions"] >= 10_000
    assert not figures["misses"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("exp", lambda x: x.exp() * 1.00000001),
        ("sin", lambda x: x.cos()),
        ("tanh", lambda x: x / (1 + abs(x))),
        ("less", lambda x, y: type(x)(1)),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_row_that_disagrees_with_its_meaning_is_a_miss(name, wrong, monkeypatch):
    monkeypatch.setattr(PRIMITIVES[name], "ball_value", wrong)
    assert enclosing.judge(3, 60).misses
