"""Convolutions and pooling, with PyTorch's names and shapes: a sample is channels of rows (of columns).

Weights are shared (lecture M's "on-diagonal" matrix): every output is one `dot` of the same kernel with a window of the
input.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, TypeAlias

from autograd_lite.core.fast.layers import dots, rows_of, vector
from autograd_lite.core.table import max as largest
from autograd_lite.core.table import mean
from autograd_lite.core.value import Value, constant
from autograd_lite.nn.initialisation import Init, initialiser_for
from autograd_lite.nn.module import Module
from autograd_lite.nn.randomness import Seed, generator
from autograd_lite.nn.shapes import NestedNumbers, as_image, check_size

Size: TypeAlias = int | tuple[int, int]
"""A size in both directions, or (rows, columns)."""


def size_pair(what: str, given: Size, least: int = 1) -> tuple[int, int]:
    """A size in both directions; raises TypeError or ValueError where it can't be one."""
    rows, columns = given if isinstance(given, (list, tuple)) and len(given) == 2 else (given, given)
    return check_size(what, rows, least), check_size(what, columns, least)


def positions(size: int, window: int, stride: int, layer: Module) -> range:
    """Where windows start in an input of that size; raises ValueError where none fits."""
    if size < window:
        raise ValueError(
            f"{layer.describe()} has a window of {window}, but its input measures {size} with padding; pass a larger "
            f"input, or pad it"
        )
    return range(0, size - window + 1, stride)


class Convolution(Module):
    """What Conv1d and Conv2d share: kernels over channels, padded with zeros, moved by strides."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: Size,
        stride: Size = 1,
        padding: Size = 0,
        init: Init = None,
        rng: Seed = None,
    ) -> None:
        self._size, self._stride = self.pair("size", size), self.pair("stride", stride)
        self._padding = self.pair("padding", padding, 0)
        self._in, self._out = check_size("in_channels", in_channels), check_size("out_channels", out_channels)
        initialise, draw = initialiser_for("relu", init), generator(rng)
        height, width = self._size
        fan_in, fan_out = self._in * height * width, self._out * height * width
        draw_weight: Callable[[], Value] = lambda: Value(initialise(fan_in, fan_out, draw))  # noqa: E731
        self.weight = [[self.kernel(draw_weight) for _ in range(self._in)] for _ in range(self._out)]
        self.bias = [Value(0.0) for _ in range(self._out)]

    def pair(self, what: str, given: Size, least: int = 1) -> tuple[int, int]:
        """A size in both directions, checked."""
        return size_pair(what, given, least)

    def kernel(self, draw_weight: Callable[[], Value]) -> list[Any]:
        """The weights between an input and an output channel."""
        height, width = self._size
        return [[draw_weight() for _ in range(width)] for _ in range(height)]

    def input_sizes(self) -> tuple[int | None, ...]:
        return self._in, None, None

    def kernels(self) -> list[list[Value]]:
        """The weights of each output channel, in a row."""
        return [[w for channel in kernel for row in channel for w in row] for kernel in self.weight]

    def convolved(self, image: Sequence[Any]) -> list[list[list[Any]]]:
        """The output channels for channels of rows."""
        (height, width), (down, right), (above, beside) = self._size, self._stride, self._padding
        zero = constant(0.0)
        columns = len(image[0][0])
        edge, empty = [zero] * beside, [[zero] * (columns + 2 * beside) for _ in range(above)]
        padded = [[*empty, *([*edge, *row, *edge] for row in channel), *empty] for channel in image]
        rows = rows_of(self.kernels(), self.bias, [])
        tops = positions(len(padded[0]), height, down, self)
        lefts = positions(len(padded[0][0]), width, right, self)
        out: list[list[list[Any]]] = [[[] for _ in tops] for _ in range(self._out)]
        for (i, top), left in product(enumerate(tops), lefts):
            window = [v for channel in padded for row in channel[top : top + height] for v in row[left : left + width]]
            for k, v in enumerate(dots(rows, vector([*window, 1.0]))):
                out[k][i].append(v)
        return out

    def described(self, size: int | str, stride: Size, padding: Size) -> str:
        more = f", stride={stride}" if stride not in (1, (1, 1)) else ""
        more += f", padding={padding}" if padding not in (0, (0, 0)) else ""
        return f"{type(self).__name__}({self._in} -> {self._out}, {size}{more})"


class Conv2d(Convolution):
    """`out_channels` kernels of `size` over the channels of an image; each output is kernel . window + bias.

    weight[out][in][row][column] and bias[out] are the parameters; sizes are one number or (rows, columns).

    >>> layer = Conv2d(1, 2, 3, padding=1, rng=0)
    >>> out = layer([[[0.0] * 5] * 4])
    >>> len(out), len(out[0]), len(out[0][0])
    (2, 4, 5)
    """

    def forward(self, x: NestedNumbers) -> Any:
        return self.convolved(as_image(x, self.input_sizes(), self))

    def describe(self) -> str:
        return self.described(f"{self._size[0]} x {self._size[1]}", self._stride, self._padding)


class Conv1d(Convolution):
    """`out_channels` kernels of `size` weights over the channels of a sequence: weight[out][in][column], bias[out].

    >>> edges = Conv1d(1, 1, 3)
    >>> edges.load_state_dict({"weight[0][0][0]": -1, "weight[0][0][1]": 0, "weight[0][0][2]": 1, "bias[0]": 0})
    >>> [v.data for v in edges([[1.0, 2.0, 4.0, 8.0]])[0]]
    [3.0, 6.0]
    """

    def pair(self, what: str, given: Size, least: int = 1) -> tuple[int, int]:
        return least, check_size(what, given, least)  # type: ignore[arg-type]

    def kernel(self, draw_weight: Callable[[], Value]) -> list[Any]:
        return [draw_weight() for _ in range(self._size[1])]

    def input_sizes(self) -> tuple[int | None, ...]:
        return self._in, None

    def kernels(self) -> list[list[Value]]:
        return [[w for channel in kernel for w in channel] for kernel in self.weight]

    def forward(self, x: NestedNumbers) -> Any:
        channels = as_image(x, self.input_sizes(), self)
        return [rows[0] for rows in self.convolved([[channel] for channel in channels])]

    def describe(self) -> str:
        return self.described(self._size[1], self._stride[1], self._padding[1])


class Pool2d(Module):
    """What MaxPool2d and AvgPool2d share: one number for each window of each channel."""

    def __init__(self, size: Size, stride: Size | None = None) -> None:
        self._size = size_pair("size", size)
        self._stride = self._size if stride is None else size_pair("stride", stride)

    def pooled(self, x: NestedNumbers, summary: Callable[[list[Any]], Any]) -> Any:
        (height, width), (down, right) = self._size, self._stride
        image = as_image(x, (None, None, None), self)
        tops = positions(len(image[0]), height, down, self)
        lefts = positions(len(image[0][0]), width, right, self)

        def window(channel: Sequence[Any], top: int, left: int) -> list[Any]:
            return [v for row in channel[top : top + height] for v in row[left : left + width]]

        return [[[summary(window(channel, i, j)) for j in lefts] for i in tops] for channel in image]

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
