"""`FastArguments` beside `Pieces`, which takes the same arguments apart thoroughly."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value, compile, vmap
from autograd_lite.core.fast.layers import ValueNumbers
from autograd_lite.nn import Flatten, Neuron
from autograd_lite.program.arguments import Pieces
from autograd_lite.program.fast_arguments import FastArguments

FLOAT64 = np.dtype(float)


class Pair(NamedTuple):
    x: Any
    y: Any


@dataclass
class Record:
    x: Any
    y: Any


NEURONS = [Neuron(2), Neuron(3), Flatten()]
NUMBERS = st.one_of(
    st.floats(allow_nan=False),
    st.integers(-(2**60), 2**60),
    st.booleans(),
    st.sampled_from([np.float64(0.5), np.float32(1.5), np.int32(3), np.bool_(True), Fraction(1, 3)]),
)
ARRAYS = st.builds(
    lambda shape, dtype: np.arange(np.prod(shape)).reshape(shape).astype(dtype),
    st.sampled_from([(), (1,), (3,), (0,), (2, 2)]),
    st.sampled_from([np.float64, np.float32, np.int64, np.bool_]),
)
TREES = st.recursive(
    st.one_of(NUMBERS, ARRAYS, st.sampled_from([None, "word", *NEURONS])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
        st.builds(Pair, inner, inner),
        st.builds(Record, inner, inner),
    ),
    max_leaves=8,
)


def fast(*args: Any, **kwargs: Any) -> FastArguments:
    return FastArguments(args, kwargs, [False], np.ndarray, FLOAT64)


def flat(data: list[Any]) -> list[list[float]]:
    return [x.floats() if isinstance(x, ValueNumbers) else np.asarray(x, dtype=float).ravel().tolist() for x in data]


def thorough(args: list[Any]) -> tuple[list[list[float]], list[Any]]:
    pieces = Pieces()
    treedefs = [pieces.argument(x, None, "x") for x in args]
    return flat(pieces.data), treedefs


@given(st.lists(TREES, max_size=3), st.lists(TREES, max_size=3))
def test_pieces_are_those_of_the_thorough_way_and_keys_tell_structures_apart(one: list[Any], other: list[Any]) -> None:
    found, treedefs = thorough(one)
    first, second = fast(*one), fast(*other)
    assert first.key is not None
    assert second.key is not None
    assert flat(first.data) == found
    if first.key == second.key:
        assert treedefs == thorough(other)[1]


def test_containers_of_the_same_numbers_are_told_apart() -> None:
    found = [[1.0, 2.0], (1.0, 2.0), Pair(1.0, 2.0), Record(1.0, 2.0), {"x": 1.0, "y": 2.0}, {"x": 1.0, "z": 2.0}]
    assert len({fast(x).key for x in found}) == len(found)


@given(TREES)
def test_calls_of_one_structure_have_one_key(x: Any) -> None:
    assert fast(x).key == fast(x).key


@pytest.mark.parametrize(
    "x", [2, True, np.float64(2.0), np.float32(2.0), np.array(2.0, dtype=np.float32), Fraction(2), [2], (2,), [[2.0]]]
)
def test_the_second_call_runs_by_its_key(x: Any) -> None:
    f = compile(
        lambda x: (x[0][0] if isinstance(x[0], list) else x[0]) * 1.5 if isinstance(x, (list, tuple)) else x * 1.5
    )
    first = f(x)
    f.taken = None  # the thorough way
    assert f(x) == first == (1.5 if x is True else 3.0)


def test_keywords_are_told_apart_by_name() -> None:
    f = compile(lambda x=1.0, y=1.0: x - 2.0 * y, backend="python")
    assert [f(x=3), f(y=3), f(3), f(x=3, y=4), f(y=4, x=3), f(3, y=4)] == [1.0, -5.0, 1.0, -5.0, -5.0, -5.0]


def test_what_is_left_to_the_thorough_way() -> None:
    deep: Any = 1.0
    for _ in range(40):
        deep = [deep]
    loop: list[Any] = []
    loop.append(loop)
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    for x in (deep, loop, masked, np.array([1j]), {1: 2.0}, object(), np.timedelta64(1, "s")):
        assert fast(x).key is None
        assert not fast(x).has_values
    for x in (Value(1.0), [1.0, Value(1.0)], {"a": (Value(1.0),)}):
        assert fast(x).key is None
        assert fast(x).has_values


def test_lists_that_are_mapped_are_not_mistaken_for_structure() -> None:
    f = compile(vmap(lambda x, y: x * y, in_axes=(0, None)), backend="python")
    assert f([1.0, 2.0, 3.0], 2) == [2.0, 4.0, 6.0]
    assert f([1.0, 2.0], 3) == [3.0, 6.0]
    assert f(np.array([1, 2]), 3).tolist() == [3.0, 6.0]
    assert f(np.array([1, 2, 3], dtype=np.float32), 3).tolist() == [3.0, 6.0, 9.0]


def test_a_module_whose_parameters_move_is_read_again() -> None:
    neuron = Neuron(1)
    f = compile(lambda m, x: m([x]))
    neuron.load_state_dict(dict(zip(neuron.state_dict(), [2.0, 0.0], strict=True)))
    assert f(neuron, 3.0) == 6.0
    neuron.parameters()[0].data = 5.0
    assert f(neuron, 3.0) == 15.0
    neuron.parameters()[0].data += 1.0
    assert f(neuron, 3.0) == 18.0
