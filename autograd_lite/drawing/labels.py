"""What stands in the boxes of a picture and on its arrows, as the HTML-like labels of Graphviz."""

from dataclasses import dataclass, replace
from html import escape

from autograd_lite.drawing.numerals import numeral
from autograd_lite.drawing.picture import CONSTANT, GROUP, INPUT, MORE, OPERATION, PARAMETER, RESULT, Box, Link, Picture
from autograd_lite.drawing.theme import LIGHT, Theme, scaled

SEE_THROUGH = "#00000000"  # takes its place, so that the frames of an animation have one layout
LONGEST_NAME = 32  # letters in a box; the tooltip has them all


@dataclass(frozen=True)
class Style:
    """How a picture is painted."""

    direction: str | None = None  # right, or down where that would be too long a way
    precision: int = 4
    color_by: str | None = None  # "value" or "gradient": fillings by a number in place of the kind
    edges: str | None = None  # "partial" or "flow": what is written on arrows
    theme: Theme = LIGHT
    legend: bool = True

    def changed(self, **fields: object) -> "Style":
        return replace(self, **fields)  # type: ignore[arg-type]


def largest_number(picture: Picture, color_by: str | None) -> float:
    """The size of the largest finite number that fillings tell."""
    found = (getattr(box, color_by) for box in picture.boxes.values()) if color_by else ()
    return max((abs(x) for x in found if x is not None and abs(x) < float("inf")), default=0.0)


def label(box: Box, style: Style, largest: float) -> str:
    """The HTML-like label of a box: at the left the sign of the operation; then name, value and gradient."""
    theme = style.theme
    name = shortened(box.short or box.title)
    rows = [f"<b>{escape(name)}</b>"] if name else []
    value, gradient = numbers(box, style.precision)
    if value:
        colour = SEE_THROUGH if "value" in box.veiled else theme.value
        rows.append(f'<font color="{colour}">{value}</font>')
    if gradient:
        colour = SEE_THROUGH if "gradient" in box.veiled else theme.gradient
        rows.append(f'<font color="{colour}"><font point-size="10">grad\u00a0\u2009</font>{gradient}</font>')
    elif box.flows:
        rows.append(f'<font color="{theme.faint}" point-size="10"><i>grad not computed</i></font>')
    rows += [f'<font color="{theme.faint}" point-size="10">{escape(note)}</font>' for note in box.notes]
    fill, outline, border, extra = paint(box, style, largest)
    cells = [f'<td align="center">{row}</td>' for row in rows or [" "]]
    # Air at both sides: the text of browsers may be wider than Graphviz takes it to be.
    edge = f'<td rowspan="{len(cells)}" width="5" cellpadding="0"></td>'
    cells[0] = f"{edge}{cells[0]}{edge}"
    if box.symbol and not rows:
        cells = [f'<td cellpadding="6"><font point-size="16">{escape(box.symbol)}</font></td>']
    elif box.symbol:
        size = 20 if len(box.symbol) <= 2 else 14
        cells[0] = (
            f'<td rowspan="{len(rows)}" cellpadding="5" border="1" sides="r" color="{theme.rule}">'
            f'<font point-size="{size}">{escape(box.symbol)}</font></td>' + cells[0]
        )
    body = "".join(f"<tr>{cell}</tr>" for cell in cells)
    return (
        f'<<table border="{border}" cellborder="0" cellspacing="0" cellpadding="3" style="rounded{extra}" '
        f'color="{outline}" bgcolor="{fill}">{body}</table>>'
    )


def shortened(name: str) -> str:
    """A name that fits into a box: of a long one its beginning and its end, where paths differ.

    >>> shortened("transformer.encoder.layers.0.heads.3.w[2]")
    'transformer.en….0.heads.3.w[2]'
    """
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME // 2 - 2]}…{name[-LONGEST_NAME // 2 + 1 :]}"


def numbers(box: Box, precision: int) -> tuple[str, str]:
    """The value and the gradient as they are shown; the range of them for a group."""
    value = numeral(box.value, precision) if box.value is not None else box.value_range
    gradient = numeral(box.gradient, precision) if box.gradient is not None else box.gradient_range
    return value, gradient


def paint(box: Box, style: Style, largest: float) -> tuple[str, str, str, str]:
    """Filling, outline, its width, and its dashes."""
    theme = style.theme
    fills = {
        INPUT: theme.input, PARAMETER: theme.parameter, CONSTANT: theme.constant, OPERATION: theme.operation,
        RESULT: theme.result, GROUP: theme.group, MORE: theme.paper,
    }  # fmt: skip
    fill = fills[box.base or box.kind]
    number = getattr(box, style.color_by) if style.color_by else None
    if number is not None:
        fill = scaled(theme, number, largest)
    if box.active:
        fill = theme.active  # the width of the outline stays, and so does the layout
    if box.trouble:
        return fill, theme.trouble, "3", ""
    if CONSTANT in (box.kind, box.base) or box.kind == MORE:
        return fill, theme.faint, "1", ",dashed"
    return fill, theme.line, "2" if box.kind in (RESULT, PARAMETER, GROUP) else "1", ""


def link_label(link: Link, style: Style) -> str:
    """The local partial, or the chain rule at this arrow: upstream × local = downstream."""
    if link.count > 1:
        return beside(f'<font color="{style.theme.faint}">{link.count:,}</font>', style)
    if link.note:
        return beside(f'<font color="{style.theme.trouble}">{escape(link.note)}</font>', style)
    if style.edges is None or link.partial is None:
        return ""
    partial = numeral(link.partial, style.precision)
    if style.edges == "partial" or link.upstream is None or link.flow is None:
        return beside(f'<font color="{SEE_THROUGH if link.veiled else style.theme.ink}">∂ {partial}</font>', style)
    upstream, flow = (numeral(x, style.precision) for x in (link.upstream, link.flow))
    if link.partial < 0.0:
        partial = f"({partial})"
    ink, colour = (SEE_THROUGH,) * 2 if link.veiled else (style.theme.ink, style.theme.gradient)
    text = f'<font color="{ink}">{upstream} × {partial}<br/>= </font><font color="{colour}">{flow}</font>'
    return beside(text, style)


def beside(text: str, style: Style) -> str:
    """A label with air around it: Graphviz puts labels so near to their arrows that the arrows touch them."""
    below = "" if style.direction in ("down", "up") else '<tr><td height="5"></td></tr>'
    return (
        f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr><td cellpadding="2">{text}</td></tr>'
        f"{below}</table>>"
    )
