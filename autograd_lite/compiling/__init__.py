"""Programs turned into fast code.

`compiled` is what users call; `trace` runs their function without numbers; `arguments` takes nests apart;
`backends` picks among `python` (source without dependencies), `arrays` (the same text on NumPy and other
arrays) and `llvm` (native code).  `batches` fixes the order in which samples are added up.
"""

from autograd_lite.compiling.compiled import compile

__all__ = ["compile"]
