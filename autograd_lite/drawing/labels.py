"""The text in the boxes of a picture and on its arrows, as the HTML-like labels of Graphviz."""

from dataclasses import dataclass

from autograd_lite.drawing.number_format import numeral
from autograd_lite.drawing.picture import CONSTANT, GROUP, MORE, PARAMETER, RESULT, Box, Link
from autograd_lite.drawing.theme import LIGHT, Theme, filling_of
from autograd_lite.support.wording import legal, markup

TRANSPARENT = "#00000000"  # for text that needs its space: the frames of an animation have one layout
LONGEST_NAME = 32  # letters in a box; the tooltip has them all


@dataclass(frozen=True)
class Style:
    direction: str | None = None  # right, or down where that would be too long a way
    precision: int = 4
    color_by: str | None = None  # "value" or "gradient": fillings by a number in place of the kind
    edges: str | None = None  # "partial" or "flow": what is written on arrows
    theme: Theme = LIGHT
    auto: bool = False  # the dark theme for readers who have chosen that
    legend: bool = True


def font(text: str, colour: str, size: int | None = None) -> str:
    points = "" if size is None else f' point-size="{size}"'
    return f'<font color="{colour}"{points}>{text}</font>'


def dot_markup(text: str) -> str:
    r"""Text inside of an HTML-like label, where Graphviz would replace a \N by the key of the node."""
    return markup(text).replace("\\", "\\\\")


def dot_text(text: str) -> str:
    """Text of a tooltip, where Graphviz replaces a backslash and a letter, even behind another backslash."""
    plain = legal(text).replace("\\", "\N{SET MINUS}")
    return f"{plain} " if plain[:1] == "<" else plain or " "  # no HTML


def html_lines(lines: list[str]) -> str:
    """Lines as one HTML-like label; no label where there are none."""
    return f"<{'<br/>'.join(lines)}>" if lines else ""


def label(box: Box, style: Style, largest: float) -> str:
    """The HTML-like label of a box: at the left the sign of the operation; then name, value and gradient."""
    theme, name = style.theme, short_name(box.short or box.title)
    rows = [f"<b>{dot_markup(name)}</b>"] if name else []
    value, gradient = box.numbers(style.precision)
    if value:
        rows.append(font(value, TRANSPARENT if "value" in box.hidden else theme.value))
    if gradient:
        text = f'<font point-size="10">grad\u00a0\u2009</font>{gradient}'
        rows.append(font(text, TRANSPARENT if "gradient" in box.hidden else theme.gradient))
    elif box.flows:
        rows.append(font("<i>grad not computed</i>", theme.faint, 10))
    rows += [font(dot_markup(note), theme.faint, 10) for note in box.notes]
    fill, outline, border, extra = paint(box, style, largest)
    cells = [f'<td align="center">{row}</td>' for row in rows or [" "]]
    # Space at both sides: the text of browsers may be wider than Graphviz takes it to be.
    edge = f'<td rowspan="{len(cells)}" width="5" cellpadding="0"></td>'
    cells[0] = f"{edge}{cells[0]}{edge}"
    if box.symbol and not rows:
        cells = [f'<td cellpadding="6"><font point-size="16">{dot_markup(box.symbol)}</font></td>']
    elif box.symbol:
        sign = f'<font point-size="{20 if len(box.symbol) <= 2 else 14}">{dot_markup(box.symbol)}</font>'
        side = f'rowspan="{len(rows)}" cellpadding="5" border="1" sides="r" color="{theme.rule}"'
        cells[0] = f"<td {side}>{sign}</td>{cells[0]}"
    body = "".join(f"<tr>{cell}</tr>" for cell in cells)
    return (
        f'<<table border="{border}" cellborder="0" cellspacing="0" cellpadding="3" style="rounded{extra}" '
        f'color="{outline}" bgcolor="{fill}">{body}</table>>'
    )


def short_name(name: str) -> str:
    """A name that fits into a box: of a long one its beginning and its end, where paths differ.

    >>> short_name("transformer.encoder.layers.0.heads.3.w[2]")
    'transformer.en….0.heads.3.w[2]'
    """
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME // 2 - 2]}…{name[-LONGEST_NAME // 2 + 1 :]}"


def paint(box: Box, style: Style, largest: float) -> tuple[str, str, str, str]:
    """Filling, outline, its width, and its dashes."""
    theme, kind = style.theme, box.base or box.kind
    number = getattr(box, style.color_by) if style.color_by else None
    if box.active:
        fill = theme.active  # the width of the outline stays, and so does the layout
    elif number is not None:
        fill = filling_of(theme, number, largest)
    else:
        fill = theme.paper if kind == MORE else getattr(theme, kind)
    if box.anomalous:
        return fill, theme.anomaly, "3", ""
    if CONSTANT in (box.kind, box.base) or box.kind == MORE:
        return fill, theme.faint, "1", ",dashed"
    return fill, theme.line, "2" if box.kind in (RESULT, PARAMETER, GROUP) else "1", ""


def link_label(link: Link, style: Style) -> str:
    """The local partial, or the chain rule at this arrow: upstream × local = downstream."""
    theme = style.theme
    if link.count > 1:
        text = font(f"{link.count:,}", theme.faint)
    elif link.note:
        text = font(dot_markup(link.note), theme.anomaly)
    elif style.edges is None or link.partial is None:
        return ""
    else:
        ink, colour = (TRANSPARENT, TRANSPARENT) if link.hidden else (theme.ink, theme.gradient)
        partial = numeral(link.partial, style.precision)
        if style.edges == "partial" or link.upstream is None or link.flow is None:
            text = font(f"∂ {partial}", ink)
        else:
            upstream, flow = (numeral(x, style.precision) for x in (link.upstream, link.flow))
            local = f"({partial})" if link.partial < 0.0 else partial
            text = font(f"{upstream} × {local}<br/>= ", ink) + font(flow, colour)
    # Graphviz puts labels so near to their arrows that the arrows touch them: space around the text.
    below = "" if style.direction in ("down", "up") else '<tr><td height="5"></td></tr>'
    return (
        f'<<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr><td cellpadding="2">{text}</td></tr>'
        f"{below}</table>>"
    )
