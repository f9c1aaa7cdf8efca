"""From a link to its symbol's codewords: segments, padding, error correction, interleaving (ISO/IEC 18004, 7.4–7.6).

`qrcode` does the same with Python steps for every bit and objects for every term: a seventh of the price of a document.
Its tables of versions and blocks are used here, and a test holds whole symbols against its own.
"""

from __future__ import annotations

import functools
from itertools import chain, zip_longest

from qrcode.base import gexp, glog, rs_blocks
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import BIT_LIMIT_TABLE, MODE_8BIT_BYTE, MODE_NUMBER, length_in_bits

_PADDING = b"\xec\x11"
_NUMERIC_BITS = (0, 4, 7, 10)
"""What 0, 1, 2 and 3 digits take (7.4.3)."""

Segment = tuple[int, bytes]
"""Mode and data: bytes, or decimal digits in ASCII."""


def segments_of(link: str) -> list[Segment]:
    """Bytes up to and including `#`, then digits; one segment of bytes for a link of another form."""
    head, mark, tail = link.partition("#")
    if not (tail.isascii() and tail.isdigit()):
        return [(MODE_8BIT_BYTE, link.encode())]
    return [(MODE_8BIT_BYTE, (head + mark).encode()), (MODE_NUMBER, tail.encode())]


def smallest_version(segments: list[Segment], largest: int) -> int | None:
    """The smallest version that holds the segments at level M, None when not even `largest` does."""
    sizes = [(mode, _data_bits(mode, len(data))) for mode, data in segments]
    for version in range(1, largest + 1):
        needed = sum(4 + length_in_bits(mode, version) + bits for mode, bits in sizes)
        if needed <= BIT_LIMIT_TABLE[ERROR_CORRECT_M][version]:
            return version
    return None


def codewords(segments: list[Segment], version: int) -> bytes:
    """Data and error correction codewords at level M, interleaved as they are placed in the symbol."""
    blocks = [(block.data_count, block.total_count - block.data_count) for block in rs_blocks(version, ERROR_CORRECT_M)]
    data = _padded("".join(_bits(mode, part, version) for mode, part in segments), sum(count for count, _ in blocks))
    data_blocks, correction_blocks = [], []
    start = 0
    for data_count, correction_count in blocks:
        block = data[start : start + data_count]
        start += data_count
        data_blocks.append(block)
        correction_blocks.append(_correction(block, correction_count))
    return _interleaved(data_blocks) + _interleaved(correction_blocks)


def _data_bits(mode: int, length: int) -> int:
    if mode == MODE_NUMBER:
        triples, rest = divmod(length, 3)
        return _NUMERIC_BITS[3] * triples + _NUMERIC_BITS[rest]
    return 8 * length


def _bits(mode: int, data: bytes, version: int) -> str:
    head = f"{mode:04b}{len(data):0{length_in_bits(mode, version)}b}"
    if mode != MODE_NUMBER:
        return head + "".join(f"{byte:08b}" for byte in data)
    triples = (data[start : start + 3] for start in range(0, len(data), 3))
    return head + "".join(f"{int(triple):0{_NUMERIC_BITS[len(triple)]}b}" for triple in triples)


def _padded(bits: str, size: int) -> bytes:
    """Terminator, the rest of the last byte, then the padding codewords up to `size` bytes."""
    terminated = bits + "0" * min(4, 8 * size - len(bits))
    terminated += "0" * (-len(terminated) % 8)
    data = int(terminated, 2).to_bytes(len(terminated) // 8)
    return data + (_PADDING * size)[: size - len(data)]


def _correction(data: bytes, count: int) -> bytes:
    """The remainder of the data by the generator polynomial over GF(256), one byte of data at a time."""
    products = _generator_products(count)
    rest, top, keep = 0, 8 * (count - 1), (1 << (8 * count)) - 1
    for byte in data:
        rest = ((rest << 8) & keep) ^ products[(rest >> top) ^ byte]
    return rest.to_bytes(count)


@functools.cache
def _generator_products(count: int) -> tuple[int, ...]:
    """For every byte, its product with the generator polynomial of `count` (7.5.2), without the leading term."""
    generator = [1]
    for power in range(count):
        root = gexp(power)
        shifted = [*generator, 0]
        generator = [shifted[0], *(shifted[n] ^ _product(generator[n - 1], root) for n in range(1, len(shifted)))]
    return tuple(int.from_bytes(_product(byte, term) for term in generator[1:]) for byte in range(256))


def _product(left: int, right: int) -> int:
    return gexp(glog(left) + glog(right)) if left and right else 0


def _interleaved(blocks: list[bytes]) -> bytes:
    return bytes(byte for byte in chain.from_iterable(zip_longest(*blocks)) if byte is not None)
