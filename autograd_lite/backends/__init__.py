"""Programs turned into fast code.

`compiled` is what users call; `arguments` takes nests apart, lists of numbers by `lists`; `places` puts stand-ins into
their places, and `trace` runs the function on these, without numbers; `calling` runs programs as they are; `backends`
picks among `python` (source without dependencies), `arrays` (the same text on NumPy and other arrays) and `llvm`
(native code).  `batches` fixes the order in which samples are added up.
"""

import autograd_lite.backends.program_calls  # noqa: F401, enters how programs are called
from autograd_lite.backends.compiled import compile

__all__ = ["compile"]
