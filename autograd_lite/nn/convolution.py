"""Convolutions and pooling, with PyTorch's names and shapes: a sample is channels of rows (of columns).  Weights are
shared (lecture M's "on-diagonal" matrix): every output is one `dot` of the same kernel with a window of the input."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from autograd_lite.core.fast.layers import dots, vector, weight_rows
from autograd_lite.core.table import max as largest
from autograd_lite.core.table import mean
from autograd_lite.core.value import Value, constant
from autograd_lite.nn.initialisation import Init, initialiser_for
from autograd_lite.nn.module import Module
from autograd_lite.nn.randomness import Seed, generator
from autograd_lite.nn.shapes import NestedNumbers, as_image, check_size

Size: TypeAlias = int | tuple[int, int]
"""A size in both directions, or (rows, columns)."""


def size_pair(what: str, given: Size, least: int = 1, dimensions: int = 2) -> tuple[int, int]:
    """A size in both directions, in one dimension with the least of rows; raises TypeError or ValueError on others."""
    if dimensions == 1:
        return least, check_size(what, given, least)  # type: ignore[arg-type]
    rows, columns = given if isinstance(given, (list, tuple)) and len(given) == 2 else (given, given)
    return check_size(what, rows, least), check_size(what, columns, least)


def windows(
    image: Sequence[Any], size: tuple[int, int], stride: tuple[int, int], layer: Module
) -> list[list[list[Any]]]:
    """The numbers in each window over all channels, row by row; raises ValueError where none fits."""
    (height, width), (down, right), rows, columns = size, stride, len(image[0]), len(image[0][0])
    for window, found in ((height, rows), (width, columns)):
        if found < window:
            sizes = f"a window of {window}, but its input measures {found} with padding"
            raise ValueError(f"{layer.describe()} has {sizes}; pass a larger input, or pad it")
    tops, lefts = range(0, rows - height + 1, down), range(0, columns - width + 1, right)
    return [
        [[v for channel in image for row in channel[i : i + height] for v in row[j : j + width]] for j in lefts]
        for i in tops
    ]


class Convolution(Module):
    """What Conv1d and Conv2d share: kernels over channels, padded with zeros, moved by strides.

    Both compute on channels of rows; those of Conv1d have one row, which its weights, inputs and outputs leave out.
    """

    dimensions = 2

    def __init__(
        self, in_channels: int, out_channels: int, size: Size, stride: Size = 1, padding: Size = 0,
        init: Init = None, rng: Seed = None,
    ) -> None:  # fmt: skip
        checked = partial(size_pair, dimensions=self.dimensions)
        self._size, self._stride = checked("size", size), checked("stride", stride)
        self._padding = checked("padding", padding, 0)
        self._in, self._out = check_size("in_channels", in_channels), check_size("out_channels", out_channels)
        initialise, draw = initialiser_for("relu", init), generator(rng)
        height, width = self._size
        fans = self._in * height * width, self._out * height * width

        def kernel() -> list[Any]:
            return [[Value(initialise(*fans, draw)) for _ in range(width)] for _ in range(height)]

        self.weight = [self.lowered([kernel() for _ in range(self._in)]) for _ in range(self._out)]
        self.bias = [Value(0.0) for _ in range(self._out)]

    def raised(self, channels: Sequence[Any]) -> Sequence[Any]:
        return channels if self.dimensions == 2 else [[channel] for channel in channels]

    def lowered(self, channels: list[Any]) -> list[Any]:
        return channels if self.dimensions == 2 else [channel[0] for channel in channels]

    def input_sizes(self) -> tuple[int | None, ...]:
        return self._in, *[None] * self.dimensions

    def forward(self, x: NestedNumbers) -> Any:
        image = self.raised(as_image(x, self.input_sizes(), self))
        above, beside = self._padding
        zero = constant(0.0)
        edge, empty = [zero] * beside, [[zero] * (len(image[0][0]) + 2 * beside) for _ in range(above)]
        padded = [[*empty, *([*edge, *row, *edge] for row in channel), *empty] for channel in image]
        kernels = [[w for channel in self.raised(kernel) for row in channel for w in row] for kernel in self.weight]
        rows = weight_rows(kernels, self.bias, [])
        lines = windows(padded, self._size, self._stride, self)
        out = [[dots(rows, vector([*window, 1.0])) for window in line] for line in lines]
        return self.lowered([[[v[k] for v in line] for line in out] for k in range(self._out)])

    def describe(self) -> str:
        size, stride, padding = (x[-self.dimensions :] for x in (self._size, self._stride, self._padding))
        more = f", stride={stride if len(stride) == 2 else stride[0]}" if max(stride) > 1 else ""
        more += f", padding={padding if len(padding) == 2 else padding[0]}" if any(padding) else ""
        return f"{type(self).__name__}({self._in} -> {self._out}, {' x '.join(map(str, size))}{more})"


class Conv2d(Convolution):
    """`out_channels` kernels of `size` over the channels of an image; each output is kernel . window + bias.

    weight[out][in][row][column] and bias[out] are the parameters; sizes are one number or (rows, columns).

    >>> layer = Conv2d(1, 2, 3, padding=1, rng=0)
    >>> out = layer([[[0.0] * 5] * 4])
    >>> len(out), len(out[0]), len(out[0][0])
    (2, 4, 5)
    """


class Conv1d(Convolution):
    """`out_channels` kernels of `size` weights over the channels of a sequence: weight[out][in][column], bias[out].

    >>> edges = Conv1d(1, 1, 3)
    >>> edges.load_state_dict({"weight[0][0][0]": -1, "weight[0][0][1]": 0, "weight[0][0][2]": 1, "bias[0]": 0})
    >>> [v.data for v in edges([[1.0, 2.0, 4.0, 8.0]])[0]]
    [3.0, 6.0]
    """

    dimensions = 1


class Pool2d(Module):
    """What MaxPool2d and AvgPool2d share: one number for each window of each channel."""

    def __init__(self, size: Size, stride: Size | None = None) -> None:
        self._size = size_pair("size", size)
        self._stride = self._size if stride is None else size_pair("stride", stride)

    def pooled(self, x: NestedNumbers, summary: Callable[[list[Any]], Any]) -> Any:
        image = as_image(x, (None, None, None), self)
        found = [windows([channel], self._size, self._stride, self) for channel in image]
        return [[[summary(window) for window in line] for line in lines] for lines in found]

    def describe(self) -> str:
        more = "" if self._stride == self._size else f", stride={self._stride}"
        return f"{type(self).__name__}({self._size[0]} x {self._size[1]}{more})"


class MaxPool2d(Pool2d):
    """The largest number of each window; k tied ones get 1/k of the gradient each.

    >>> [v.data for v in MaxPool2d(2)([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])[0][0]]
    [6.0, 8.0]
    """

    def forward(self, x: NestedNumbers) -> Any:
        return self.pooled(x, largest)


class AvgPool2d(Pool2d):
    """The mean of each window.

    >>> [v.data for v in AvgPool2d(2)([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])[0][0]]
    [3.5, 5.5]
    """

    def forward(self, x: NestedNumbers) -> Any:
        return self.pooled(x, mean)
