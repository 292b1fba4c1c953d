"""Small PNG files for stored figures.

A stored figure is a palette PNG without metadata. An image that already is one is left alone, byte for byte:
normalising twice, or on a machine with another zlib, changes nothing.
"""

import io

import numpy as np
from PIL import Image

MAX_BYTES = 100_000
ERROR = 2.5  # root mean square of the worst channel, in levels of 255: less is not seen side by side
CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def chunks(png):
    """Names of the chunks of a PNG file given as bytes, in order."""
    names, at = [], 8
    while at + 8 <= len(png):
        names.append(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return names


def is_small_palette(png):
    """True for a palette PNG (bytes) of at most ``MAX_BYTES`` without metadata."""
    return len(png) <= MAX_BYTES and b"PLTE" in (names := chunks(png)) and CHUNKS.issuperset(names)


def opaque(image):
    """RGB copy of a Pillow image, on white where it was transparent."""
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def error(image, palette):
    difference = np.asarray(image, float) - np.asarray(palette.convert("RGB"), float)
    return np.sqrt((np.abs(difference).max(-1) ** 2).mean())


def quantised(image, colours):
    """Palette copy of an RGB image; the background stays exact, for the dark theme inverts it."""
    pixels = np.asarray(image, int) @ [1 << 16, 1 << 8, 1]
    _, first, count = np.unique(pixels, return_index=True, return_counts=True)
    row, column = divmod(int(first[count.argmax()]), image.width)
    palette = image.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    entry = palette.getpixel((column, row))
    table = palette.getpalette()
    table[3 * entry : 3 * entry + 3] = image.getpixel((column, row))
    palette.putpalette(table)
    return palette


def encoded(palette):
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def small_png(png):
    """The figure (PNG file as bytes) with 64 colours where they look the same, else with 256.

    With fewer where it is too large. Raises ValueError when even 32 colours need more than ``MAX_BYTES``.
    """
    if is_small_palette(png):
        return png
    image = opaque(Image.open(io.BytesIO(png)))
    few = quantised(image, 64)
    small = encoded(few if error(image, few) <= ERROR else quantised(image, 256))
    for colours in (64, 32):
        if len(small) > MAX_BYTES:
            small = encoded(quantised(image, colours))
    if len(small) > MAX_BYTES:
        raise ValueError(
            f"the figure needs {len(small) // 1000} kB with 32 colours; "
            f"{MAX_BYTES // 1000} kB are allowed: draw it smaller"
        )
    return small
