"""A loop in blocks of steps, of which only the carries between them are kept: the steps are computed again.

Below `loops`, which passes the loop over one block.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from autograd_lite.control.recomputation import checkpoint
from autograd_lite.core.contexts.modes import TRACE
from autograd_lite.transforms.batching import Parts
from autograd_lite.trees import flatten
from autograd_lite.trees.array_leaves import array_of
from autograd_lite.trees.registry import WHOLE

Scan = Callable[..., tuple[Any, Any]]


def in_blocks(
    scan: Scan, f: Callable[..., Any], init: Any, data: Parts | None, n: int, size: int, reverse: bool
) -> tuple[Any, Any]:
    """The loop over n steps, in blocks of `size`; `scan` is the loop over one of them."""

    def cut(start: int, stop: int) -> Any:
        return None if data is None else data.map(lambda part: part.content[start:stop])

    def block(carry: Any, xs: Any, count: int = size) -> tuple[Any, Any]:
        return scan(f, carry, xs, count, reverse)

    starts = [*range(0, n - n % size, size)]
    rest = [] if n % size == 0 else [n - n % size]
    found: list[Any] = []
    carry = init
    if TRACE.get() is None:
        for start in reversed(starts + rest) if reverse else starts + rest:
            stop = min(start + size, n)
            carry, ys = checkpoint(partial(block, count=stop - start))(carry, cut(start, stop))
            found.append(ys)
        return carry, concatenated(found[::-1] if reverse else found)

    # A loop over the blocks: its gradient computes the inner loop again.
    def over_blocks(carry: Any) -> tuple[Any, Any]:
        rows = None if data is None else data.map(lambda part: [part.content[i : i + size] for i in starts])
        carry, ys = scan(block, carry, rows, len(starts), reverse)
        return carry, None if ys is None else concatenated(list(ys))

    def over_rest(carry: Any) -> tuple[Any, Any]:
        return block(carry, cut(n - n % size, n), n % size)

    parts = [*([over_blocks] if starts else []), *([over_rest] if rest else [])]
    for part in reversed(parts) if reverse else parts:
        carry, ys = part(carry)
        found.append(ys)
    return carry, concatenated(found[::-1] if reverse else found)


def concatenated(parts: Sequence[Any]) -> Any:
    """The y of all blocks, one after the other."""
    if all(part is None for part in parts):
        return None
    if isinstance(parts[0], list):
        return [y for part in parts for y in part]
    rows = [flatten(part, "y", whole=True) for part in parts]
    arrays = zip(*[leaves for leaves, _ in rows], strict=True)
    return rows[0][1].unflatten([stacked(column) for column in arrays], whole=WHOLE)


def stacked(arrays: Sequence[Any]) -> Any:
    """Arrays one after the other, along their first axis."""
    rows = [x for array in arrays for x in array.ravel().tolist()]
    return array_of(rows, (sum(len(array) for array in arrays), *arrays[0].shape[1:]))
