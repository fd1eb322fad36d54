"""Graphs of Values and Programs, seen alike."""

from autograd_lite import Program, Value, compile, draw
from autograd_lite.drawing.picture import CONSTANT, INPUT, RESULT


def program():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    return Program.from_values([x * y + 4.0, x], [x, y])


def test_a_program_is_drawn_without_numbers():
    drawing = draw(program())
    kinds = {box.title or box.symbol: box.kind for box in drawing.picture.boxes.values()}
    assert kinds["y"] == INPUT
    assert RESULT in kinds.values()
    assert CONSTANT in kinds.values()
    assert "grad " not in drawing.source
    assert "grad" not in str(drawing)


def test_the_results_of_a_program_are_its_roots():
    picture = draw(program()).picture
    assert [picture.boxes[key].title for key in picture.roots] == ["result 0", "x"]


def test_a_large_program_collapses_too():
    xs = [Value(float(i)) for i in range(300)]
    total = xs[0]
    for x in xs[1:]:
        total = total + 0.5 * x
    drawing = draw(Program.from_values([total], xs))
    assert len(drawing.picture.boxes) < 10
    assert "nodes" in drawing.picture.notes[0]


def test_traced_values_have_no_number():
    shown = []

    def f(x):
        y = x * 2.0
        shown.append(str(draw(y, infer_names=False)))
        return y

    compile(f, backend="python")(3.0)
    assert shown
    assert "grad not computed" in shown[0]
    assert "nan" not in shown[0]
