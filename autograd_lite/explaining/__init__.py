"""The computation of a Value explained step by step, as in a lecture.

Above `drawing`, whose names, selection and numbers it shares.  `formulas` are rows in letters, `partials` their local
partials; `lesson` is the data, `formats` writes it as text, Markdown and HTML, `page` as an interactive page, and
`explanation` is what a user calls.
"""

from autograd_lite.explaining.explanation import Explanation, explain

__all__ = ["Explanation", "explain"]
