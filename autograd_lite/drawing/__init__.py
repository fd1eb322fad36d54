"""Graphs as pictures, in notebooks, files and terminals.

Above the core and `nn`: it reads Values and changes nothing.  `names` and `sources` read graphs, `selection` picks what
is drawn, `picture_builder` makes a `Picture` of it, `graph_dot` and `rendering` paint it; a user holds a `Drawing`.
`network` and `network_dot` do the same for the view of a module, `movie_frames` and `movie` for one that trains.
"""

from autograd_lite.drawing.activation_plots import draw_activations
from autograd_lite.drawing.animation import Animation, animate
from autograd_lite.drawing.drawing import Drawing, draw
from autograd_lite.drawing.movie import Movie
from autograd_lite.drawing.rendering import CannotRender
from autograd_lite.drawing.sparsity_pictures import draw_sparsity

__all__ = ["Animation", "CannotRender", "Drawing", "Movie", "animate", "draw", "draw_activations", "draw_sparsity"]
