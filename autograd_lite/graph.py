"""stub"""
from typing import final

from mypy_extensions import mypyc_attr


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Node:
    __slots__ = ("data", "parents")
    def __init__(self, data: float, parents: tuple["Node", ...]) -> None:
        self.data = data
        self.parents = parents
