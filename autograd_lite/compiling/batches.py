"""The order in which samples are added up: one order, whatever the back end and the number of threads.

Sample i of a block of 1024 goes to accumulator i mod 8; accumulators start at 0.0, and a block's total is
((a0 + a4) + (a2 + a6)) + ((a1 + a5) + (a3 + a7)).  The totals of the blocks are added in order to 0.0.
"""

from collections.abc import Sequence
from typing import Any

BLOCK = 1024
LANES = 8


def tree(a: Any) -> Any:
    return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]))


class BatchSum:
    """The sum over the samples of one value, which come in blocks of 1024, the last one shorter."""

    def __init__(self) -> None:
        self.result = 0.0

    def add(self, block: Sequence[float]) -> None:
        lanes = []
        for i in range(LANES):
            lane = 0.0
            for x in block[i::LANES]:
                lane += x
            lanes.append(lane)
        self.result += tree(lanes)

    def total(self) -> float:
        return self.result


def batch_sum(samples: Sequence[float]) -> float:
    """The sum of samples in that order.

    >>> batch_sum([1.0, 2.0, 3.0])
    6.0
    """
    total = BatchSum()
    for start in range(0, len(samples), BLOCK):
        total.add(samples[start : start + BLOCK])
    return total.total()
