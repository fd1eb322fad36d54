"""The computation of a Value told as a lecture tells it.

Above the core and beside `drawing`, whose names and choices it shares.  `formulas` are rows in letters,
`partials` their local partials; `lesson` is what is told, `telling` the words, `explainer` what a user calls.
"""

from autograd_lite.explaining.explainer import Explanation, explain

__all__ = ["Explanation", "explain"]
