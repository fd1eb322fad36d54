"""The order in which samples are added up, the same for every back end and number of threads.

Sample i of a block of 1024 goes to accumulator i mod 8; accumulators start at 0.0, and a block's total is
((a0 + a4) + (a2 + a6)) + ((a1 + a5) + (a3 + a7)).  The totals of the blocks are added in order to 0.0.
"""

from collections.abc import Callable, Sequence
from operator import add
from typing import Any

BLOCK = 1024
LANES = 8


def tree(a: Sequence[Any], plus: Callable[[Any, Any], Any] = add) -> Any:
    return plus(plus(plus(a[0], a[4]), plus(a[2], a[6])), plus(plus(a[1], a[5]), plus(a[3], a[7])))


def batch_sum(samples: Sequence[float]) -> float:
    """The sum of samples in that order.

    >>> batch_sum([1.0, 2.0, 3.0])
    6.0
    """
    total = 0.0
    for start in range(0, len(samples), BLOCK):
        lanes = []
        for lane in range(LANES):
            accumulator = 0.0
            for x in samples[start : start + BLOCK][lane::LANES]:
                accumulator += x  # not `sum`, which corrects its rounding in some versions of Python
            lanes.append(accumulator)
        total += tree(lanes)
    return total
