"""Pictures of patterns."""

import zlib

import numpy as np
import pytest

from autograd_lite import SparsityPattern, draw_sparsity
from autograd_lite.drawing.sparsity_pictures import MOST


def banded(n):
    return SparsityPattern([*range(n), *range(1, n)], [*range(n), *range(n - 1)], (n, n))


def pixels(png):
    """The rows of an RGB picture."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(png[k : k + 4], "big") for k in (16, 20))
    start = png.index(b"IDAT")
    data = zlib.decompress(png[start + 4 : start + 4 + int.from_bytes(png[start - 4 : start], "big")])
    return np.frombuffer(data, dtype=np.uint8).reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)


def test_text_shows_the_entries():
    assert str(draw_sparsity(banded(3))) == "3 x 3, 5 entries\n#\n##\n ##"
    assert str(draw_sparsity(SparsityPattern([], [], (0, 0)))) == "0 x 0, 0 entries\n"
    assert str(draw_sparsity(banded(1), title="one")).startswith("one\n")


@pytest.mark.parametrize("n", [1, 2, 7, MOST, MOST + 1, 5000])
def test_every_size_is_drawn(n, tmp_path):
    drawing = draw_sparsity(banded(n))
    image = pixels(drawing.content("png"))
    assert max(image.shape) <= 600
    dark = (image.astype(int).sum(axis=2) < 700)[1:-1, 1:-1]
    assert dark.diagonal().all()
    assert n < 3 or not dark[0, -1]
    svg = drawing.content("svg").decode()
    assert svg.count("<rect") == 2 + sum(bool(x) for x in [1] * svg.count("fill-opacity"))
    for suffix in ("svg", "png", "txt"):
        assert drawing.save(tmp_path / f"x.{suffix}").stat().st_size > 0


def test_one_entry_of_a_large_matrix_is_seen():
    image = pixels(draw_sparsity(SparsityPattern([77_777], [3], (100_000, 100_000))).content("png"))
    assert (image[1:-1, 1:-1].sum(axis=2) < 700).any()


def test_other_matrices_are_taken():
    dense = np.eye(3)
    sparse = pytest.importorskip("scipy.sparse").csr_array(dense)
    assert str(draw_sparsity(dense)) == str(draw_sparsity(sparse)) == "3 x 3, 3 entries\n#\n #\n  #"
    with pytest.raises(TypeError, match="takes a pattern or a matrix, but got function"):
        draw_sparsity(banded)
    with pytest.raises(ValueError, match="no format of the picture of a pattern"):
        draw_sparsity(dense).save("x.bmp")


def test_titles_cannot_break_the_picture():
    assert "&lt;b&gt;" in draw_sparsity(banded(2), title="<b>").content("svg").decode()
