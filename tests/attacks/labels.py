"""Attacks by text: labels of any characters in every output."""

import json
import xml.etree.ElementTree as ET

from attacking import attack

from autograd_lite import Program, Value, animate, draw, explain
from autograd_lite.drawing.rendering import CannotRender, render
from autograd_lite.support.wording import legal

PIECES = [
    "<!--<script>", "</script>", "-->", "]]>", "&lt;", "&", "<b>", '"', "'", "\n", "\r", "\t",
    "\x00", "\x1b[31m", "\x7f",
    "\u2028", "\ufffe", "\ud800", "\udfff", "\\", "\\N", "\\n", "${}", "$", "%s", "{0}", "|", "`", "*", "_", "~", "#",
    "\u202e", "x" * 1000, "漢", "é", "👩‍👧", " ", "[", "]", ".", "\\end{document}", "^", "{", "}", "a", "w",
]  # fmt: skip


try:
    render("digraph {}", "svg")
    HAS_GRAPHVIZ = True
except CannotRender:
    HAS_GRAPHVIZ = False


def text(draw_from):
    pieces = [draw_from.choice(PIECES) for _ in range(draw_from.randint(1, 6))]
    return "".join([*pieces, *[chr(draw_from.randrange(1, 0x110000)) for _ in range(draw_from.randint(0, 3))]])


@attack("labels", "labels of any text: every output is well formed, and as long as with plain ones")
def hostile_labels(draw_from):
    x, w = Value(2.0, label=text(draw_from)), Value(-3.0, label=text(draw_from))
    z = (x * w + 1.0).tanh()
    z.label = text(draw_from)
    told, drawing = explain(z), draw(z, backward=True, edges="flow")
    page = told.page().html
    for written in (page, told.text, told.markdown, told.html, str(drawing), drawing.source):
        written.encode()
        assert legal(written) == written, ascii(written)
    assert len(page) < 100_000
    assert page.count("</script>") == 2
    start = page.index('id="lesson">') + len('id="lesson">')
    json.loads(page[start : page.index("</script>", start)])
    assert len(str(drawing).splitlines()) == 6, str(drawing)
    program = draw(Program.from_values([z], [x, w]))
    if not HAS_GRAPHVIZ:
        return 8
    pictures = [drawing.render("svg"), program.render("svg"), animate(x * w).svg()]
    for picture in pictures:
        ET.fromstring(picture)
    return 11
