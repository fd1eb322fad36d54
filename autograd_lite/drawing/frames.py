"""The forward and the backward pass of a drawing as a sequence of frames.

All frames are drawn with all numbers, some of them see-through, so that Graphviz lays each out alike.
"""

from dataclasses import dataclass, replace

from autograd_lite.drawing.picture import Box, Picture

HIDDEN = frozenset({"value", "gradient"})
VALUES_KNOWN = frozenset({"gradient"})


@dataclass
class Frame:
    """One moment: what is at work, and what is known by then."""

    phase: str  # "start", "forward", "backward" or "end"
    at_work: str = ""  # the key of a box


def sequence(picture: Picture) -> list[Frame]:
    """The moments: operations forwards, then whatever has a gradient backwards."""
    parents = picture.parents()
    forward = [key for key in picture.boxes if parents[key]]
    backward = [key for key in reversed(list(picture.boxes)) if has_gradient(picture.boxes[key])]
    return [
        Frame("start"),
        *(Frame("forward", key) for key in forward),
        *(Frame("backward", key) for key in backward),
        Frame("end"),
    ]


def has_gradient(box: Box) -> bool:
    return box.gradient is not None or bool(box.gradient_range)


def at(picture: Picture, frames: list[Frame], i: int) -> Picture:
    """The picture at the i-th moment."""
    frame, parents = frames[i], picture.parents()
    seen = {(f.phase, f.at_work) for f in frames[: i + 1]}
    near = set()
    for link in picture.links:
        forward = frame.phase == "forward" and link.head == frame.at_work
        backward = frame.phase == "backward" and link.tail == frame.at_work and link.flows
        if forward or backward:
            near.add((link.tail, link.head))
    boxes = {}
    for key, box in picture.boxes.items():
        known = not parents[key] or ("forward", key) in seen
        flowed = ("backward", key) in seen
        veiled = HIDDEN if not known else frozenset() if flowed else VALUES_KNOWN
        if frame.phase == "end":
            veiled = frozenset()
        boxes[key] = replace(box, veiled=veiled, active=key == frame.at_work)
    links = [
        replace(
            link, active=(link.tail, link.head) in near,
            veiled=frame.phase != "end" and ("backward", link.tail) not in seen,
        )
        for link in picture.links
    ]  # fmt: skip
    # Short words: a caption wider than the graph would move it.
    words = {"start": "start", "forward": "forward", "backward": "backward", "end": "done"}
    return replace(picture, boxes=boxes, links=links, notes=[words[frame.phase], *picture.notes])
