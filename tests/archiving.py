"""Archived files for tests, and updates made by hand, as an attacker could make who has a trusted authority too."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from hashlib import sha256

from asn1crypto import tsp

from signing.archive_pdf import archive_pdf
from signing.keys import KeyRing
from signing.local_authority import PdfKeyType
from signing.seal_pdf import seal_pdf
from simulators.timestamp_authority import TimestampAuthority
from tests.sealing import AT, ORGANISATION, facts_of, key_ring, pdf_permit, rendered
from verification.formats.pdf import PdfFile, read_pdf, reference_number
from verification.formats.pdf_values import Dict, Value, write_value
from verification.formats.timestamp import with_certificates
from verification.trust import KeyPurpose, TrustList

AUTHORITY = TimestampAuthority.make(AT)
SPACE = 8_000
"""Hexadecimal digits that an update made by hand leaves for its token."""


@dataclass(frozen=True)
class Stamper:
    """The timestamper's port, straight to a simulated authority."""

    authority: TimestampAuthority = field(default_factory=lambda: AUTHORITY)
    clock: Callable[[], datetime] = lambda: AT

    def timestamp(self, digest: bytes) -> bytes:
        imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
        request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True})
        answer = tsp.TimeStampResp.load(self.authority.answer(request.dump(), self.clock()))
        path = (self.authority.signer.certificate, self.authority.intermediate)
        return with_certificates(answer["time_stamp_token"].dump(), path)


def stamped_ring(pdf_key_type: PdfKeyType = "p256") -> KeyRing:
    return replace(key_ring(pdf_key_type), timestamp_roots=(AUTHORITY.root,))


def trust(pdf_key_type: PdfKeyType = "p256") -> TrustList:
    return stamped_ring(pdf_key_type).trust_list(AT)


def sealed(pdf_key_type: PdfKeyType = "p256", *, stamped: bool = True) -> bytes:
    """A sealed file of level B-T, or B-B where it is not stamped; always the same one."""
    return _sealed(pdf_key_type, stamped)


def archived(pdf_key_type: PdfKeyType = "p256", *, stamped: bool = True) -> bytes:
    """The same file, archived."""
    return _archived(pdf_key_type, stamped)


@cache
def _sealed(pdf_key_type: PdfKeyType, stamped: bool) -> bytes:
    ring = key_ring(pdf_key_type)
    permit = pdf_permit(rendered(facts_of(ring)))
    stamper = Stamper() if stamped else None
    return seal_pdf(permit, ring.active(KeyPurpose.PDF, AT), ORGANISATION, AT, timestamper=stamper).data


@cache
def _archived(pdf_key_type: PdfKeyType, stamped: bool) -> bytes:
    ring = stamped_ring(pdf_key_type)
    return archive_pdf(_sealed(pdf_key_type, stamped), Stamper(), ring.trust_list(AT), AT, crls=ring.crls).data


@dataclass(frozen=True)
class Update:
    """A document timestamp added by hand: the objects that takes, by number, to be changed by a test before `apply`."""

    before: PdfFile
    objects: dict[int, Value | bytes]
    catalog: int
    page: int
    field: int
    signature: int

    @classmethod
    def after(cls, data: bytes) -> "Update":
        pdf = read_pdf(data, 6)
        size = int(pdf.trailer[b"/Size"])  # type: ignore[arg-type] # our own file's
        field, signature, catalog = size, size + 1, reference_number(pdf.trailer[b"/Root"])
        first = next(n for n in pdf.offsets if _is_page(pdf.object_at(n)[0]))
        root, page = dict(pdf.catalog()), dict(pdf.dict_of(b"%d 0 R" % first))
        form = dict(pdf.dict_of(root[b"/AcroForm"]))
        reference = b"%d 0 R" % field
        form[b"/Fields"] = [*pdf.list_of(form[b"/Fields"]), reference]
        root[b"/AcroForm"] = form
        page[b"/Annots"] = [*pdf.list_of(page.get(b"/Annots", [])), reference]
        widget: Dict = {
            b"/FT": b"/Sig",
            b"/Type": b"/Annot",
            b"/Subtype": b"/Widget",
            b"/T": b"(by hand %d)" % size,
            b"/F": b"132",
            b"/Rect": [b"0", b"0", b"0", b"0"],
            b"/P": b"%d 0 R" % first,
            b"/V": b"%d 0 R" % signature,
        }
        stamp: Dict = {
            b"/Type": b"/DocTimeStamp",
            b"/Filter": b"/Adobe.PPKLite",
            b"/SubFilter": b"/ETSI.RFC3161",
            b"/ByteRange": b"[" + b" " * 40 + b"]",
            b"/Contents": b"<" + b"0" * SPACE + b">",
        }
        assert catalog is not None
        objects: dict[int, Value | bytes] = {catalog: root, first: page, field: widget, signature: stamp}
        return cls(pdf, objects, catalog, first, field, signature)

    def dict_at(self, number: int) -> Dict:
        value = self.objects[number]
        assert isinstance(value, dict)
        return value

    def apply(
        self,
        *,
        stamper: Stamper | None = None,
        gap: bytes = b"",
        behind_trailer: bytes = b"",
        more_entries: bytes = b"",
        trailer: Mapping[bytes, Value] | None = None,
    ) -> bytes:
        """The whole file. gap: bytes before the cross-references; more_entries: lines in them."""
        out = bytearray(self.before.data)
        entries = b""
        for number, value in self.objects.items():
            entries += b"%d 1\n%010d 00000 n \n" % (number, len(out))
            body = value if isinstance(value, bytes) else write_value(value)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        out += gap
        start = len(out)
        last = dict(self.before.trailer) | {
            b"/Size": b"%d" % (max([*self.objects, int(self.before.trailer[b"/Size"]) - 1]) + 1),  # type: ignore[arg-type]
            b"/Prev": b"%d" % self.before.startxref,
        }
        out += b"xref\n" + entries + more_entries
        out += b"trailer\n" + write_value(last | dict(trailer or {})) + behind_trailer
        out += b"\nstartxref\n%d\n%%%%EOF\n" % start
        return _stamp(out, len(self.before.data), stamper or Stamper())


def _stamp(out: bytearray, start: int, stamper: Stamper) -> bytes:
    opening = out.find(b"/Contents <" + b"0" * SPACE, start)
    if opening < 0:
        return bytes(out)
    first = opening + len(b"/Contents ")
    second = first + SPACE + 2
    ranges = b"[0 %d %d %d]" % (first, second, len(out) - second)
    at = out.find(b"[" + b" " * 40, start)
    if at > 0:
        out[at : at + 42] = ranges.ljust(42)
    token = stamper.timestamp(sha256(out[:first] + out[second:]).digest()).hex().upper().encode()
    out[first + 1 : first + 1 + len(token)] = token
    return bytes(out)


def _is_page(value: Value) -> bool:
    return isinstance(value, dict) and value.get(b"/Type") == b"/Page"
