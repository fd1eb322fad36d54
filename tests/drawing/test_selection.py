"""What is drawn of a large graph, and what is said of the rest."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, dot, draw, exp, mean, relu, sin
from autograd_lite.drawing.names import Names
from autograd_lite.drawing.picture import GROUP, MORE, RESULT
from autograd_lite.drawing.selection import MOST, select
from autograd_lite.drawing.sources import Values
from autograd_lite.nn import MLP


def chain(n):
    v = Value(0.0)
    for _ in range(n):
        v = v + 1.0
    return v


def tangle(n):
    """A graph none of whose nodes do the same."""
    v = Value(1.0)
    for i in range(n):
        v = sin(v) if i % 2 else exp(v * 0.1)
    return v


def test_a_small_graph_is_drawn_whole():
    drawing = draw(chain(20))
    assert len(drawing.picture.boxes) == 41
    assert drawing.picture.notes == []


def test_what_does_the_same_shares_a_box_and_the_drawing_tells_so():
    drawing = draw(chain(2000))
    groups = {b.symbol: b for b in drawing.picture.boxes.values() if b.kind == GROUP}
    assert groups["+"].notes == ("1,999 nodes",)
    assert groups["+"].value == 1999.0  # what leaves the chain
    assert len(drawing.picture.boxes) == 5  # x, the sums and their ones, the result and its one
    for text in (drawing.picture.notes[0], drawing.source, str(drawing)):
        assert "4,001 nodes: one box for all that do the same" in text


def test_what_does_nothing_alike_is_cut_to_what_is_near_the_result():
    drawing = draw(tangle(500))
    assert 60 <= len(drawing.picture.boxes) <= 62
    assert re.search(
        r"the 60 nodes nearest to the result, of [0-9,]+; see others with limit=", drawing.picture.notes[0]
    )
    assert any(b.kind == MORE for b in drawing.picture.boxes.values())


@pytest.mark.thorough
def test_a_graph_larger_than_what_can_be_looked_at_is_cut_first():
    drawing = draw(chain(MOST))
    assert f"the {MOST:,} nodes nearest to the result, of {2 * MOST + 1:,}" in drawing.picture.notes[0]
    assert len(drawing.picture.boxes) < 10


def test_the_limit_can_be_raised_and_groups_refused():
    v = chain(100)
    assert len(draw(v, limit=500).picture.boxes) == 201
    assert len(draw(v, collapse=False, limit=30).picture.boxes) <= 32


def test_a_wide_node_becomes_two_boxes():
    xs = [Value(float(i)) for i in range(3000)]
    drawing = draw(dot(xs, xs))
    assert sorted(b.title for b in drawing.picture.boxes.values()) == ["", "xs…"]
    (link,) = drawing.picture.links
    assert link.count == 6000


@given(st.integers(1, 80), st.integers(0, 6))
def test_no_plan_keeps_more_than_the_limit_or_loses_the_result(limit, length):
    v = tangle(40 * length + 1)
    what = select(Values([v], Names()), limit)
    boxes = {what.groups.get(x, x) for x in what.kept}
    assert len(boxes) <= max(limit, 1)
    assert v in what.kept
    assert bool(what.notes) == (len(what.kept) < len(Values([v], Names()).order) or bool(what.groups))


@pytest.fixture
def network():
    model = MLP(2, [16, 16, 1], activation="tanh", rng=0)
    return model, mean([relu(model([0.1 * i, 1.0]) - 1.0) for i in range(10)])


def test_a_network_collapses_to_its_layers(network):
    model, loss = network
    drawing = draw(loss)
    groups = [b.title for b in drawing.picture.boxes.values() if b.kind == GROUP and b.title.startswith("layers")]
    assert sorted(groups) == ["layers.0", "layers.1", "layers.2"]
    assert "one box for each layer" in drawing.picture.notes[0]
    assert model is not None


@pytest.mark.parametrize(("level", "expected"), [("neurons", 33), ("layers", 3), ("model", 1)])
def test_each_level_has_its_boxes(network, level, expected):
    model, _ = network
    out = model([0.1, 0.2])
    drawing = draw(out, collapse=level)
    groups = [b for b in drawing.picture.boxes.values() if b.kind == GROUP]
    assert len(groups) == expected
    (root,) = drawing.picture.roots
    assert drawing.picture.boxes[root].kind == GROUP
    assert drawing.picture.boxes[root].value == out.data


def test_one_module_can_be_collapsed_by_its_path():
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    out = model([1.0, 2.0])
    titles = [b.title for b in draw(out, collapse="layers.0").picture.boxes.values()]
    assert titles.count("layers.0") == 1
    assert "layers.1.neurons.0.w[0]" in titles
    with pytest.raises(ValueError, match=r"collapse names the module 'layers\.7', which is not there"):
        draw(out, collapse=["layers.7"])
    assert model is not None


def test_many_results_share_boxes_too():
    xs = [Value(float(i)) for i in range(200)]
    drawing = draw([exp(x) * 2.0 for x in xs])
    boxes = {box.symbol: box for box in drawing.picture.boxes.values()}
    assert len(drawing.picture.boxes) == 4  # the inputs, their exponentials, the twos, the products
    assert (boxes["×"].base, boxes["×"].notes) == (RESULT, ("200 results",))
    assert boxes["eˣ"].base == ""


def test_a_result_shares_no_box_with_what_is_none():
    hidden = [exp(Value(float(i))) for i in range(50)]
    drawing = draw([*hidden[:20], *(sin(h) for h in hidden)])
    told = sorted((b.symbol, b.base, b.notes) for b in drawing.picture.boxes.values() if b.symbol)
    assert told == [
        ("eˣ", "", ("30 nodes",)), ("eˣ", RESULT, ("20 results",)), ("sin", RESULT, ("50 results",)),
    ]  # fmt: skip


def test_more_results_than_boxes_are_cut():
    drawing = draw([tangle(i) for i in range(2, 100)], limit=10)
    assert len([b for b in drawing.picture.boxes.values() if b.kind != MORE]) == 10
    assert "the 10 nodes nearest to the result" in drawing.picture.notes[0]
