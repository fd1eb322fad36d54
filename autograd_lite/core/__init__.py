"""The engine: numbers that remember how they were made, and the chain rule over them.

Read in this order: `operands` (what a row can be applied to), `primitives` (a row), `table` (the rows), `graph`
(nodes), `recording` (a row applied to nodes), `reverse` (the reverse pass), `create_graph` (the same pass recorded as a
graph), `copying`, `operators`, `value`.

Beside the engine: `columns` (what else a row holds), `contexts` (`no_grad` and other modes), `methods` (attributes and
methods of Values), `abstract` (Values without numbers, for programs) and `fast` (what exists for speed alone).  Below
this folder there is only `support`.
"""
