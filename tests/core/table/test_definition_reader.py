"""Definitions: the same bits in all engines, at random and at special operands, and what a definition may not hold."""

import ast
import math
import random
import struct

import pytest

from autograd_lite import PRIMITIVES, compile, vmap
from autograd_lite.core.table.definition_reader import Definition, Reader

DEFINED = [name for name, row in PRIMITIVES.items() if isinstance(row.lowering, Definition)]
SPECIAL = [
    0.0, -0.0, math.inf, -math.inf, math.nan, 1.0, 2.0, -1.0, -2.0, 5e-324, 1e-310, 1e308, -1e308, 0.5, -0.5, 3.0, 4.0,
    23.0, 24.0, 171.7, -180.5, -200.5, 2.0**52, -(2.0**52), -(2.0**51) - 0.5, 1.7976931348623157e308, 2.0**-1022,
]  # fmt: skip


def points(row):
    rng = random.Random(row.name)
    numbers = [
        *SPECIAL,
        *[rng.uniform(-5.0, 8.0) for _ in range(200)],
        *[rng.uniform(-180.0, 180.0) for _ in range(200)],
    ]
    numbers += [math.ldexp(rng.uniform(-0.5, 1.0), rng.randint(-1073, 1024)) for _ in range(200)]
    if row.arity == 1:
        return [(x,) for x in numbers]
    pairs = [(rng.choice(numbers), rng.choice(numbers)) for _ in range(500)]
    return pairs + [(x, y) for x in SPECIAL for y in SPECIAL]


def bits(x):
    return "nan" if x != x else struct.pack("<d", x)


def test_all_rows_that_no_library_has_are_definitions():
    assert set(DEFINED) == {"hypot", "gamma", "lgamma", "digamma", "trigamma"}


@pytest.mark.parametrize("name", DEFINED)
@pytest.mark.parametrize("backend", ["python", "numpy", "llvm"])
def test_every_engine_has_the_same_bits(name, backend):
    """On lanes of a batch, some of which take one branch and some another, and on numbers alone."""
    numpy = pytest.importorskip("numpy")
    row = PRIMITIVES[name]
    found = points(row)
    want = [bits(row.ieee_value(*x)) for x in found]
    batch = compile(vmap(lambda *x: row(*x)), backend=backend)(*map(numpy.array, zip(*found, strict=True)))
    assert [bits(float(x)) for x in batch] == want
    single = compile(lambda *x: row(*x), backend=backend)
    assert [bits(float(single(*x))) for x in found[:40]] == want[:40]


def test_what_cannot_be_read_is_refused_by_its_text():
    reader = Reader()
    with pytest.raises(NotImplementedError, match=r"cannot hold \[x for x in y\]"):
        reader.value(ast.parse("[x for x in y]", mode="eval").body, {})
