"""Attacks on what goes into transforms and compiled functions: no numbers, ever new structures, rebinding, nests."""

import gc
import math
import types
import warnings
import weakref

import numpy as np
import pytest
from attacking import attack

from autograd_lite import Program, Value, compile, grad, nn, vmap
from autograd_lite.backends.program_cache import PROGRAMS
from autograd_lite.testing.random_graphs import random_expression

NO_NUMBERS = [
    lambda draw: complex(draw.random(), draw.random()),
    lambda draw: np.complex64(draw.random()),
    lambda draw: np.timedelta64(draw.randrange(9), draw.choice(["s", "ns", "D"])),
    lambda draw: np.datetime64(draw.randrange(9), draw.choice(["s", "ns", "D"])),
    lambda draw: np.array([draw.random() + 1j]),
    lambda draw: np.array([draw.randrange(9)], dtype="m8[ns]"),
    lambda draw: np.ma.array([draw.random(), 1.0], mask=[False, True]),
    lambda draw: np.array([np.complex128(1j), 1.0], dtype=object),
    lambda draw: np.array(["1"]),
    lambda draw: b"1",
    lambda draw: {draw.random()},
]


def nested(x, draw):
    for _ in range(draw.randrange(5)):
        x = draw.choice([lambda y: [y], lambda y: (1.0, y), lambda y: {"a": y, 1: 2.0}, lambda y: [[1.0, 2.0], y]])(x)
    return x


@attack("no numbers", "complex numbers, dates, masks and text in any nest: refused eagerly and compiled")
def what_is_no_number(draw):
    takers = [compile(lambda x: 1.0, backend="python"), grad(lambda x: Value(1.0) * 2.0), vmap(grad(lambda x: x))]
    for _ in range(30):
        x = nested(draw.choice(NO_NUMBERS)(draw), draw)
        for taker in takers:
            with pytest.raises(TypeError):
                taker([x])
    return 30 * len(takers)


@attack("rebinding", "other Values and settings wherever a function closes over them, at any time")
def rebound_values(draw):
    class Model(nn.Module):
        def __init__(self):
            self.w, self._k, self.plain = Value(1.0), 1.0, types.SimpleNamespace(k=1.0, tags={1.0})

        def forward(self, x):
            return self.w * self._k * self.plain.k * max(self.plain.tags) * x

    model, items, holder = Model(), [Value(1.0)], types.SimpleNamespace(v=Value(1.0), inner={"a": Value(1.0)})
    f = lambda m, x: m(x) * items[0] + holder.v * holder.inner["a"] * model(x)  # noqa: E731
    compiled = compile(f, backend="python")
    changes = [
        lambda y: setattr(model, "w", Value(y)), lambda y: setattr(model, "_k", y),
        lambda y: setattr(model.w, "data", y), lambda y: setattr(model.plain, "k", y),
        lambda y: model.plain.tags.add(y), lambda y: items.__setitem__(0, Value(y)),
        lambda y: setattr(holder, "v", Value(y)), lambda y: holder.inner.update(a=Value(y)),
        lambda y: setattr(holder, "inner", {"a": Value(y)}), lambda y: setattr(model, "_k", -0.0),
        lambda y: setattr(items[0], "data", y),
    ]  # fmt: skip
    for _ in range(40):
        draw.choice(changes)(draw.uniform(-3.0, 3.0))
        x = draw.uniform(-3.0, 3.0)
        assert compiled(model, x).hex() == f(model, x).data.hex()
    return 40


@attack("ever new structures", "lists of all lengths and programs made and dropped: as many are kept as is promised")
def ever_new_structures(draw):
    f, seen = compile(lambda xs: xs[0] * 2.0, backend="python"), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(200):
            xs = [1.0] * draw.randrange(1, 300)
            assert f(xs) == 2.0
            seen.append(weakref.ref(f.trace(xs)))
    for n in range(20):
        x = Value(float(n))
        program = Program.from_values([x * x], [x])
        assert program(2.0, backend="python") == 4.0
        seen.append(weakref.ref(program))
    del program
    gc.collect()
    assert len({id(ref()) for ref in seen if ref() is not None}) <= PROGRAMS
    return 220


@attack("orders", "second derivatives where operands are floats, Values or traced: the same bits")
def one_order(draw):
    count = 0
    for _ in range(10):
        f = random_expression(draw.randrange(10**9), inputs=4, size=10)
        *w, c, d = f.point

        def mixed(p, c, d, f=f):
            slope = grad(lambda p: f(*p, c, d))(p)
            return slope[0] + 2.0 * slope[1]

        h = grad(mixed)
        results = [h(w, c, d), compile(h, backend="python")(w, c, d), vmap(h, in_axes=(None, 0, None))(w, [c], d)[0]]
        results.append([getattr(x, "data", x) for x in h(w, Value(c), Value(d))])
        one, *others = [[math.nan if x != x else x.hex() for x in result] for result in results]
        assert all(str(other) == str(one) for other in others), (f, results)
        count += 4
    return count


@attack("deep nests", "containers within each other, some of which hold themselves")
def deep_nests(draw):
    depth = draw.randrange(1, 5000)
    x = loop = []
    for _ in range(depth):
        x = draw.choice([lambda y: [y], lambda y: (y,), lambda y: {"a": y}, lambda y: [1.0, y]])(x)
    f = compile(lambda y: 1.0, backend="python")
    assert f(x) == 1.0
    assert compile(lambda y: y, backend="python")(x) is not None
    loop.append(x)
    for taker in (f, grad(lambda y: Value(1.0)), vmap(lambda y: 1.0)):
        with pytest.raises(ValueError, match="holds itself") as refused:
            taker([x])
        assert len(str(refused.value)) < 1000
    return 5
