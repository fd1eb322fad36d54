"""Examples: small programs that train something, written like a user's, to be read and run.

    python -m autograd_lite.examples.digits

`line`, `xor`, `points`, `iris`, `digits`, `predator_prey`, `hidden_markov`, `gpt` and `cluster` (which needs Dask) each
have a `main` that prints what it does, and functions that return what was learned, for the tests.
"""

from importlib.util import find_spec

FAST = find_spec("llvmlite") is not None  # whether training is compiled, which gives the same numbers sooner
