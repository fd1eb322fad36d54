"""Programs turned into fast code.

`compiled` is what users call: it takes the pytrees of a call apart, has the function traced by `program`, and keeps
the code.  `choice` picks the back end: `python` (source without dependencies), `arrays` (the same source on NumPy and
other arrays) or `llvm` (native code).  `program_calls` runs programs without their function.  `batch_order` fixes the
order in which samples are added up.
"""

from autograd_lite.backends.compiled import compile

__all__ = ["compile"]
