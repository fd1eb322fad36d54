"""Graphs as pictures, in notebooks, files and terminals.

Above the core and `nn`: it reads Values and changes nothing.  In the order of the work: `names` finds what Values are
called, `sources` gives Values and Programs one interface, `selection` picks what is drawn, `picture_builder` makes a
`picture.Picture` of it, `graph_dot` writes that for Graphviz with `labels` in its boxes, `rendering` finds a
Graphviz, and `drawing.Drawing` is what a user holds.  `network` and `network_dot` do the same for the view of a
module, `movie_frames` and `movie` for one that trains.  `layout` (and layout.js, for pages) computes positions,
`exportable` saves and shows whatever is drawn.
"""

from autograd_lite.drawing.activation_plots import draw_activations
from autograd_lite.drawing.animation import Animation, animate
from autograd_lite.drawing.drawing import Drawing, draw
from autograd_lite.drawing.movie import Movie
from autograd_lite.drawing.rendering import CannotRender

__all__ = ["Animation", "CannotRender", "Drawing", "Movie", "animate", "draw", "draw_activations"]
