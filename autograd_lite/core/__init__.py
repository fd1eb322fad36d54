"""The engine: numbers that remember how they were made, and the chain rule over them.

Read from top to bottom: `numerics` (functions of floats), `primitives` (what a row of the table holds), `table` (the
rows), `graph` (nodes), `grad_mode` (whether a graph is recorded), `reverse` (the reverse pass with floats),
`create_graph` (the same pass while recording), `value` and its operators, `copying`.  `fast` holds what exists for
speed alone.  Below this folder there is only `support`.
"""
