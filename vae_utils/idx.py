"""The IDX format, in which MNIST and its relatives are published: a header of a few bytes, then one array.

The header, most significant byte first, is two zero bytes, one byte for the type, one for the number of dimensions,
and four bytes for the size of each; the values follow, the last dimension fastest (LeCun, Cortes and Burges, *The
MNIST database*). Nothing in it tells whether the file is whole but its size, so that must fit to the byte.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

TYPES = {
    code: np.dtype(kind)
    for code, kind in zip(b"\x08\x09\x0b\x0c\x0d\x0e", "u1 i1 >i2 >i4 >f4 >f8".split(), strict=True)
}
CODES = {dtype.newbyteorder("="): code for code, dtype in TYPES.items()}
GZIP = b"\x1f\x8b"  # how each gzip file begins; an IDX file begins with two zeros
MAX_DIMENSIONS = 64  # NumPy's; the format could name 255


def decode(content: bytes, *, name: str = "content") -> np.ndarray:
    """The array in the bytes of an IDX file.

    Parameters
    ----------
    content : bytes
        The whole file, not compressed.
    name : str
        What error messages call it, for example the file's name.

    Returns
    -------
    numpy.ndarray
        A copy in this machine's byte order; its dtype is one of uint8, int8, int16, int32, float32 and float64.

    Raises
    ------
    ValueError
        If these bytes are not one whole IDX file: another beginning, an unknown type, no dimensions or too many, or
        more or fewer bytes than the header promises.
    """
    if len(content) < 4 or content[:2] != b"\0\0":
        began = bytes(content[:4]).hex(" ") or "nothing"
        raise ValueError(
            f"{name} must begin as IDX files do, with 00 00, a type and a number of dimensions, got {began}"
        )
    code, ndim = content[2], content[3]
    if code not in TYPES:
        raise ValueError(f"{name} must have one of the types {_hex(*TYPES)} as its third byte, got {_hex(code)}")
    if not 1 <= ndim <= MAX_DIMENSIONS:
        raise ValueError(f"{name} must have between 1 and {MAX_DIMENSIONS} dimensions, got {ndim}")
    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(f"{name} must have a header of {start} bytes for its {ndim} dimensions, got {len(content)}")
    shape, dtype = struct.unpack_from(f">{ndim}I", content, 4), TYPES[code]
    size = start + math.prod(shape) * dtype.itemsize
    if len(content) != size:
        raise ValueError(f"{name} must have {size} bytes for shape {shape} of {dtype.name}, got {len(content)}")
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def encode(array: np.ndarray) -> bytes:
    """The bytes of an IDX file that holds an array: what :func:`decode` reads.

    Raises
    ------
    TypeError
        If ``array`` is no NumPy array, or its dtype is none that the format has.
    ValueError
        If it has no dimensions, or one that is too large for the header's four bytes.
    """
    if not isinstance(array, np.ndarray) or array.dtype.newbyteorder("=") not in CODES:
        came = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else f"a {type(array).__name__}"
        raise TypeError(f"array must be a NumPy array of {', '.join(map(str, CODES))}, got {came}")
    if not array.ndim or max(array.shape) >= 2**32:
        raise ValueError(f"array must have dimensions, each smaller than 2**32, got shape {array.shape}")
    code = CODES[array.dtype.newbyteorder("=")]
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(TYPES[code]).tobytes()


def read(path: str | os.PathLike) -> np.ndarray:
    """The array in an IDX file, whether it is compressed with gzip or not; its first bytes tell.

    Raises
    ------
    ValueError
        If it is not one whole IDX file, or a damaged gzip file.
    OSError
        If it cannot be read.
    """
    content = Path(path).read_bytes()
    if content[:2] == GZIP:
        try:
            content = gzip.decompress(content)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{path} must be a whole gzip file, got one that is damaged: {error}") from None
    return decode(content, name=str(path))


def write(path: str | os.PathLike, array: np.ndarray) -> None:
    """Writes an array as an IDX file, compressed if the name ends with ``.gz``; the same array gives the same bytes."""
    content = encode(array)
    if Path(path).suffix == ".gz":
        content = gzip.compress(content, mtime=0)
    Path(path).write_bytes(content)


def _hex(*codes: int) -> str:
    return ", ".join(f"{code:02x}" for code in codes)
