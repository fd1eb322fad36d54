"""`draw_sparsity`: where the entries of a matrix are, as a picture that needs no other library than NumPy."""

import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.drawing.exportable import Exportable, Formats
from autograd_lite.sparse.patterns import SparsityPattern
from autograd_lite.support.extras import required

MOST = 240
"""Cells of a picture along a side: of a larger matrix each cell shows several entries, darker where there are more."""

SIDE = 480
"""Pixels of the longer side."""

LINES = 24
"""Lines of the picture in text."""

SHADES = " .:*#"
INK = (31, 78, 121)


def draw_sparsity(pattern: Any, title: str = "") -> "SparsityDrawing":
    """A picture of a sparsity pattern, also of one of a `scipy.sparse` matrix or a dense array.

    Rows go down, columns to the right, as matrices are written.  A cell of a large matrix shows several entries,
    and is darker where there are more of them.  `save` writes a .svg, .png or .txt file; notebooks show it.

    >>> from autograd_lite import hessian_sparsity
    >>> print(draw_sparsity(hessian_sparsity(lambda x: x[0] * x[1] + x[1] * x[2] ** 2)([0.0, 0.0, 0.0])))
    3 x 3, 5 entries
     #
    # #
     ##
    """
    return SparsityDrawing(as_pattern(pattern), title)


def as_pattern(x: Any) -> SparsityPattern:
    """The pattern of a matrix."""
    if isinstance(x, SparsityPattern):
        return x
    numpy = required("numpy", "draw_sparsity", "sparse")
    if hasattr(x, "tocoo"):
        coo = x.tocoo()
        places = sorted(set(zip(coo.row.tolist(), coo.col.tolist(), strict=True)))
        return SparsityPattern([i for i, _ in places], [j for _, j in places], coo.shape)
    array = numpy.asarray(x) if not callable(x) else None
    if array is None or array.ndim != 2:
        raise TypeError(
            f"draw_sparsity takes a pattern or a matrix, but got {type(x).__name__}; pass what jacobian_sparsity(f)(x) "
            f"gives"
        )
    rows, columns = array.nonzero()
    return SparsityPattern(rows, columns, array.shape)


class SparsityDrawing(Exportable):
    """The picture of a pattern; prints as text."""

    noun = "picture of a pattern"

    def __init__(self, pattern: SparsityPattern, title: str) -> None:
        m, n = pattern.shape
        self.pattern = pattern
        self.title = title or f"{m:,} x {n:,}, {pattern.nnz:,} entr{'y' if pattern.nnz == 1 else 'ies'}"

    def cells(self, most: int) -> Any:
        """The share of entries in each of at most so many cells along a side."""
        numpy = required("numpy", "draw_sparsity", "sparse")
        m, n = self.pattern.shape
        size = max(1, -(-max(m, n) // most))  # entries along the side of a cell
        shape = (max(1, -(-m // size)), max(1, -(-n // size)))
        found = numpy.zeros(shape)
        numpy.add.at(found, (self.pattern.rows // size, self.pattern.columns // size), 1.0)
        return found / size**2

    def shades(self, most: int) -> Any:
        """How dark each cell is, from 0 to 1: one entry shows in any."""
        cells = self.cells(most)
        return (cells > 0.0) * (0.35 + 0.65 * cells.clip(0.0, 1.0) ** 0.5)

    def svg(self) -> str:
        shades = self.shades(MOST)
        m, n = shades.shape
        cell = SIDE / max(m, n)
        width, height = n * cell, m * cell
        ink = "#{:02x}{:02x}{:02x}".format(*INK)
        boxes = []
        for i, row in enumerate(shades.tolist()):
            j = 0
            while j < n:  # one box for a run of one shade
                last = j
                while last < n and row[last] == row[j]:
                    last += 1
                if row[j]:
                    place = f'x="{j * cell:.2f}" y="{i * cell:.2f}" width="{(last - j) * cell:.2f}" height="{cell:.2f}"'
                    boxes.append(f'<rect {place} fill-opacity="{row[j]:.2f}"/>')
                j = last
        size = f'width="{width + 2:.0f}" height="{height + 26:.0f}" viewBox="-1 -25 {width + 2:.2f} {height + 26:.2f}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect x="-1" y="-25" width="{width + 2:.2f}" '
            f'height="{height + 26:.2f}" fill="white"/><text x="0" y="-8" font-family="sans-serif" font-size="13" '
            f'fill="#333">{escaped(self.title)}</text><rect width="{width:.2f}" height="{height:.2f}" fill="none" '
            f'stroke="#999"/><g fill="{ink}">{"".join(boxes)}</g></svg>\n'
        )

    def png(self) -> bytes:
        numpy = required("numpy", "draw_sparsity", "sparse")
        shades = self.shades(MOST)
        scale = max(1, SIDE // max(shades.shape))
        dark = numpy.kron(shades, numpy.ones((scale, scale)))
        dark = numpy.pad(dark, 1, constant_values=0.4)
        ink = numpy.array(INK)
        pixels = (255 - dark[:, :, None] * (255 - ink)).round().astype(numpy.uint8)
        return png(pixels.shape[1], [row.tobytes() for row in pixels])

    def text(self) -> str:
        cells = self.cells(LINES)
        lines = []
        for row in cells.tolist():
            signs = [SHADES[0 if not x else max(1, round(x * (len(SHADES) - 1)))] for x in row]
            lines.append("".join(signs).rstrip())
        return "\n".join([self.title, *lines])

    def files(self) -> Formats:
        text: Callable[[], str | bytes] = lambda: self.text() + "\n"  # noqa: E731
        return {"svg": self.svg, "png": self.png, "txt": text}

    def representations(self) -> Formats:
        return {"image/svg+xml": self.svg, "image/png": self.png, "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text()


def png(width: int, rows: Sequence[bytes | bytearray], colours: bytes = b"") -> bytes:
    """A picture of rows of pixels: three bytes each, or with `colours` one, which is the number of a colour."""
    header = struct.pack(">IIBBBBB", width, len(rows), 8, 3 if colours else 2, 0, 0, 0)
    data = zlib.compress(b"".join([b"\0" + row for row in rows]), 9)
    parts = [(b"IHDR", header), (b"PLTE", colours), (b"IDAT", data), (b"IEND", b"")]
    chunks = [(kind + x, len(x)) for kind, x in parts if x or kind != b"PLTE"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [struct.pack(">I", n) + x + struct.pack(">I", zlib.crc32(x)) for x, n in chunks]
    )


def escaped(text: str) -> str:
    from html import escape

    return escape(text)
