"""The computation of a Value explained step by step, as in a lecture.

Above `drawing`, whose names, selection and numbers it shares: `formulas` and `partials` are rows in letters, a `lesson`
is the data, `formats` and `page` write it, and `explanation` is what a user calls.  An `explorer` is a page whose
numbers are computed anew, from what `recorded_function` makes of a function.
"""

from autograd_lite.explaining.explanation import Explanation, explain
from autograd_lite.explaining.explorer import Explorer, explore

__all__ = ["Explanation", "Explorer", "explain", "explore"]
