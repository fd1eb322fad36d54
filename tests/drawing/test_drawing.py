"""`draw`: options in, a drawing out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project import ran

import autograd_lite as ag
from autograd_lite import Value, compile, draw, exp, nn, no_grad
from autograd_lite.drawing.picture import CONSTANT, INPUT, OPERATION, PARAMETER, RESULT
from autograd_lite.nn import MLP


def lecture():
    """f = (x + y) z, the first worked example of the lectures."""
    x, y, z = Value(-2.0, label="x"), Value(5.0, label="y"), Value(-4.0, label="z")
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return f


def box(drawing, title):
    (found,) = [b for b in drawing.picture.boxes.values() if b.title == title]
    return found


def test_every_node_and_every_operand_is_drawn_once():
    drawing = draw(lecture())
    assert len(drawing.picture.boxes) == 5
    assert len(drawing.picture.links) == 4
    assert [drawing.picture.boxes[key].title for key in drawing.picture.roots] == ["f"]
    assert drawing.picture.notes == []


def test_a_gradient_that_was_not_computed_is_not_shown_as_0():
    f = lecture()
    before = draw(f)
    assert box(before, "x").gradient is None
    assert str(before).count("grad not computed") == 5
    assert before.source.count("grad not computed") == 5
    assert "grad 0" not in str(before)
    f.backward(0.0)
    assert str(draw(f)).count("grad 0") + str(draw(f)).count("grad −0") == 5


def test_values_and_gradients_are_those_of_the_graph():
    f = lecture()
    f.backward()
    shown = {b.title: (b.value, b.gradient) for b in draw(f).picture.boxes.values()}
    assert shown == {"x": (-2, -4), "y": (5, -4), "z": (-4, 3), "q": (3, -4), "f": (-12, 1)}


def test_drawing_changes_nothing():
    f = lecture()
    before = repr(f), [repr(x) for x in f.parents]
    draw(f, edges="flow", color_by="gradient").source  # noqa: B018
    assert (repr(f), [repr(x) for x in f.parents]) == before


class Holder:
    """The least that counts as a module."""

    def __init__(self):
        self.weights = [Value(0.5), Value(0.25)]

    def named_parameters(self):
        return [(f"w[{i}]", w) for i, w in enumerate(self.weights)]


def test_kinds():
    model, x = Holder(), Value(1.0)
    with no_grad():
        outside = x * 2.0
    y = model.weights[0] * x + model.weights[1] + 3.0 + outside
    kinds = {b.title or b.symbol: b.kind for b in draw(y).picture.boxes.values()}
    assert kinds == {
        "w[0]": PARAMETER, "w[1]": PARAMETER, "x": INPUT, "×": OPERATION, "+": OPERATION, "outside": CONSTANT,
        "": CONSTANT, "y": RESULT,
    }  # fmt: skip
    assert "dashed" in draw(y).source


def test_an_operand_used_twice_has_two_arrows():
    x = Value(3.0)
    assert len(draw(x * x).picture.links) == 2
    assert draw(x * x).source.count("n0 -> n1") == 2


def test_partials_and_flows_stand_on_the_arrows():
    f = lecture()
    f.backward()
    assert "∂ −4" in draw(f, edges="partial").source
    flow = draw(f, edges="flow").source
    assert "−4 × 1" in flow
    assert "1 × (−4)" in flow
    flows = sorted(link.flow for link in draw(f).picture.links)
    assert flows == [-4.0, -4.0, -4.0, 3.0]


def test_directions_themes_precision_and_fillings_change_the_text():
    f = lecture()
    f.backward()
    plain = draw(f).source
    assert "rankdir=LR" in plain
    assert "rankdir=TB" in draw(f, direction="down").source
    assert "#14181d" in draw(f, theme="dark").source
    assert "0.3333" in draw(f / 36.0).source
    assert "0.33<" in draw(f / 36.0, precision=2).source
    assert "filled by value: blue above 0, orange below" in draw(f, color_by="value").source
    assert "filled by" not in plain
    assert draw(f, legend=False).source != plain


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ({"direction": "sideways"}, "direction is one of None, 'right', 'left', 'down', 'up', but got 'sideways'"),
        ({"edges": "all"}, "edges is one of None, 'partial', 'flow'"),
        ({"color_by": "op"}, "color_by is one of None, 'value', 'gradient'"),
        ({"theme": "sepia"}, "there is no theme 'sepia'"),
        ({"precision": 0}, "precision is the number of significant digits"),
        ({"limit": 0}, "limit is a whole number of at least 1"),
        ({"expand": "all"}, "expand is one of False, True, 'products', 'sums'"),
        ({"collapse": 3}, "collapse is 'neurons', 'layers', 'model', 'alike', the path of a module"),
        ({"collapse": "layers"}, "collapse='layers' needs a module, but none was found"),
        ({"radius": -1}, "radius is a whole number of at least 0"),
        ({"focus": Value(1.0)}, "is not in the graph"),
    ],
)
def test_a_wrong_option_is_refused(option, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw(lecture(), **option)


@pytest.mark.parametrize("thing", [3.0, "x", None, [], [1.0]])
def test_what_has_no_graph_is_refused(thing):
    with pytest.raises(TypeError, match="draw shows the graph of"):
        draw(thing)


def test_several_results():
    x = Value(2.0)
    drawing = draw([x * 3.0, x + 1.0])
    assert len(drawing.picture.roots) == 2
    assert str(drawing).count("see [1]") == 1


def test_an_own_pass_shows_gradients_and_stores_none():
    f = lecture()
    drawing = draw(f, backward=True)
    assert box(drawing, "x").gradient == -4.0
    assert not f.has_grad
    with pytest.raises(RuntimeError, match="found no graph to differentiate"):
        draw(f.detach(), backward=True)


def test_focus_shows_what_is_near():
    chain = [Value(1.0)]
    for _ in range(50):
        chain.append(exp(chain[-1] * 0.0))
    drawing = draw(chain[-1], focus=chain[25], radius=1)
    ops = sorted(b.symbol for b in drawing.picture.boxes.values() if b.kind == OPERATION)
    assert ops == ["eˣ", "×", "×"]
    assert "within 1 of" in drawing.picture.notes[0]


@given(st.integers(0, 5))
def test_the_focus_itself_is_always_there(radius):
    f = lecture()
    q = f.parents[0]
    drawing = draw(f, focus=q, radius=radius)
    assert box(drawing, "q").value == 3.0
    assert len(drawing.picture.boxes) == {0: 2, 1: 5}.get(radius, 5) or radius >= 1


def test_graphviz_is_imported_when_a_drawing_is_written_and_not_before():
    code = (
        "import sys; from autograd_lite import Value, draw; d = draw(Value(1.0) + 1.0); str(d)\n"
        "assert 'graphviz' not in sys.modules; d.source; assert 'graphviz' in sys.modules"
    )
    ran("-c", code)


def test_a_long_name_is_shortened_in_its_box_alone():
    x = Value(1.0, label="transformer.encoder.layers.0.attention.heads.3.w[2]")
    source = draw(x * 2.0).source
    assert "<b>transformer.en…on.heads.3.w[2]</b>" in source
    assert f"<b>{x.label}" not in source
    assert x.label in source  # in the tooltip
    assert x.label in str(draw(x * 2.0))


def test_what_is_alike_in_a_module_shares_boxes():
    model = MLP(2, [3, 3, 1], rng=0)
    told = str(draw(model([1.0, 2.0]), names={"model": model}, infer_names=False, collapse="alike"))
    assert "layers.0.neurons.w…" in told
    assert told.count("   3 nodes") == 4  # in two layers of three neurons the sums, and what is made of them


def test_parameters_of_a_program_share_boxes_layer_by_layer():
    model = MLP(2, [8, 8, 1], rng=0)
    told = str(draw(compile(lambda m, x: m(x), backend="python").trace(model, [1.0, 2.0])))
    assert "one box for all that do the same" in told
    assert all(f"layers.{i}.neurons.w…" in told for i in (0, 1, 2))
    assert len(told.splitlines()) < 20


def test_a_number_that_an_output_is_compared_with_tells_so():
    model = MLP(2, [2, 1], activation="tanh", rng=0)
    x = [Value(0.5), Value(-1.0)]
    for loss in ((model(x) - 0.75) ** 2, (0.75 - model(x)) ** 2, abs(model(x) - 0.75), nn.half_squared(model(x), 0.75)):
        assert "0.75   constant   target" in str(draw(loss))
        assert "0.75   constant   target" in str(draw(loss, collapse=False))
    for other in ((x[0] - 0.75) ** 2, model(x) - 0.75, (model(x) * 0.75) ** 2, (1.0 - model(x)) * 2.0):
        assert "target" not in str(draw(other))


def test_a_number_that_is_an_exponent_tells_so():
    x = Value(3.0, label="x")
    assert "2   constant   exponent" in str(draw(x**2.0))
    assert "exponent" not in str(draw(x * 2.0))
    assert "exponent" not in str(draw(2.0**x))


def of_steps(n, collapse=None):
    x, p = Value(0.5, label="x"), Value(2.0, label="p")
    result = ag.scan(lambda c, t: (ag.sin(c) * p + t, c), x, [0.1 * k for k in range(n)])[0]
    return draw(result * x, names={}, infer_names=False, collapse=collapse)


def test_each_step_of_a_loop_is_one_box():
    text = of_steps(3).text()
    assert [text.count(f"step {k} ") for k in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert "one box for each step of a loop" in text
    long = of_steps(1000).text()
    assert [long.count(f"step {k} ") for k in (1, 2, 3, 999, 1000)] == [1, 1, 0, 0, 1]
    assert "steps 3 to 999" in long
    assert len(of_steps(1000).picture.boxes) < 10


def test_steps_unfold_all_or_all_but_some():
    assert "step" not in of_steps(3, collapse=False).text()
    some = of_steps(3, collapse=["step 2"]).text()
    assert [f"step {k} " in some for k in (1, 2, 3)] == [False, True, False]
    assert len(of_steps(3, collapse="steps").picture.boxes) == len(of_steps(3).picture.boxes)
    assert "step" not in of_steps(2).text()
    assert "step 2" in of_steps(2, collapse="steps").text()
    with pytest.raises(ValueError, match="needs a loop"):
        draw(Value(2.0) * 3.0, collapse="steps")


def test_steps_of_a_while_loop_and_of_the_outermost_loop():
    p = Value(2.0)
    found = draw(ag.while_loop(lambda y: y < 10.0, lambda y: y * p, Value(0.5))).text()
    assert [found.count(f"step {k} ") for k in (1, 5, 6)] == [1, 1, 0]
    inner = lambda c: ag.scan(lambda d, u: (d * p + u, d), c, [1.0, 2.0, 3.0])[0]  # noqa: E731
    nested = draw(ag.scan(lambda c, t: (inner(c) * t, c), Value(0.5), [0.1, 0.2, 0.3, 0.4])[0]).text()
    assert [nested.count(f"step {k} ") for k in (1, 4, 5)] == [1, 1, 0]


def waves(x):
    return ag.sum([ag.sin(x * float(k)) * ag.cos(x) for k in range(9)])


def test_a_call_of_a_compiled_function_is_one_box():
    text = draw(compile(waves, backend="python")(Value(0.5)) * 2.0).text()
    assert "waves" in text
    assert "sin" not in text
