"""Programs out of the house: source text in C and in JavaScript, which needs nothing of this library.

`statements` walks over a program, and the dialects differ in a few words.  `rows` has the rows as expressions,
`functions` the small functions that a dialect lacks.
"""
