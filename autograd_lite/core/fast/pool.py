"""Nodes that are kept for reuse, in the order of their memory.

Above `graph`.  Only native code keeps nodes.  A list of what died last would hand out memory in an order that is
mixed a little more with every graph: after some steps of training, nodes that are made one after the other would lie
far from each other, and a step take twice as long where caches are small or shared.  So what dies goes back to its
place, and what is made next takes the first place that is free.
"""

from typing import Final, final

from mypy_extensions import i64

from autograd_lite.core.graph import Node

PAGE_BITS: Final = 14
"""Of an address within a page: 16 KB, what Python's allocator hands out together."""

PAGES: Final = 1024
"""Pages that are told apart: 16 MB."""

NODE: Final = 112
"""The bytes of a node, or fewer: then no two of a page have one place."""

PLACES: Final = (1 << PAGE_BITS) // NODE + 1


@final
class Page:
    """The places of one page, those that are free."""

    def __init__(self) -> None:
        self.nodes: list[Node | None] = []
        self.count: i64 = 0
        self.first: i64 = 0  # nothing is free before


@final
class Spares:
    """The nodes that are kept, page by page."""

    def __init__(self) -> None:
        self.pages: list[Page] = [Page() for _ in range(PAGES)]
        self.first: i64 = 0  # nothing is free in the pages before
        self.count: i64 = 0
        self.room: i64 = 65536  # about 7 MB

    def keep(self, node: Node) -> None:
        """Keep a node that has no operands, if there is room."""
        if self.count >= self.room:
            return
        address: i64 = id(node)
        number: i64 = (address >> PAGE_BITS) & (PAGES - 1)
        place: i64 = (address & ((1 << PAGE_BITS) - 1)) // NODE
        page = self.pages[number]
        if not page.nodes and not self.opened(page):
            return
        if page.nodes[place] is not None:
            return  # of a page that lies 16 MB away
        page.nodes[place] = node
        page.count += 1
        self.count += 1
        if place < page.first:
            page.first = place
        if number < self.first:
            self.first = number

    def opened(self, page: Page) -> bool:
        """Make room on a page; without memory, which may be why a graph has to go, no more nodes are kept."""
        try:
            page.nodes = [None] * PLACES
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
        place = page.first
        node = nodes[place]
        while node is None:
            place += 1
            node = nodes[place]
        nodes[place] = None
        page.first = place + 1
        page.count -= 1
        self.count -= 1
        return node


SPARES: Final = Spares()
