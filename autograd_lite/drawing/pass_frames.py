"""The two passes through a picture as frames: all have all numbers, some transparent, and so one layout."""

from dataclasses import replace
from typing import NamedTuple

from autograd_lite.drawing.picture import Picture

# The phases with their captions, which are short: a caption wider than the graph would move it.
PHASES = {"start": "start", "forward": "forward", "backward": "backward", "end": "done"}


class Frame(NamedTuple):
    phase: str
    active: str = ""  # the key of the box that is computed


def sequence(picture: Picture) -> list[Frame]:
    """The moments: operations forwards, then whatever has a gradient backwards."""
    operations, boxes = {link.head for link in picture.links}, picture.boxes
    reached = [key for key, box in boxes.items() if box.gradient is not None or box.gradient_range]
    return [
        Frame("start"),
        *(Frame("forward", key) for key in boxes if key in operations),
        *(Frame("backward", key) for key in reversed(reached)),
        Frame("end"),
    ]


def frame_at(picture: Picture, frames: list[Frame], i: int) -> Picture:
    frame, computed = frames[i], {link.head for link in picture.links}
    done, is_end = set(frames[: i + 1]), frame.phase == "end"
    boxes, links = {}, []
    for key, box in picture.boxes.items():
        hidden = {"value"} if key in computed and Frame("forward", key) not in done else set()
        if Frame("backward", key) not in done:
            hidden.add("gradient")
        boxes[key] = replace(box, hidden=frozenset(() if is_end else hidden), active=key == frame.active)
    for link in picture.links:
        forward = frame.phase == "forward" and link.head == frame.active
        backward = frame.phase == "backward" and link.tail == frame.active and link.flows
        known = is_end or Frame("backward", link.tail) in done
        links.append(replace(link, active=forward or backward, hidden=not known))
    return replace(picture, boxes=boxes, links=links, notes=[PHASES[frame.phase], *picture.notes])
