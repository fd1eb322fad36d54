"""The engine: numbers that remember how they were made, and the chain rule over them.

Read in this order: `numerics` and `operands` (floats, and what is more than a float), `columns` and `primitives` (what
a row of the table holds), `table` (the rows), `graph` (nodes), `modes` (`no_grad`), `recording` (a row applied to
nodes), `reverse` (the reverse pass), `symbolic` and `create_graph` (the same pass recorded as a graph), `operators`,
`value`, `copying`.  Aside of that: `fast` (what exists for speed alone) and `tracers` (values without numbers, for
programs).  Below this folder there is only `support`.
"""
