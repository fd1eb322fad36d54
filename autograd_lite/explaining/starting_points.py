"""What a function starts from when it is explored: a Value for each number in its arguments, with a slider's ends."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite.core.operands import number
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.value import Value
from autograd_lite.support.extras import required
from autograd_lite.support.wording import readable
from autograd_lite.transforms.signatures import Function, name_of, parameter_names
from autograd_lite.trees import is_array, item_name
from autograd_lite.trees.registry import is_module


def bound(
    f: Function, arguments: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """The arguments of a call, by position where f takes them so: the functions that transforms make do.

    Raises TypeError where f cannot be called with them, with how to pass what is missing.
    """
    from inspect import signature

    if isinstance(f, Primitive) or is_module(f):  # whose own signatures name nothing
        names = parameter_names(f.forward if is_module(f) else f)
        named = [keywords[name] for name in names if name in keywords]
        return [*arguments, *named], {name: x for name, x in keywords.items() if name not in names}
    try:
        found = signature(f)
    except (TypeError, ValueError):
        return arguments, keywords
    try:
        call = found.bind(*arguments, **keywords)
        return call.args, call.kwargs
    except TypeError as error:
        raise TypeError(
            f"{name_of(f)} cannot be called with these arguments: {error}; pass each by its name, as a number to start "
            f"from or a pair (low, high)"
        ) from None


class Starts:
    """The Values that a function starts from, each with the ends of its slider."""

    def __init__(self) -> None:
        self.ranges: dict[Value, tuple[float, float]] = {}

    def of(self, x: Any, name: str) -> Any:
        """An argument with a Value in the place of each number."""
        if isinstance(x, tuple) and len(x) == 2 and None not in (ends := [number(y) for y in x]):
            low, high = ends
            if low is None or high is None or not -math.inf < low < high < math.inf:
                raise ValueError(
                    f"the range of {name} goes from a low number to a higher one, but got {x!r}; pass (low, high), or "
                    f"[a, b] for two numbers"
                )
            return self.start(low + (high - low) / 2.0, name, (low, high))
        if isinstance(x, Value):
            return x  # as if f closed over it
        value = None if isinstance(x, bool) else number(x)
        if value is not None:
            return self.start(value, name, None)
        if isinstance(x, (list, tuple)):
            items = [self.of(y, item_name(name, i)) for i, y in enumerate(x)]
            return items if isinstance(x, list) else tuple(items)
        if isinstance(x, dict):
            return {key: self.of(y, item_name(name, key)) for key, y in x.items()}
        return self.of_array(x, name) if is_array(x) else x

    def start(self, value: float, name: str, ends: tuple[float, float] | None) -> Value:
        x = Value(value, label=readable(name))
        self.ranges[x] = slider_ends(value) if ends is None else ends
        return x

    def of_array(self, x: Any, name: str) -> Any:
        numpy = required("numpy", "an array as an argument of explore", "arrays")
        found = numpy.empty(x.shape, dtype=object)
        for i in numpy.ndindex(x.shape):
            found[i] = self.of(x[i].item(), item_name(name, *i))
        return found


def slider_ends(x: float) -> tuple[float, float]:
    """The ends of a slider that starts at x: five of its largest power of ten below and above, and at least 5."""
    if not math.isfinite(x):
        return -5.0, 5.0
    size = 5.0 * max(1.0, 10.0 ** math.floor(math.log10(abs(x)))) if x else 5.0
    low, high = x - size, x + size
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (-5.0, 5.0)
