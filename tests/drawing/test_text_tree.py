"""Graphs as text."""

import pytest

from autograd_lite import Value, draw, sum


def test_shared_nodes_are_shown_once_and_pointed_to():
    x = Value(2.0)
    y = x * 3.0
    z = y + y
    z.backward()
    assert str(draw(z)).splitlines() == [
        "z = +   12   grad 1",
        "├─ y = ×   6   grad 2   [1]",
        "│  ├─ x   2   grad 6",
        "│  └─ 3   constant",
        "└─ y = ×   see [1]",
    ]


@pytest.mark.thorough
def test_a_deep_graph_prints_without_recursion():
    v = Value(0.0)
    for _ in range(20_000):
        v = -v
    lines = str(draw(v, limit=50_000)).splitlines()
    assert len(lines) == 201
    assert lines[-1] == "... and more: 20,001 boxes in all; save the drawing to see them"


def test_a_wide_node_prints_its_operands_in_order():
    total = sum([Value(float(i)) for i in range(12)])
    lines = str(draw(total, infer_names=False)).splitlines()
    assert [line.split()[1] for line in lines[1:]] == [str(i) for i in range(12)]


def test_an_input_without_a_name_is_referred_to_by_its_number():
    # It has no heading and no notes, and the tree raised IndexError.
    x = [Value(1.5)]
    f = x[0] * x[0]
    assert str(draw(f, infer_names=False)).splitlines()[1:] == [
        "├─ 1.5   grad not computed   [1]", "└─ 1.5   see [1]",
    ]  # fmt: skip
