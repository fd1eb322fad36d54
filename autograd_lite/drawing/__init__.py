"""Graphs as pictures, in notebooks, files and terminals.

Above the core: it reads Values and changes nothing.  `names` says what Values are called, `choosing` picks
what is drawn (a `picture.Picture`), `dot` writes that for Graphviz with `labels` in its boxes, `rendering` finds
a Graphviz, `tree` says it as text, and `sheet.Drawing` is what a user holds.  `network` and `circles` are the same
for the view of a module, `scenes` and `movie` for one that trains.
"""

from autograd_lite.drawing.animator import animate
from autograd_lite.drawing.drawer import draw
from autograd_lite.drawing.movie import Movie
from autograd_lite.drawing.moving import Animation
from autograd_lite.drawing.rendering import CannotRender
from autograd_lite.drawing.sheet import Drawing
from autograd_lite.drawing.zoo import draw_activations

__all__ = ["Animation", "CannotRender", "Drawing", "Movie", "animate", "draw", "draw_activations"]
