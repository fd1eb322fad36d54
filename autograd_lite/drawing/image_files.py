"""PNG pictures made smaller, and joined into animated images, with Pillow."""

import io
from collections.abc import Sequence

from autograd_lite.support.extras import required


def animated(
    pictures: Sequence[bytes], seconds: Sequence[float], scale: int = 1, format: str = "GIF", colours: int = 128
) -> bytes:
    """PNG pictures as one that moves and repeats, with one palette for all; `scale` times smaller.

    The format is "GIF", or "PNG": an animated one, of which readers that know no such thing show the first frame.
    Raises ImportError without Pillow.
    """
    Image = required("PIL.Image", "a moving picture", "demo")
    images = [Image.open(io.BytesIO(data)).convert("RGB") for data in pictures]
    size = max(i.width for i in images), max(i.height for i in images)
    small = [image.resize((size[0] // scale, size[1] // scale), Image.Resampling.LANCZOS) for image in images]
    every = Image.new("RGB", (small[0].width, sum(image.height for image in small)))
    for i, image in enumerate(small):
        every.paste(image, (0, i * image.height))
    palette = every.quantize(colours)
    frames = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in small]
    out = io.BytesIO()
    frames[0].save(
        out, format, save_all=True, append_images=frames[1:], duration=[round(1000 * s) for s in seconds], loop=0,
        optimize=True, disposal=1 if format == "GIF" else 0,
    )  # fmt: skip
    return out.getvalue()


def smaller(picture: bytes) -> bytes:
    """A PNG with a palette, a quarter of the size."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(96).save(out, "PNG", optimize=True)
    return out.getvalue()
