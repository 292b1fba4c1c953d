"""Reading and writing IDX files: against bytes written by hand, and every wrong file gets its sentence."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vae_utils import idx

# As the format's description has it: type code, one value, its bytes with the most significant first.
BY_HAND = [
    (0x08, "uint8", 200, b"\xc8"),
    (0x09, "int8", -2, b"\xfe"),
    (0x0B, "int16", -2, b"\xff\xfe"),
    (0x0C, "int32", 66_051, b"\x00\x01\x02\x03"),
    (0x0D, "float32", 1.5, b"\x3f\xc0\x00\x00"),
    (0x0E, "float64", -2.0, b"\xc0" + bytes(7)),
]
arrays = hnp.arrays(
    st.sampled_from([np.dtype(name) for _, name, _, _ in BY_HAND]),
    hnp.array_shapes(max_dims=5, max_side=4, min_side=0),
)


@pytest.mark.parametrize(("code", "dtype", "value", "stored"), BY_HAND, ids=[row[1] for row in BY_HAND])
def test_bytes_written_by_hand(code, dtype, value, stored):
    content = bytes([0, 0, code, 2]) + b"\0\0\0\1" + b"\0\0\0\2" + stored + stored
    array = idx.decode(content)
    assert array.dtype == np.dtype(dtype) and array.dtype.isnative
    assert array.tolist() == [[value, value]]
    assert idx.encode(array) == content


def test_the_last_dimension_is_the_fastest():
    content = b"\0\0\x08\2" + struct.pack(">II", 2, 3) + bytes(range(6))
    assert idx.decode(content).tolist() == [[0, 1, 2], [3, 4, 5]]


@given(arrays)
def test_what_is_written_is_read(array):
    back = idx.decode(idx.encode(array))
    assert back.dtype == array.dtype and back.shape == array.shape and back.tobytes() == array.tobytes()
    assert back.flags.writeable


def test_other_byte_orders_and_layouts_are_written_alike():
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    same = [array.astype(">i4"), array.astype("<i4"), np.asfortranarray(array), np.repeat(array, 2, axis=1)[:, ::2]]
    assert {idx.encode(other) for other in same} == {idx.encode(array)}


@given(arrays, st.data())
def test_a_byte_more_or_less_is_noticed(array, data):
    content = idx.encode(array)
    with pytest.raises(ValueError, match=r"^f must "):
        idx.decode(content[: data.draw(st.integers(0, len(content) - 1))], name="f")
    with pytest.raises(ValueError, match=rf"^f must have {len(content)} bytes .* got {len(content) + 1}$"):
        idx.decode(content + b"\0", name="f")


@given(st.binary(max_size=40))
def test_any_other_bytes_give_an_array_or_a_sentence(content):
    for attempt in (content, b"\0\0" + content):
        try:
            idx.decode(attempt, name="f")
        except ValueError as error:
            assert str(error).startswith("f must ") and "got" in str(error)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "content must begin as IDX files do, with 00 00, a type and a number of dimensions, got nothing"),
        (b"<html>", "must begin as IDX files do.*got 3c 68 74 6d"),
        (gzip.compress(b"\0\0\x08\1\0\0\0\1x"), "must begin as IDX files do.*got 1f 8b 08"),
        (b"\0\0\x0a\1\0\0\0\1x", "types 08, 09, 0b, 0c, 0d, 0e as its third byte, got 0a"),
        (b"\0\0\x08\0", "between 1 and 64 dimensions, got 0"),
        (b"\0\0\x08\x41" + b"\0\0\0\1" * 65 + b"x", "between 1 and 64 dimensions, got 65"),
        (b"\0\0\x08\3\0\0\0\1", "a header of 16 bytes for its 3 dimensions, got 8"),
        (b"\0\0\x0c\1\0\0\0\2abcd", r"16 bytes for shape \(2,\) of int32, got 12"),
        # no array of 2**96 bytes is made to find out
        (b"\0\0\x08\3" + b"\xff" * 12, r"must have 79\d* bytes for shape \(4294967295, 4294967295, 4294967295\)"),
    ],
    ids=["empty", "page", "packed", "type", "no-dimension", "dimensions", "header", "short", "huge"],
)
def test_wrong_files_get_a_sentence(content, sentence):
    with pytest.raises(ValueError, match=sentence):
        idx.decode(content)


@pytest.mark.parametrize(
    ("array", "error", "sentence"),
    [
        ([1, 2], TypeError, "array must be a NumPy array of uint8, int8, int16, .*, got a list"),
        (np.zeros(2, np.int64), TypeError, "got an array of int64"),
        (np.zeros(2, bool), TypeError, "got an array of bool"),
        (np.uint8(3) + np.zeros((), np.uint8), TypeError, "got a uint8"),
        (np.zeros((), np.uint8), ValueError, r"got shape \(\)"),
        (np.zeros((2**32, 0), np.uint8), ValueError, r"smaller than 2\*\*32, got shape \(4294967296, 0\)"),
    ],
    ids=["list", "int64", "bool", "scalar", "no-dimension", "too-large"],
)
def test_arrays_that_the_format_cannot_hold(array, error, sentence):
    with pytest.raises(error, match=sentence):
        idx.encode(array)


def test_files_packed_or_not(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    for name in ("a-idx3-ubyte", "a-idx3-ubyte.gz"):
        idx.write(tmp_path / name, array)
        assert np.array_equal(idx.read(tmp_path / name), array)
    packed = tmp_path / "a-idx3-ubyte.gz"
    assert gzip.decompress(packed.read_bytes()) == (tmp_path / "a-idx3-ubyte").read_bytes() == idx.encode(array)
    first = packed.read_bytes()
    idx.write(packed, array)
    assert packed.read_bytes() == first  # no time of day in it
    packed.rename(tmp_path / "renamed")
    assert np.array_equal(idx.read(tmp_path / "renamed"), array)  # its bytes tell, not its name


@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:-8] + b"12345678", lambda b: b[:12] + b"\xff" * 9])
def test_a_damaged_gzip_file_gets_a_sentence(tmp_path, damage):
    path = tmp_path / "a.gz"
    idx.write(path, np.arange(100, dtype=np.uint8))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"a\.gz must be a whole gzip file, got one that is damaged: "):
        idx.read(path)
