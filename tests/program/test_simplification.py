"""rewriting: what fires is true of every float, and nothing fires that is true of real numbers only.

Operands are written as words: x, y, z are inputs, -x is the negative of one, |x| its absolute value, the rest numbers.
"""

import dags
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite.core.graph import NUMBER
from autograd_lite.core.primitives import PRIMITIVES
from autograd_lite.core.table import abs as absolute
from autograd_lite.core.table import neg
from autograd_lite.program.instructions import ROWS, Instruction
from autograd_lite.program.simplification import rewritten

INPUTS = ["x", "y", "z"]
MADE = {f"-{x}": (neg, x) for x in INPUTS} | {f"|{x}|": (absolute, x) for x in INPUTS}
WORDS = [*INPUTS, *MADE]
POWERS_OF_TWO = [2.0**k for k in (-1074, -1024, -1023, -1022, -997, -996, -1, 0, 1, 2, 996, 997, 1023)]
SPECIAL = [0.0, -0.0, float("inf"), float("nan"), 3.0, 0.1, 1e300, 1e-300, 1.7976931348623157e308, *POWERS_OF_TWO]
REWRITTEN = [name for name, row in PRIMITIVES.items() if row.rewrites]
FLOATS = st.sampled_from(SPECIAL) | st.sampled_from(SPECIAL).map(lambda x: -x) | st.floats()


def number(word):
    """The number that a word is; None where it is an operand that is not known."""
    return None if word in WORDS else float(word)


def source(word):
    """The instruction that an operand comes from; inputs come from none."""
    if word in INPUTS:
        return None
    if word not in MADE:
        return Instruction(NUMBER, (), float(word))
    row, x = MADE[word]
    return Instruction(row, (WORDS.index(x),))


def simpler(row, words):
    """What `rewritten` gives, in words again: a single one, or the name of a row and its operands."""
    every = [*WORDS, *(word for word in words if word not in WORDS)]
    ids = tuple([every.index(word) for word in words])
    found = rewritten(row, ids, [number(word) for word in words], lambda i: source(every[i]))
    if found is None or isinstance(found, int):
        return None if found is None else every[found]
    named, operands = found
    return " ".join([named.name, *(every[i] if isinstance(i, int) else repr(i) for i in operands)])


def value(text, inputs):
    """The number that a word means, or a row on words."""
    first, *words = text.split()
    if first in ROWS:
        return ROWS[first].ieee_value(*[value(word, inputs) for word in words])
    if first in MADE:
        row, x = MADE[first]
        return row.ieee_value(inputs[x])
    return inputs[first] if first in INPUTS else float(first)


@pytest.mark.thorough
@pytest.mark.parametrize("name", REWRITTEN)
@given(data=st.data())
def test_a_rewrite_has_the_bits_of_the_row_itself(name, data):
    word = st.sampled_from(WORDS) | FLOATS.map(repr)
    row, pairs = ROWS[name], 2 if name == "dot" else 1
    count = row.arity or pairs * data.draw(st.integers(1, 3))
    words = data.draw(st.lists(word, min_size=count, max_size=count))
    found = simpler(row, words)
    if found is not None:
        inputs = {x: data.draw(FLOATS, label=x) for x in INPUTS}
        text = " ".join([name, *words])
        assert dags.same(value(found, inputs), value(text, inputs)), f"{text} became {found} at {inputs}"


FIRES = {
    "identity x": "x",
    "add x -0.0": "x", "add -0.0 x": "x", "add x -y": "sub x y", "add -x y": "sub y x", "add -x -y": "sub -x y",
    "add x -x": "sub x x", "add 2.0 -x": "sub 2.0 x",
    "sub x 0.0": "x", "sub -0.0 x": "neg x", "sub x -y": "add x y", "sub 2.0 -x": "add 2.0 x", "sub -0.0 -x": "neg -x",
    "mul x 1.0": "x", "mul 1.0 x": "x", "mul x -1.0": "neg x", "mul -1.0 x": "neg x",
    "div x 1.0": "x", "div x -1.0": "neg x", "div x 2.0": "mul x 0.5", "div x -0.25": "mul x -4.0",
    f"div x {2.0**996}": f"mul x {2.0**-996}", f"div x {-(2.0**-996)}": f"mul x {-(2.0**996)}",
    "neg -x": "x",
    "pow x 1.0": "x", "pow x 2.0": "mul x x",
    "where 1.0 x y": "x", "where -2.0 x y": "x", "where nan x y": "x", "where 0.0 x y": "y", "where -0.0 x y": "y",
    "where x y y": "y",
    **{f"cond {c} x y": x for c, x in (("1.0", "x"), ("-2.0", "x"), ("nan", "x"), ("0.0", "y"), ("-0.0", "y"))},
    "cond x y y": "y",
    "sum x": "x", "sum x y": "add x y", "prod x": "x", "prod x y": "mul x y",
    "dot x y": "mul x y",
    "max x": "x", "min x": "x",
}  # fmt: skip


@pytest.mark.parametrize("text", FIRES)
def test_it_fires_where_it_is_meant_to(text):
    name, *words = text.split()
    assert simpler(ROWS[name], words) == FIRES[text]


def test_every_rule_fires():
    assert {text.split()[0] for text in FIRES} == set(REWRITTEN)


@pytest.mark.parametrize("text", [
    "add x 0.0", "add 0.0 x", "add x y", "add |x| y", "add x |y|", "add x nan",  # -0.0 + 0.0 is 0.0
    "sub x -0.0", "sub 0.0 x", "sub x x", "sub -x y", "sub x |y|", "sub x y",  # 0.0 - x is no -0.0, inf - inf is nan
    "mul x 0.0", "mul x -0.0", "mul 0.0 x", "mul x 2.0", "mul x nan", "mul -x -y",  # inf * 0 is nan, -1 * 0 is -0.0
    "div x 3.0", "div x 0.1", "div x 0.0", "div x inf", "div x nan", "div x x", "div 1.0 x", "div x y", "div 0.0 x",
    "div x 5e-324", f"div x {2.0**-1024}",  # whose reciprocals are infinite
    "neg x", "neg |x|",
    "pow x 0.5", "pow x 3.0", "pow x -1.0", "pow x 0.0", "pow 1.0 x", "pow 2.0 x", "pow x y",
    "where x y z", "where x 1.0 0.0", "where x x y",
    "sum x y z", "prod x y z", "dot x y z x", "max x y", "min x x", "tanh x", "maximum x x",
])  # fmt: skip
def test_nothing_fires_that_is_true_of_real_numbers_only(text):
    name, *words = text.split()
    assert simpler(ROWS[name], words) is None
