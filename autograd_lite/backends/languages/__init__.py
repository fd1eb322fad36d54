"""Programs out of the house: source text in C and in JavaScript, which needs nothing of this library.

From below: `dialects` has the few words in which the languages differ, `functions` what they lack, `rows` the rows as
expressions, `memory` and `value_places` where numbers are; `actions` and `instructions_text` what each instruction
writes, `statements` the walk over a program, and `function_text` the function that it is.  `c` and `javascript` make
files of it, and `node` runs the latter.
"""
