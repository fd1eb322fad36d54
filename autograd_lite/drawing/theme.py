"""The colours of drawings: a light theme and a dark one.

Blue for values and orange for gradients (after Okabe and Ito, Color Universal Design, 2008: told apart with any of the
common colour blindnesses), the value above, the gradient below.  Text has a contrast of 4.5 at least (WCAG 2.2).
"""

import math
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Theme:
    """What each part of a drawing is painted with, as #rrggbb."""

    name: str
    paper: str
    ink: str
    faint: str  # what matters less: constants, what is not computed, notes
    line: str  # outlines and arrows
    value: str
    gradient: str
    input: str  # fillings, by kind of box
    parameter: str
    constant: str
    operation: str
    result: str
    rule: str  # the line beside the sign of an operation
    group: str
    active: str  # computed in this frame of an animation
    anomaly: str
    negative: str  # the ends of the scale of colours for numbers
    positive: str


LIGHT = Theme(
    name="light", paper="#ffffff", ink="#1b1f24", faint="#66707b", line="#57606a", value="#0056a3", gradient="#a33f00",
    input="#e3f0fb", parameter="#fdf0d5", constant="#ffffff", operation="#ffffff", result="#e4f5ea", rule="#c5ccd3",
    group="#f6f8fa", active="#ffefa8", anomaly="#c40022", negative="#ffdcbf", positive="#bfdff9",
)  # fmt: skip
DARK = Theme(
    name="dark", paper="#14181d", ink="#e8ecf0", faint="#98a2ad", line="#8b95a1", value="#74bcff", gradient="#ffa45c",
    input="#16324a", parameter="#453517", constant="#14181d", operation="#1d232a", result="#173a29", rule="#4a545f",
    group="#191f26", active="#4a3f0b", anomaly="#ff6b7d", negative="#5c2c06", positive="#0f3a5c",
)  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}
AUTO = Theme("auto", *[f"light-dark({x}, {y})" for x, y in zip(astuple(LIGHT)[1:], astuple(DARK)[1:], strict=True)])
"""Colours for HTML alone, which browsers choose by the reader's system."""


def find_theme(name: object) -> Theme:
    """The theme of that name; raises ValueError that lists the known ones."""
    if isinstance(name, str) and name in THEMES:
        return THEMES[name]
    raise ValueError(f"there is no theme {name!r}; choose {' or '.join(map(repr, THEMES))}")


def blend(a: str, b: str, share: float) -> str:
    """The colour between a (share 0) and b (share 1).

    >>> blend("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = [(int(a[i : i + 2], 16), int(b[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in pairs)


def filling_of(theme: Theme, x: float, largest: float) -> str:
    """A filling for the number x, where they go up to `largest` in size: orange below 0, blue above."""
    if math.isnan(x) or math.isinf(x):
        return theme.anomaly
    share = abs(x) / largest if largest > 0.0 else 0.0
    # The square root keeps small numbers visible beside large ones.
    return blend(theme.operation, theme.negative if x < 0.0 else theme.positive, math.sqrt(share))


def paint_axes(ax: "Axes", theme: Theme, label_size: float) -> None:
    ax.set_facecolor(theme.paper)
    ax.tick_params(colors=theme.faint, labelsize=label_size)
    for spine in ax.spines.values():
        spine.set_color(theme.rule)
