"""Programs: graphs flattened to numbered instructions, to be looked at, saved, interpreted and compiled.

Above `transforms`, whose gradients are graphs too, so a program needs no derivative code of its own.  `tracing` runs a
function without numbers, `flattening` numbers and simplifies what was recorded.  The back ends are one folder up.
"""
