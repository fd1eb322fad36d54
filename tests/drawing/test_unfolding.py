"""Calls of compiled functions, unfolded: what is drawn is what the functions compute without `compile`."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import Value, compile, draw, explain, nn
from autograd_lite.backends.call_nodes import ProgramCall
from autograd_lite.drawing.names import Names
from autograd_lite.drawing.sources import Values, own_pass, stored_gradient

W = Value(0.7, label="W")


def waves(x, y):
    return ag.sum([ag.sin(x * float(k)) * ag.cos(y) for k in range(9)])


def several(x, y):
    h = waves(x, y)
    return {"h": h, "pair": [h * y, h]}, ag.exp(h) * x, x


def closing_over(x, y):
    return waves(x, y) * W + waves(W, x)


def looping(x, y):
    return ag.fori_loop(0, 12, lambda k, c: ag.sin(c * x) + y, x)


def numbers_too(x, y, scale=3.0):
    return waves(x * scale, y) - scale


def one(f):
    return lambda x, y: f(x, y) * y


def of_several(f):
    def g(x, y):
        found, z, same = f(x, y)
        return found["h"] * z + found["pair"][0] * same - found["pair"][1] * z

    return g


def nested(f):
    def inner(x, y):
        return f(x, y) * x + waves(y, x)

    return compile(inner, backend="python") if f is not waves else inner


def twice(f):
    return lambda x, y: f(f(x, y), x) + f(y, f(x, x))


CASES = {
    "one output": (waves, one), "several outputs": (several, of_several), "a Value closed over": (closing_over, one),
    "a loop": (looping, one), "other numbers": (numbers_too, one), "nested": (waves, nested),
    "results that are called with": (waves, twice), "nested, called twice": (waves, lambda f: twice(nested(f))),
}  # fmt: skip


def told(source):
    """Each node with its operation, its numbers, and its operands'; the same however the graph came to be."""
    lines = []
    for x in source.order:
        operands = [source.value(p) for p in source.parents(x)]
        slope = source.gradient(x) if x.op != "constant" else None
        lines.append((x.op, source.value(x), *operands, *map(str, source.partials(x)), slope))
    return sorted(lines, key=lambda line: (str(line[:-1]), line[-1] is None, line[-1] or 0.0))


def of_order(lines):
    return [line[:-1] for line in lines], [line[-1] for line in lines]


@pytest.mark.parametrize("gradients", ["own", "stored"])
@pytest.mark.parametrize("name", CASES)
def test_the_numbers_are_those_of_the_function_that_is_not_compiled(name, gradients):
    f, around = CASES[name]
    found = []
    for g in (compile(f, backend="python"), f):
        x, y = Value(0.3), Value(0.8)
        W.zero_grad()
        root = around(g)(x, y)
        root.backward()
        of = own_pass([root]) if gradients == "own" else stored_gradient
        folded = any(isinstance(n.row.payload, ProgramCall) for n in Values([root], Names()).order)
        assert folded == (g is not f)
        found.append(of_order(told(Values([root], Names(), of, unfolds=True))))
        assert not any(isinstance(n.row.payload, ProgramCall) for n in Values([root], Names(), of, unfolds=True).order)
    (ours, slopes), (plain, expected) = found
    assert ours == plain
    for a, b in zip(slopes, expected, strict=True):
        assert a == b if a is None or b is None else a == pytest.approx(b, rel=1e-12, abs=1e-300)


def test_the_graph_and_its_gradients_stay_as_they_are():
    x, y = Value(0.3), Value(0.8)
    root = compile(closing_over, backend="python")(x, y) * 2.0
    draw(root, unfold_calls=True, backward=True)
    assert not x.has_grad
    assert not y.has_grad
    assert W.data == 0.7
    assert "waves" not in draw(root).text()
    root.backward()
    grads = x.grad, y.grad
    draw(root, unfold_calls=True)
    explain(root, unfold_calls=True)
    assert (x.grad, y.grad) == grads


def test_the_numbers_are_those_that_the_call_was_recorded_with():
    w, x = Value(0.7), Value(0.3)
    f = compile(lambda x: waves(x, w), backend="python")
    root = f(x) * 1.0
    then = root.data
    w.data = x.data = 5.0
    source = Values([root], Names(), unfolds=True)
    (operand,) = [p for p in source.parents(source.roots[0]) if p.op == "sum"]
    assert operand.data == then
    assert w.data == 5.0


def test_another_value_in_the_place_of_one_closed_over_is_an_error():
    held = [Value(0.7)]
    f = compile(lambda x: waves(x, held[0]), backend="python")
    root = f(Value(0.3)) * 2.0
    held[0] = Value(0.7)
    with pytest.raises(RuntimeError, match="another Value is in the place of one that the function closes over"):
        draw(root, unfold_calls=True)


def test_a_drawing_frames_what_a_call_computes_and_names_it():
    def outer(x):
        return inner(x, x) * ag.exp(x) + waves(x, x)

    inner, x = compile(waves, backend="python"), Value(0.5)
    out = compile(outer, backend="python")(x) * 2.0
    folded, unfolded = draw(out, limit=500), draw(out, limit=500, collapse=False, unfold_calls=True)
    assert "sin" not in folded.text()
    assert unfolded.text().count("sin") >= 18
    assert set(unfolded.picture.clusters.values()) == {"outer", "waves"}
    assert {len(box.clusters) for box in unfolded.picture.boxes.values()} == {0, 1, 2}
    assert unfolded.source.count("subgraph") >= 2
    assert "x = leaf" not in unfolded.text()
    assert f"x   {0.5}" in unfolded.text()


def test_a_result_keeps_the_name_that_the_caller_gave_it():
    a = compile(waves, backend="python")(Value(0.5), Value(0.2))
    text = draw(a, unfold_calls=True, limit=100).text()
    assert text.startswith("a = ")
    assert "waves" not in text


def test_a_function_that_gives_back_its_operand_leaves_nothing():
    f = compile(lambda x: (x, waves(x, x)), backend="python")
    x = Value(0.5)
    same, _ = f(x)
    assert draw(same * 2.0, unfold_calls=True).text() == draw(x * 2.0).text()


def test_a_module_that_is_called_keeps_its_neurons():
    model = nn.MLP(2, [3, 1])
    x = [Value(0.1), Value(0.2)]
    called = compile(lambda m, x: m(x), backend="python")(model, x)
    text = draw(called, unfold_calls=True).text()
    assert text.replace("called = ", "") == draw(model(x)).text()


def test_a_call_in_a_step_of_a_loop_is_of_that_step():
    f = compile(waves, backend="python")
    out = ag.fori_loop(0, 3, lambda k, c: f(c, c) * 0.1, Value(0.5)) * 2.0
    text = draw(out, unfold_calls=True, limit=500).text()
    assert [text.count(f"step {k} ") for k in (1, 2, 3)] == [1, 1, 1]
    assert "sin" not in text


def test_an_explanation_tells_what_a_call_computes_with_its_gradients():
    found = []
    for f in (compile(several, backend="python"), several):
        x, y = Value(0.3), Value(0.8)
        out = of_several(f)(x, y)
        assert ("several" in explain(out, limit=200).text) == (f is not several)
        text = explain(out, limit=200, unfold_calls=True)
        found.append(sorted((s.symbol, s.value, s.gradient) for s in text.lesson.steps if s.gradient is not None))
        for step in text.lesson.steps:
            if step.gradient is not None and step.name != text.lesson.result:
                assert sum(way.flow for way in step.ways) == pytest.approx(step.gradient, rel=1e-12)
        assert "several" not in text.text
        assert "nan" not in text.text
    ours, plain = found
    assert [x[:2] for x in ours] == [x[:2] for x in plain]
    assert [x[2] for x in ours] == pytest.approx([x[2] for x in plain], rel=1e-12)


def test_what_has_no_calls_to_unfold():
    x = Value(0.5)
    assert draw(x * 2.0, unfold_calls=True).text() == draw(x * 2.0).text()
    with pytest.raises(TypeError, match="draw the graph of its result"):
        draw(nn.MLP(2, [1]), unfold_calls=True)
    with pytest.raises(TypeError, match="unfold_calls=True is for the calls in a graph of Values"):
        draw(compile(waves, backend="python").trace(0.5, 0.2), unfold_calls=True)


def test_the_result_of_a_call_in_the_middle():
    x = Value(0.5)
    a = compile(waves, backend="python")(x, x)
    out = ag.exp(ag.exp(a * 2.0))
    boxes = draw(out, unfold_calls=True, focus=a, radius=1).picture.boxes.values()
    assert [box.value for box in boxes if box.title == "a"] == [a.data]
    assert {"×", "Σ"} & {box.symbol for box in boxes}


def test_results_of_one_call_drawn_beside_each_other():
    x, y = Value(0.3), Value(0.8)
    found, z, same = compile(several, backend="python")(x, y)
    source = Values([found["h"], z, same, found["pair"][0], found["pair"][1]], Names(), unfolds=True)
    plain, w, _ = several(x, y)
    assert [r.data for r in source.roots] == [plain["h"].data, w.data, x.data, plain["pair"][0].data, plain["h"].data]
    assert source.roots[0] is source.roots[4]
    assert source.roots[2] is x
    assert "several" not in draw([z, found["h"]], unfold_calls=True, limit=300).text()


@pytest.mark.parametrize("options", [{"edges": "flow"}, {"expand": True}, {"collapse": "alike"}, {"limit": 12}])
def test_other_options_of_drawings(options):
    f = compile(waves, backend="python")
    x = Value(0.5)
    out, plain = f(x, x) * f(x, W), waves(x, x) * waves(x, W)
    text, expected = (draw(z, unfold_calls=True, backward=True, **options).text() for z in (out, plain))
    assert text.replace("out = ", "") == expected.replace("plain = ", "")


def test_derivatives_of_calls():
    f, x = compile(waves, backend="python"), Value(0.5)
    out = ag.grad(f)(x, x) * 2.0
    source = Values([out], Names(), own_pass([out]), unfolds=True)
    assert not any(isinstance(n.row.payload, ProgramCall) for n in source.order)
    assert source.roots[0].data == out.data
    assert source.gradient(x) == own_pass([out])(x)
    reaching = [
        source.gradient(n) * p
        for n in source.order
        for q, p in zip(source.parents(n), source.partials(n), strict=True)
        if q is x and p is not None
    ]
    assert sum(reaching) == pytest.approx(source.gradient(x), rel=1e-12)


def test_calls_of_arguments_of_any_form():
    def f(a, *, w, k=2):
        return ag.sum([waves(x, w["b"]) * float(y) for x, y in zip(a, w["c"], strict=True)]) * k

    x, b = [Value(0.1), Value(0.2)], Value(0.4)
    given = {"b": b, "c": np.array([1.5, 2.5])}
    ours, plain = compile(f, backend="python")(x, w=given), f(x, w=given)
    assert of_order(told(Values([ours], Names(), unfolds=True)))[0] == of_order(told(Values([plain], Names())))[0]
