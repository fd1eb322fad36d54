"""The page of an explorer as a widget of notebooks, by anywidget: Jupyter, Colab, VS Code and marimo show the same.

Imported where a notebook asks for it; needs the extra `notebook`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from autograd_lite.explaining.page import Page, resource
from autograd_lite.explaining.page_data import in_json
from autograd_lite.support.extras import required

required("anywidget", "an explorer as a widget", "notebook")

import anywidget
import traitlets

VIEW = "application/vnd.jupyter.widget-view+json"


class ExplorerWidget(anywidget.AnyWidget):
    """A page in a frame; `values` are its inputs by name, both ways."""

    _esm = resource("explaining", "widget.js")
    page = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    height = traitlets.Unicode("42rem").tag(sync=True)
    values = traitlets.Dict().tag(sync=True)

    def mime(self) -> dict[str, Any]:
        """What notebooks show widgets by."""
        return {VIEW: {"version_major": 2, "version_minor": 1, "model_id": self.model_id}}


def widget_of(
    page: Page, values: Mapping[str, float], received: Callable[[Mapping[str, float]], None]
) -> ExplorerWidget:
    """The widget of a page; what its reader sets is `received`."""
    found = ExplorerWidget(page=page.html, title=page.title, values={name: in_json(x) for name, x in values.items()})

    def changed(change: Mapping[str, Any]) -> None:
        received({name: float(x) for name, x in change["new"].items()})

    found.observe(changed, names="values")
    return found
