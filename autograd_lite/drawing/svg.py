"""SVG as Graphviz writes it, for pages and notebooks: it shrinks to its column, and follows the reader's theme."""

import re

FITTING = 'style="max-width:100%;height:auto"'
THEMED = (
    "<style>.dark-theme{display:none}@media (prefers-color-scheme: dark)"
    "{.light-theme{display:none}.dark-theme{display:inline}}</style>"
)


def fitted(svg: str) -> str:
    """The picture, which becomes smaller where its column is narrower."""
    return svg.replace("<svg ", f"<svg {FITTING} ", 1)


def body(svg: str) -> str:
    """What is drawn, without the element around it, and without identifiers, which another picture may have too."""
    inner = svg[svg.index("<g ") : svg.rindex("</svg>")]
    return re.sub(r'<!--.*?-->|<title>.*?</title>| id="[^"]*"', "", inner, flags=re.DOTALL)


def in_both_themes(light: str, dark: str) -> str:
    """One picture of two with the same layout, of which that is shown that fits the reader's theme."""
    start = light.index("<g ")
    themes = "".join([f'<g class="{name}-theme">{body(x)}</g>' for name, x in (("light", light), ("dark", dark))])
    return f"{light[:start]}<g >{THEMED}{themes}</g>\n</svg>\n"
