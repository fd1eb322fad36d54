"""Where a nan or an infinity was computed first, which line did it, and how it spread."""

import math
import threading
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import AnomalyError, Value, detect_anomaly, exp, log, no_grad, sqrt, sum, tanh
from autograd_lite.core.graph import STATE
from autograd_lite.nn import MLP


def this_line():
    """The line of the caller."""
    return traceback.extract_stack(limit=2)[0].lineno


def test_the_birth_of_a_nan_is_found_with_its_line_and_its_way():
    x = Value(1e200, label="x")
    with detect_anomaly(error=False) as found:
        big, line = x * x, this_line()
        difference = big - big
        result = tanh(difference) + 1.0
    anomaly = found.anomaly
    assert anomaly.node is big
    assert anomaly.line == f"{__file__}:{line}"
    assert anomaly.source == "big, line = x * x, this_line()"
    assert [x.op for x in anomaly.way] == ["mul", "sub", "tanh", "add"]
    assert anomaly.way[-1] is result
    message = str(AnomalyError(anomaly))
    assert f"∞ was made by mul(x = 1e200, x = 1e200) at {__file__}:{line}" in message
    assert "big, line = x * x" in message
    assert "its local partials: 1e200, 1e200" in message
    assert "from there to the result: big -> difference -> tanh -> result" in message
    assert "keep the operands where the operation is finite" in message


def test_the_context_raises_at_its_end():
    with pytest.raises(AnomalyError, match="∞ was made by mul") as caught, detect_anomaly():
        Value(1e200) * Value(1e200)
    assert caught.value.anomaly.kind == "value"


def test_the_birth_of_a_bad_gradient_is_found():
    w = Value(0.0, label="w")
    with detect_anomaly(error=False) as found:
        length, line = sqrt(w * w), this_line()
        loss = length * 3.0 + w
        loss.backward()
    anomaly = found.anomaly
    assert anomaly.kind == "gradient"
    assert anomaly.node is length
    assert anomaly.operand.op == "mul"
    assert anomaly.line.endswith(f":{line}")
    assert "upstream 3 × local partial ∞" in anomaly.text
    assert "from there to an input: mul -> w" in anomaly.text


def test_a_sum_of_ways_that_overflows_is_found():
    x = Value(0.5, label="x")
    with detect_anomaly(error=False) as found:
        a = x * 1e308
        b, line = x * 1e308, this_line()
        (a + b).backward()
    assert x.grad == math.inf
    anomaly = found.anomaly
    assert anomaly.operand is x
    assert anomaly.node in (a, b)
    assert "upstream 1 × local partial 1e308, added to 1e308 from other ways" in anomaly.text
    assert int(anomaly.line.rpartition(":")[2]) in (line, line - 1)


def test_a_product_of_finite_factors_that_overflows_is_found():
    x = Value(1e-200, label="x")
    with detect_anomaly(error=False) as found:
        ((x * 1e200) * 1e200).backward()
    assert "upstream 1e200 × local partial 1e200" in found.anomaly.text
    assert "added" not in found.anomaly.text


def test_all_that_is_finite_raises_nothing():
    x = Value(2.0)
    with detect_anomaly() as found:
        (x * x).backward()
    assert found.anomaly is None
    assert x.grad == 4.0
    assert found.check(x * x) is None


def test_outside_of_the_context_nothing_is_recorded():
    before = len(STATE.paused)
    context = detect_anomaly(error=False)
    x = Value(2.0)
    with context:
        inside = x * x
        assert len(STATE.paused) == before + 1
    x * x * x
    assert len(STATE.paused) == before
    assert len(context.watch.lines) == 1
    assert inside.data == 4.0


def test_the_context_ends_where_an_operation_raises():
    before = len(STATE.paused)
    with pytest.raises(OverflowError, match=r"exp\(1000\) failed"), detect_anomaly():
        exp(Value(1000.0))
    assert len(STATE.paused) == before


def test_an_exception_is_told_what_went_wrong_before_it():
    x = Value(1e200, label="x")
    with pytest.raises(ValueError, match=r"log\(0\) failed") as caught, detect_anomaly() as found:
        log(x / (x * x))
    (note,) = caught.value.__notes__
    assert note.startswith("before that, ∞ was made by mul(x = 1e200, x = 1e200)")
    assert found.anomaly is not None


def test_contexts_nest():
    x = Value(1e200)
    with detect_anomaly(error=False) as outer:
        with detect_anomaly(error=False) as inner:
            x * x
        y = x + 1.0
        assert y.data > 0.0
    assert inner.anomaly is not None
    assert outer.anomaly is None


def test_no_grad_still_works_inside():
    x = Value(2.0)
    with detect_anomaly(), no_grad():
        y = x * 3.0
    assert y.op == "detached"


def test_a_bad_input_is_named():
    x = Value(math.nan, label="x")
    with detect_anomaly(error=False) as found:
        x * 2.0 + 1.0
    assert found.anomaly.node is x
    assert found.anomaly.text.startswith("nan was given as x")


def test_the_first_of_two_births_is_told():
    a, b = Value(1e200, label="a"), Value(1e250, label="b")
    with detect_anomaly(error=False) as found:
        first = a * a
        second = b * b
        result = first + second
    assert found.anomaly.node is first
    assert found.anomaly.way[-1] is result


def test_a_birth_that_did_not_spread_to_the_newest_is_told():
    a, b = Value(1e200), Value(1e250)
    with detect_anomaly(error=False) as found:
        first = a * a
        b * b
    assert found.anomaly.node is first


def test_layers_in_bulk_leave_their_line_too():
    model = MLP(2, [3, 1], rng=0)
    model.layers[0].neurons[1].w[0].data = math.inf
    with detect_anomaly(error=False) as found:
        out, line = model([1.0, 2.0]), this_line()
    assert out is not None
    assert found.anomaly.text.startswith("∞ was given as layers.0.neurons.1.w[0]")
    assert any(text.endswith(f":{line}") for text in found.watch.lines.values())


def test_a_function_that_is_traced_inside_has_no_numbers_to_find():
    with detect_anomaly() as found:
        assert ag.compile(ag.grad(lambda x: x * x), backend="python")(3.0) == 6.0
    assert found.anomaly is None


def test_other_threads_are_left_alone():
    context = detect_anomaly(error=False)

    def work():
        Value(1e200) * Value(1e200)

    with context:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert context.anomaly is None
    assert context.watch.lines == {}


def test_the_drawing_has_the_way_in_red():
    x = Value(1e200, label="x")
    with detect_anomaly(error=False) as found:
        y = x * x
        z = (y - y) * 2.0 + x
    drawing = found.anomaly.draw()
    red = {box.symbol for box in drawing.picture.boxes.values() if box.anomalous}
    assert red == {"×", "−", "+"}
    assert not drawing.picture.boxes["n0"].anomalous
    assert drawing.source.count("#c40022") >= 4
    assert {link.anomalous for link in drawing.picture.links if drawing.picture.boxes[link.tail].kind == "input"} == {
        False
    }
    assert z.data != z.data
    bundle, _ = found.anomaly._repr_mimebundle_()
    assert bundle["text/plain"] == found.anomaly.text


def test_the_drawing_tells_where_it_was_computed_first():
    x = Value(0.0)
    with detect_anomaly(error=False) as found:
        root = sqrt(x)
        (root * 2.0).backward()
    drawing = found.anomaly.draw()
    assert [b.notes for b in drawing.picture.boxes.values() if b.notes] == [("∞ is first computed here",)]
    assert [link.note for link in drawing.picture.links] == ["2 × ∞"]
    assert "2 × ∞" in drawing.source
    assert drawing.picture.notes[1] == "root = sqrt(x)"
    with detect_anomaly(error=False) as found:
        Value(math.nan) + 1.0
    assert "nan is given here" in found.anomaly.draw().source


def test_a_long_way_is_cut_in_the_drawing():
    x = Value(1e200)
    with detect_anomaly(error=False) as found:
        y = x * x
        for _ in range(200):
            y = y + 1.0
    drawing = found.anomaly.draw()
    assert len(drawing.picture.boxes) < 60
    assert "the first and the last nodes of 201 on the way" in drawing.picture.notes
    assert "... 189 more ..." in found.anomaly.text


@pytest.mark.thorough
@given(st.lists(st.sampled_from(["add", "mul", "sin", "exp"]), min_size=1, max_size=12), st.integers(0, 11))
def test_a_planted_nan_is_found_wherever_it_is(steps, place):
    """One operation of a chain of harmless ones makes a nan; it is the one that is found."""
    x = Value(0.5)
    planted = None
    with detect_anomaly(error=False) as found:
        y = x
        for i, step in enumerate(steps):
            if i == place % len(steps):
                y = planted = y * Value(math.inf, label="planted") * 0.0
            y = ag.add(y, 1.0) if step == "add" else y * 0.25 if step == "mul" else ag.tanh(y)
        sum([y, x])
    assert planted is not None
    assert found.anomaly.node.label == "planted"


def test_checking_by_hand_finds_gradients_without_backward():
    x = Value(0.0, label="x")
    with detect_anomaly() as found:
        y = x**0.5
    anomaly = found.check(y)
    assert anomaly.kind == "gradient"
    assert not x.has_grad
