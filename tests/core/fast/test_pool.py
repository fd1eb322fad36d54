"""Nodes kept for reuse: what is taken is always the first in memory of what was kept."""

import builtins
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd_lite import Value
from autograd_lite.core.fast import pool
from autograd_lite.core.fast.pool import PAGE_BITS, PAGES, Pool
from autograd_lite.support.build import is_native

SPAN = PAGES << PAGE_BITS
"""The bytes of all pages that are told apart."""

ADDRESSES = st.integers(0, 2 * SPAN // 112 - 1).map(lambda k: 48 + 112 * k)


class Thing:
    """Something that claims to be at an address."""

    def __init__(self, address):
        self.address = address


@pytest.fixture(scope="module")
def claimed():
    """Things are where they claim to be."""
    if is_native():
        pytest.skip("native code asks things themselves")
    pool.id = lambda x: x.address if isinstance(x, Thing) else builtins.id(x)
    yield
    del pool.id


def place(address):
    """Where an address belongs: those that lie as far apart as all pages are long share a place."""
    return (address % SPAN >> PAGE_BITS, address % (1 << PAGE_BITS) // 112)


@given(st.lists(st.none() | ADDRESSES | st.integers(0, 400).map(lambda k: 48 + 112 * k)), st.integers(0, 20))
def test_the_first_is_taken_of_what_was_kept(claimed, steps, room):
    """None takes, an address keeps; one place holds one thing, and all together no more than there is room for."""
    kept, found = {}, Pool()
    found.room = room
    for address in steps:
        if address is not None:
            found.keep(thing := Thing(address))
            if len(kept) < room:
                kept.setdefault(place(address), thing)
        elif kept:
            assert found.take() is kept.pop(min(kept))
        assert found.count == len(kept)
    while kept:
        assert found.take() is kept.pop(min(kept))
    assert found.count == 0


@pytest.mark.parametrize("start", range(0, 112, 16))
def test_a_full_page_is_taken_from_its_first_place_to_its_last(claimed, start):
    things, found = [Thing(address) for address in range(start, 1 << PAGE_BITS, 112)], Pool()
    for thing in reversed(things):
        found.keep(thing)
    assert [found.take() for _ in things] == things


def test_nodes_come_back_in_the_order_of_memory():
    values, found = [Value(float(i)) for i in range(1000)], Pool()
    for i in range(1000):
        found.keep(values[i * 7 % 1000])
    taken = [found.take() for _ in range(found.count)]
    places = [place(id(x)) for x in taken]
    assert places == sorted(set(places)) == sorted({place(id(x)) for x in values})


def test_where_there_is_no_memory_nothing_more_is_kept(claimed, monkeypatch):
    found = Pool()
    found.keep(Thing(0))
    monkeypatch.setattr(pool, "SLOTS", sys.maxsize)  # the length of a list that no memory holds
    found.keep(Thing(1 << PAGE_BITS))
    assert (found.count, found.room) == (1, 1)


@pytest.mark.skipif(not is_native(), reason="in plain Python there is no __del__")
def test_del_called_by_hand_does_not_recycle_a_live_value():
    x = Value(2.0, label="x")
    y = x * 3.0
    for _ in range(3):
        x.__del__()
        y.__del__()
        Value.__del__(y)
        made = [Value(float(i)) for i in range(100)]
        assert all(z is not x and z is not y for z in made)
    assert (x.data, x.label, y.data, y.op, y.parents[0] is x) == (2.0, "x", 6.0, "mul", True)
    y.backward()
    assert x.grad == 3.0
    Value(5.0).__del__()
    assert Value(6.0) * 1.0 == 6.0
