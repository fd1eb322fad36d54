"""Convolutions and pooling, with PyTorch's names and shapes: a sample is channels of rows (of columns).

Weight sharing (lecture M's "on-diagonal" matrix): every place of the output is one `dot` of the same kernel with a
window of the input.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

from autograd_lite.core.fast.layers import dots, rows_of, vector
from autograd_lite.core.table import max as largest
from autograd_lite.core.table import mean
from autograd_lite.core.value import Value, constant
from autograd_lite.nn.initialisation import rule_for
from autograd_lite.nn.module import Module
from autograd_lite.nn.randomness import Seed, generator
from autograd_lite.nn.sizes import as_image, check_size


def pair(what: str, given: Any, least: int = 1) -> tuple[int, int]:
    """A size in both directions, given as one number or two."""
    if isinstance(given, (list, tuple)) and len(given) == 2:
        return check_size(what, given[0], least), check_size(what, given[1], least)
    return (check_size(what, given, least),) * 2


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

    weight: Any
    bias: Any

    def __init__(
        self,
        channels: tuple[int, int],
        size: tuple[int, int],
        stride: tuple[int, int],
        padding: tuple[int, int],
        init: Any,
        rng: Seed,
    ) -> None:
        self._in, self._out = check_size("in_channels", channels[0]), check_size("out_channels", channels[1])
        self._size, self._stride, self._padding = size, stride, padding
        rule, draw = rule_for("relu", init), generator(rng)
        height, width = size
        fan_in, fan_out = self._in * height * width, self._out * height * width
        self.weight = [
            [
                [[Value(rule(fan_in, fan_out, draw)) for _ in range(width)] for _ in range(height)]
                for _ in range(self._in)
            ]
            for _ in range(self._out)
        ]
        self.bias = [Value(0.0) for _ in range(self._out)]

    def input_sizes(self) -> tuple[int | None, ...]:
        return self._in, None, None

    def kernels(self) -> list[list[Value]]:
        """The weights of each output channel, in a row."""
        return [[w for channel in kernel for row in channel for w in row] for kernel in self.weight]

    def convolved(self, image: Any) -> list[list[list[Any]]]:
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

    def described(self, size: Any, stride: Any, padding: Any) -> str:
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

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: Any,
        stride: Any = 1,
        padding: Any = 0,
        init: Any = None,
        rng: Seed = None,
    ) -> None:
        channels = (in_channels, out_channels)
        super().__init__(channels, pair("size", size), pair("stride", stride), pair("padding", padding, 0), init, rng)

    def forward(self, x: Any) -> Any:
        return self.convolved(as_image(x, self.input_sizes(), self))

    def describe(self) -> str:
        return self.described(f"{self._size[0]} x {self._size[1]}", self._stride, self._padding)


class Conv1d(Convolution):
    """`out_channels` kernels of `size` weights over the channels of a sequence: weight[out][in][place], bias[out].

    >>> edges = Conv1d(1, 1, 3)
    >>> edges.load_state_dict({"weight[0][0][0]": -1, "weight[0][0][1]": 0, "weight[0][0][2]": 1, "bias[0]": 0})
    >>> [v.data for v in edges([[1.0, 2.0, 4.0, 8.0]])[0]]
    [3.0, 6.0]
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        stride: int = 1,
        padding: int = 0,
        init: Any = None,
        rng: Seed = None,
    ) -> None:
        sizes, strides = (1, check_size("size", size)), (1, check_size("stride", stride))
        super().__init__((in_channels, out_channels), sizes, strides, (0, check_size("padding", padding, 0)), init, rng)
        self.weight = [[rows[0] for rows in kernel] for kernel in self.weight]

    def input_sizes(self) -> tuple[int | None, ...]:
        return self._in, None

    def kernels(self) -> list[list[Value]]:
        return [[w for channel in kernel for w in channel] for kernel in self.weight]

    def forward(self, x: Any) -> Any:
        channels = as_image(x, self.input_sizes(), self)
        return [rows[0] for rows in self.convolved([[channel] for channel in channels])]

    def describe(self) -> str:
        return self.described(self._size[1], self._stride[1], self._padding[1])


class Pool2d(Module):
    """What MaxPool2d and AvgPool2d share: one number for each window of each channel."""

    def __init__(self, size: Any, stride: Any = None) -> None:
        self._size = pair("size", size)
        self._stride = self._size if stride is None else pair("stride", stride)

    def pooled(self, x: Any, summary: Callable[[list[Any]], Any]) -> Any:
        (height, width), (down, right) = self._size, self._stride
        image = as_image(x, (None, None, None), self)
        tops = positions(len(image[0]), height, down, self)
        lefts = positions(len(image[0][0]), width, right, self)

        def window(channel: Any, top: int, left: int) -> list[Any]:
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

    def forward(self, x: Any) -> Any:
        return self.pooled(x, largest)


class AvgPool2d(Pool2d):
    """The mean of each window.

    >>> [v.data for v in AvgPool2d(2)([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])[0][0]]
    [3.5, 5.5]
    """

    def forward(self, x: Any) -> Any:
        return self.pooled(x, mean)
