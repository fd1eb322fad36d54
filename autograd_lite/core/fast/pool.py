"""A pool of nodes for reuse, and freeing without recursion.

Above `graph`; `Value` is made and freed through `new_node` and `free`.  Only native code keeps nodes: 18 against 24 ms
for a training pass of the moons example.  A list of what was freed last would hand out memory in an order that is mixed
a little more with every graph; after some steps of training, nodes made one after the other would be far from each
other, and a step take twice as long where caches are small or shared.  So a freed node goes back to its slot in a page,
and the first free slot is taken next.
"""

from typing import Final, final

from mypy_extensions import i64

from autograd_lite.core.fast.clock import CLOCK
from autograd_lite.core.graph import LEAF, NUMBER, NUMERIC, Node

PAGE_BITS: Final = 14
"""Bits of an address within a page: 16 KB, what Python's allocator hands out together."""

PAGES: Final = 1024
"""Pages that are told apart: 16 MB."""

NODE: Final = 112
"""The bytes of a node, or fewer: then no two of a page have one slot."""

SLOTS: Final = (1 << PAGE_BITS) // NODE + 1


@final
class MemoryPage:
    """The slots of one page; those with a node are free."""

    def __init__(self) -> None:
        self.nodes: list[Node | None] = []
        self.count: i64 = 0
        self.first: i64 = 0  # nothing is free before


@final
class Pool:
    """The free nodes, page by page."""

    def __init__(self) -> None:
        self.pages: list[MemoryPage] = [MemoryPage() for _ in range(PAGES)]
        self.first: i64 = 0  # nothing is free in the pages before
        self.count: i64 = 0
        self.room: i64 = 65536  # about 7 MB
        self.prototype: Node  # makes a new node where none is free; `value` sets it

    def keep(self, node: Node) -> None:
        """Keep a node without operands, if there is room."""
        if self.count >= self.room:
            return
        address: i64 = id(node)
        number: i64 = (address >> PAGE_BITS) & (PAGES - 1)
        slot: i64 = (address & ((1 << PAGE_BITS) - 1)) // NODE
        page = self.pages[number]
        if not page.nodes and not self.opened(page):
            return
        if page.nodes[slot] is not None:
            return  # of a page that is 16 MB away
        page.nodes[slot] = node
        page.count += 1
        self.count += 1
        if slot < page.first:
            page.first = slot
        if number < self.first:
            self.first = number

    def opened(self, page: MemoryPage) -> bool:
        """Make room on a page; without memory, which may be why a graph is freed, no more nodes are kept."""
        try:
            page.nodes = [None] * SLOTS
        except MemoryError:
            self.room = self.count
            return False
        return True

    def take(self) -> Node:
        """The first of them; there has to be one."""
        page = self.pages[self.first]
        while page.count == 0:
            self.first += 1
            page = self.pages[self.first]
        nodes = page.nodes
        slot = page.first
        node = nodes[slot]
        while node is None:
            slot += 1
            node = nodes[slot]
        nodes[slot] = None
        page.first = slot + 1
        page.count -= 1
        self.count -= 1
        return node


POOL: Final = Pool()


def new_node() -> Node:
    """A leaf that holds no number yet, made now."""
    if POOL.count == 0:
        return POOL.prototype.blank()
    node = POOL.take()
    node._flags = CLOCK.tick()
    node._grad = 0.0
    return node


def number_node(x: float, flags: i64) -> Node:
    """A number as a node."""
    node = new_node()
    node._row = NUMBER
    node._data = x
    node._flags |= flags | NUMERIC
    return node


KEPT: Final = 8
"""A list that is never empty keeps its memory."""


@final
class Freeing:
    """The nodes that wait to be freed, and whether a call of `free` is at work on them."""

    def __init__(self) -> None:
        self.busy: bool = False
        self.waiting: list[Node | None] = [None] * KEPT


FREEING: Final = Freeing()


def free(node: Node) -> None:
    """Keep a node for reuse that nothing refers to any more, and all that is freed by it.

    A deep graph must not be freed by recursion, nor its memory be fetched again for the next graph: what is freed
    meanwhile waits in a list, and the outermost call takes its operands away.
    """
    if node._flags < 0:
        return  # mypyc's mark of what was never set: the arguments were wrong, so that no __init__ has run
    if node._left is None and node._extra is None:
        POOL.keep(node)
        return
    waiting = FREEING.waiting
    waiting.append(node)
    if FREEING.busy:
        return
    FREEING.busy = True
    try:
        free_waiting(waiting)
    finally:
        FREEING.busy = False


def free_waiting(waiting: list[Node | None]) -> None:
    while len(waiting) > KEPT:
        node = waiting.pop()
        if node is None:
            continue
        node._row = LEAF
        node._left = None
        node._right = None
        node._extra = None
        POOL.keep(node)
