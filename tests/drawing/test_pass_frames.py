"""The moments of the two passes."""

from autograd_lite import Value, animate, draw
from autograd_lite.drawing.pass_frames import frame_at, sequence


def picture():
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    q = x * y
    return draw(q + x, backward=True).picture


def test_forward_goes_through_the_operations_and_backward_through_what_has_a_gradient():
    p = picture()
    frames = sequence(p)
    told = [(f.phase, p.boxes[f.active].title or p.boxes[f.active].symbol) for f in frames if f.active]
    assert told == [
        ("forward", "q"), ("forward", "+"), ("backward", "+"), ("backward", "q"), ("backward", "y"), ("backward", "x"),
    ]  # fmt: skip
    assert [frames[0].phase, frames[-1].phase] == ["start", "end"]


def test_numbers_appear_when_they_are_computed_and_stay():
    p = picture()
    frames = sequence(p)
    before = {(key, what) for key in p.boxes for what in ("value", "gradient")}
    for i in range(len(frames)):
        hidden = {(key, what) for key, box in frame_at(p, frames, i).boxes.items() for what in box.hidden}
        assert hidden <= before
        before = hidden
    assert before == set()
    start = frame_at(p, frames, 0)
    assert all("value" in b.hidden for b in start.boxes.values() if b.kind != "input")
    assert all("value" not in b.hidden for b in start.boxes.values() if b.kind == "input")


def test_the_box_at_work_and_its_links_are_marked():
    p = picture()
    frames = sequence(p)
    forward = frame_at(p, frames, 1)
    active = [b.title for b in forward.boxes.values() if b.active]
    assert active == ["q"]
    assert sorted(forward.boxes[link.tail].title for link in forward.links if link.active) == ["x", "y"]
    backward = frame_at(p, frames, len(frames) - 2)
    assert [b.title for b in backward.boxes.values() if b.active] == ["x"]
    assert len([link for link in backward.links if link.active]) == 2


def test_the_chain_rule_appears_on_an_arrow_when_the_gradient_flows_through_it():
    p = picture()
    frames = sequence(p)
    for i, frame in enumerate(frames):
        now = frame_at(p, frames, i)
        flowed = {f.active for f in frames[: i + 1] if f.phase == "backward"}
        assert all(link.hidden == (link.tail not in flowed and frame.phase != "end") for link in now.links)


def test_what_is_veiled_takes_its_place_and_is_not_seen():
    animation = animate(Value(2.0, label="x") * 3.0)
    (first, last) = (animation.frame(i).source for i in (0, -1))
    assert '<font color="#00000000">1 × 3' in first
    assert '<font color="#00000000">' not in last
    assert "1 × 3" in last
    assert "1 × 3" not in animate(Value(2.0, label="x") * 3.0, edges=None).frame(-1).source
