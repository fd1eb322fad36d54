"""The computation of a Value explained step by step, as in a lecture.

Above `drawing`, whose names, selection and numbers it shares: `formulas` and `partials` are rows in letters, a `lesson`
is the data, `formats` and `page` write it, and `explanation` is what a user calls.
"""

from autograd_lite.explaining.explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
