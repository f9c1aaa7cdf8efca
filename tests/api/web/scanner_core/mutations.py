"""Bytes and texts damaged in the ways that readers disagree about."""

from random import Random

_HEADS = [
    bytes([first]) for first in (0x00, 0x18, 0x1B, 0x3B, 0x5B, 0x78, 0x7F, 0x9F, 0xBF, 0xC1, 0xD2, 0xF6, 0xFB, 0xFF)
]
_HUGE = [major + b"\xff" * 8 for major in (b"\x1b", b"\x3b", b"\x5b", b"\x7b", b"\x9b", b"\xbb")]


def damaged(rng: Random, data: bytes) -> bytes:
    """The same bytes with one damage: a bit, a byte, a piece, or a head that promises too much."""
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.randint(1, 4))
    match rng.randrange(7):
        case 0:
            flipped = bytearray(data)
            flipped[at % len(data)] ^= 1 << rng.randrange(8)
            return bytes(flipped)
        case 1:
            return data[:at]
        case 2:
            return data[:at] + data[end:]
        case 3:
            return data[:at] + rng.choice(_HEADS) + data[end:]
        case 4:
            return data[:at] + rng.choice(_HUGE) + data[end:]
        case 5:
            return data[:end] + data[at:]
        case _:
            return data[:at] + rng.randbytes(rng.randint(1, 3)) + data[at:]
