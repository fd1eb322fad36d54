"""`Watch`: what happens in a thread while anomalies are looked for, as the operations of the core tell it."""

import math

from autograd_lite.core.contexts.modes import WATCH
from autograd_lite.core.contexts.scopes import Scope, Settings
from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.graph import TRACED, Node
from autograd_lite.support.user_lines import users_line


class Watch(Scope):
    """A context in which every operation leaves the user's line that made it.

    It keeps the first and the newest result that is no finite number, and what `backward` was called on.
    """

    def __init__(self) -> None:
        self.lines: dict[int, str] = {}  # "file:line" by the time at which a node was made
        self.first: Node | None = None
        self.newest: Node | None = None
        self.passes: list[tuple[Node, float]] = []

    def modes(self) -> Settings:
        return ((WATCH, self),)

    def saw(self, result: Node) -> None:
        if result._flags & TRACED:
            return  # it has no number yet, and holds nan
        self.lines[time_of(result)] = users_line()
        if not math.isfinite(result._data):
            self.newest = result
            if self.first is None:
                self.first = result

    def saw_backward(self, root: Node, seed: float) -> None:
        self.passes.append((root, seed))
