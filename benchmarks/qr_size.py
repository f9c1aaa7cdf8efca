"""How large the printed symbol gets: our link with digits beside the two usual ways to write the same COSE bytes.

The first is that of the EU's health certificates (compressed, base45, alphanumeric mode), the second a link
with base64url (byte mode). All three hold the same signed bytes, at error correction M.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from dataclasses import replace

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, MODE_NUMBER, QRData

from benchmarks.measurement import Measurement, Run
from tests import sealing

HOST = "https://kiemtra.hanoi.gov.vn"
# The longest names are composed of many short words, each with its signs.
NAMES = {
    19: "Nguyễn Thị Minh Anh",
    39: "Công Tằng Tôn Nữ Thị Quỳnh Hương Nguyệt",
    60: "Công Huyền Tôn Nữ Nguyễn Phước Thị Quỳnh Hương Nguyệt Diễm Ỷ",
}
_BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def measure(say: Callable[[str], None]) -> list[Measurement]:
    """One measurement: signed bytes a thousand modules of the symbol hold; the versions stand in the details."""
    versions: dict[str, dict[str, int]] = {}
    runs = []
    for letters, name in NAMES.items():
        ours, eu_style, link, size_bytes = _versions(name)
        versions[f"name_of_{letters}_letters"] = {
            "payload_bytes": size_bytes,
            "ours": ours,
            "base45": eu_style,
            "base64url": link,
        }
        runs.append(Run(ours=_density(size_bytes, ours), baseline=_density(size_bytes, link)))
    measured = Measurement(
        name="qr-size",
        unit="bytes a thousand modules",
        ours_is="link in byte mode, digits in numeric mode",
        baseline_is="link with base64url in byte mode",
        runs=runs,
        details={"versions": versions, "host_letters": len(HOST.removeprefix("https://"))},
    )
    say(f"qr-size: versions {versions}")
    return [measured]


def _versions(name: str) -> tuple[int, int, int, int]:
    ring = sealing.key_ring()
    facts = replace(sealing.facts_of(ring), full_name=name)
    sealed = sealing.sealed_qr(facts, ring)
    digits = sealed.link.rpartition("#")[2]
    text = f"{HOST}/v#".encode()
    ours = _version(QRData(text, MODE_8BIT_BYTE), QRData(digits, MODE_NUMBER))
    eu_style = _version(QRData("HC1:" + _base45(zlib.compress(sealed.payload, 9)), MODE_ALPHA_NUM))
    encoded = base64.urlsafe_b64encode(sealed.payload).rstrip(b"=")
    return ours, eu_style, _version(QRData(text + encoded, MODE_8BIT_BYTE)), len(sealed.payload)


def _version(*segments: QRData) -> int:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=0)
    for segment in segments:
        code.add_data(segment, optimize=0)
    code.make(fit=True)
    return int(code.version)


def _density(size_bytes: int, version: int) -> float:
    return size_bytes / (17 + 4 * version) ** 2 * 1000


def _base45(data: bytes) -> str:
    """RFC 9285: two bytes become three letters, a last single byte two."""
    letters = []
    for start in range(0, len(data), 2):
        group = data[start : start + 2]
        number = int.from_bytes(group)
        for _ in range(len(group) + 1):
            number, digit = divmod(number, 45)
            letters.append(_BASE45[digit])
    return "".join(letters)
