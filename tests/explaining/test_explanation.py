"""`explain`: what is told, and in which forms."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd_lite as ag
from autograd_lite import (
    Explanation,
    Value,
    add,
    dot,
    exp,
    explain,
    less,
    maximum,
    mul,
    no_grad,
    relu,
    sin,
    sub,
    sum,
    tanh,
    where,
)
from autograd_lite.drawing.theme import find_theme
from autograd_lite.nn import MLP


def squares():
    a = Value(3.0)
    b = a * a + sin(a) * a
    return explain(b)


def test_paths_that_join_are_summed():
    told = squares()
    lines = told.text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("  ∂b/∂a"))
    assert [line.split(" = ")[1] for line in lines[start : start + 5]] == [
        "∂b/∂v2 · ∂v2/∂a + ∂b/∂v3 · ∂v3/∂a + ∂b/∂v1 · ∂v1/∂a + ∂b/∂v1 · ∂v1/∂a",
        "∂b/∂v2 · cos(a) + ∂b/∂v3 · v2 + ∂b/∂v1 · a + ∂b/∂v1 · a",
        "3 · (−0.99) + 1 · 0.1411 + 1 · 3 + 1 · 3",
        "(−2.97) + 0.1411 + 3 + 3",
        "3.171",
    ]


RANDOM = st.lists(st.tuples(st.sampled_from("+-*tsr"), st.integers(0, 30), st.integers(0, 30)), max_size=12)


ROWS = {"+": add, "-": sub, "*": mul, "t": tanh, "s": sin, "r": relu}


@given(RANDOM)
def test_every_gradient_is_the_sum_of_its_ways(steps):
    nodes = [Value(0.5), Value(-1.25), Value(2.0)]
    for op, i, j in steps:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        nodes.append(ROWS[op](a, b) if op in "+-*" else ROWS[op](a))
    root = nodes[-1]
    if not root.parents:
        return
    told = explain(root)
    root.backward()
    leaves = {x: x.grad for x in nodes[:3] if x.has_grad}
    found = sorted(s.gradient for s in told.lesson.steps if s.kind == "input")
    assert found == pytest.approx(sorted(leaves.values()))
    for step in told.lesson.backward():
        if step.name != told.lesson.result:
            assert step.gradient == pytest.approx(__builtins__["sum"](w.flow for w in step.ways))
    assert told.text.count("∂") > 0


def test_grad_is_left_alone():
    x = Value(2.0)
    y = x * x
    x.grad = 7.0
    explain(y)
    assert x.grad == 7.0
    assert not y.has_grad


def test_where_a_convention_decides_the_formula_is_left_out():
    x, y, z = Value(2.0, label="x"), Value(2.0, label="y"), Value(0.0, label="z")
    told = explain(maximum(x, y)).text  # "[y < x] = 0.5" is not true
    assert "∂f/∂x = 1 · 0.5 = 0.5" in told
    assert "∂f/∂y = 1 · 0.5 = 0.5" in told
    assert "∂f/∂x = 1 · 0 = 0" in explain(z**x).text  # and 0 ln 0 is not 0
    assert "∂f/∂x = 1 · [z < x] = 1 · 1 = 1" in explain(maximum(x, z)).text
    assert "1 · (1 − f²)" in explain(tanh(Value(15.0))).text  # but for rounding it is


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_cell_of_a_table_has_ink_of_its_own(theme):
    # Style sheets of notebooks colour tables: in a dark one the text stood white on our white paper.
    x = Value(3.0, label="x")
    cells = re.findall('<t[dh] style="([^"]*)"', explain(x * x, theme=theme).html)
    assert len(cells) == 4 * 6
    assert all(f"color:{find_theme(theme).ink}" in cell.split(";") for cell in cells)


def test_markdown_and_html_hold_the_same_numbers():
    told = squares()
    for text in (told.markdown, told.html):
        assert "3.171" in text
        assert "9.423" in text
    assert r"\frac{\partial b}{\partial a}" in told.markdown
    assert told.markdown.count("$") % 2 == 0
    for tag in ("table", "tr", "td", "th", "div", "b"):
        assert len(re.findall(f"<{tag}[ >]", told.html)) == told.html.count(f"</{tag}>")


def test_names_are_escaped():
    x = Value(1.0, label="<script>")
    told = explain(x * 2.0)
    assert "<script>" not in told.html
    assert "&lt;script&gt;" in told.html


def test_names_are_made_unlike_each_other():
    a, b = Value(1.0, label="w"), Value(2.0, label="w")
    told = explain(a * b + a, infer_names=False)
    assert [s.name for s in told.lesson.steps if s.kind == "input"] == ["w", "w(2)"]
    assert told.lesson.result == "f"


def test_a_neuron_is_told_with_its_bias():
    model = MLP(2, [1], activation="tanh", output="tanh", rng=0)
    told = explain(model([Value(1.0, label="x0"), Value(2.0, label="x1")]))
    assert "neurons.0.w[0]·x0 + layers.0.neurons.0.w[1]·x1 + layers.0.neurons.0.b" in told.text
    assert {s.module for s in told.lesson.steps} == {"", "layers.0.neurons.0"}


def test_the_ones_of_biases_are_not_missed():
    told = explain(MLP(2, [2, 1], rng=0)([1.0, 2.0]), limit=200)
    assert told.lesson.notes == []


def test_a_large_graph_is_told_near_its_result():
    xs = [Value(float(i)) for i in range(200)]
    told = explain(exp(-sum(xs)), limit=20)
    assert len(told.lesson.steps) == 20
    assert "the 20 nodes nearest to f, of 203" in told.text


def test_many_ways_are_cut():
    x = Value(1.0)
    told = explain(dot([x] * 10, [2.0] * 10))
    assert "… (10 terms)" in told.text
    assert told["x"].gradient == 20.0


def test_a_branch_that_was_not_computed_is_left_open():
    x = Value(-2.0)
    y = where(less(x, 0.0), lambda: x * 0.5, lambda: x)
    told = explain(y)
    assert "nan" not in told.text + told.markdown
    assert "v2 if v1 else …" in told.text


def test_a_minus_before_a_minus_has_brackets():
    x = Value(-0.5)
    y = -x
    told = explain(y)
    assert "y = −x = −(−0.5) = 0.5" in told.text
    assert r"-\left(-0.5\right)" in told.markdown


def test_a_branch_not_taken_gets_nothing():
    x = Value(2.0)
    told = explain(where(x < 0.0, exp(x), x * 3.0))
    assert told["x"].gradient == 3.0


def test_precision_reaches_the_text():
    told = explain(Value(1.0) / 3.0, precision=8)
    assert "0.33333333" in told.text


def test_saving(tmp_path):
    told = squares()
    assert told.save(tmp_path / "a.txt").read_text(encoding="utf-8") == told.text + "\n"
    assert told.save(tmp_path / "a.md").read_text(encoding="utf-8") == told.markdown + "\n"
    assert told.html in told.save(tmp_path / "a.html").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match=r"end it in \.txt, \.md or \.html"):
        told.save(tmp_path / "a.pdf")


def test_a_notebook_gets_all_three():
    told = squares()
    assert set(told._repr_mimebundle_()[0]) == {"text/markdown", "text/plain"}
    assert isinstance(told, Explanation)
    assert "\n" not in repr(told)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(KeyError, match="no node is called 'c'; there are a, v1"):
        squares()["c"]


def test_what_has_no_graph_is_refused():
    with pytest.raises(TypeError, match=r"explain tells how a Value was computed, but got 3\.0"):
        explain(3.0)
    with no_grad():
        y = Value(1.0) * 2.0
    with pytest.raises(RuntimeError, match="no graph to differentiate"):
        explain(y)


def test_a_notebook_typesets_the_formulas():
    # Beside HTML, which notebooks prefer, the Markdown was never shown.
    x = Value(2.0)
    f = 1.0 / x
    bundle, _ = explain(f)._repr_mimebundle_()
    assert r"\frac{1}{x}" in bundle["text/markdown"]
    assert "text/html" not in bundle


def test_quotients_are_differentiated_as_lectures_write_it():
    x, y = Value(3.0), Value(2.0)
    f, g = x / y, 1.0 / y
    assert "−x/y²" in explain(f).text
    assert "−1/y²" in explain(g).text
    assert r"-\frac{1}{y^{2}}" in explain(g).markdown


def test_a_call_of_several_outputs_is_explained():
    both = ag.custom_vjp(lambda x, y: (x * y, x + y))
    both.defvjp(lambda x, y: (both(x, y), (x, y)), lambda res, g: (g[0] * res[1] + g[1], g[0] * res[0] + g[1]))
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    u, v = both(x, y)
    text = ag.explain(u * v).text
    assert "nan" not in text
    assert [line.rpartition(" = ")[2] for line in text.splitlines() if "∂x =" in line or "∂y =" in line] == ["16", "21"]


def test_calls_of_compiled_functions_pass_on_partials_and_terms_that_add_up():
    def one(x, y):
        return ag.sum([ag.sin(x * float(k)) * ag.cos(y) for k in range(9)])

    def two(x, y):
        return one(x, y), one(y, x) * x

    x, y = Value(0.3), Value(0.8)
    a, b = ag.compile(two, backend="python")(x, y)
    for out in (ag.compile(one, backend="python")(x, x) * y, a * b + x, a * 2.0):
        found = explain(out)
        assert "nan" not in found.text
        for step in found.lesson.steps:
            if step.gradient is not None and step.name != found.lesson.result and step.ways:
                assert sum(way.flow for way in step.ways) == pytest.approx(step.gradient, rel=1e-12)
        assert sum(step.kind == "input" and bool(step.ways) for step in found.lesson.steps) == 2
