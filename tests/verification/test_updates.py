"""What may follow a seal: validation data and document timestamps, made whole by an authority that is known."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core, tsp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from simulators.timestamp_authority import TimestampAuthority
from tests.archiving import AUTHORITY, Stamper, Update, archived, sealed, stamped_ring, trust
from tests.sealing import AT, OneDocumentRegister, facts_of, key_ring, snapshot
from verification.formats.pdf import read_pdf
from verification.formats.pdf_equality import is_same
from verification.formats.pdf_values import write_value
from verification.register import DocumentStatus
from verification.verdict import Verdict, VerdictState
from verification.verify_pdf import verify_pdf

ARCHIVED, SEALED = archived(), sealed()
STATUS = snapshot(key_ring())
REGISTER = OneDocumentRegister.of(ARCHIVED, facts_of(key_ring()))
NO_ROOTS = replace(stamped_ring(), timestamp_roots=()).trust_list(AT)


def offline(data: bytes) -> Verdict:
    return verify_pdf(data, trust(), None, STATUS, AT)


def online(data: bytes) -> Verdict:
    return verify_pdf(data, trust(), REGISTER, None, AT)


@pytest.mark.parametrize("stamped", [True, False], ids=["B-T", "B-B"])
@pytest.mark.parametrize("kind", ["p256", "rsa3072"])
def test_an_archived_file_says_what_the_sealed_one_said(kind: str, stamped: bool) -> None:
    ring, data = stamped_ring(kind), archived(kind, stamped=stamped)  # type: ignore[arg-type] # a literal's values
    verdict = verify_pdf(data, ring.trust_list(AT), None, snapshot(ring), AT)
    assert (verdict.state, verdict.facts) == (VerdictState.VALID, facts_of(ring))


def test_cut_back_to_its_sealed_revision_it_is_the_document_first_issued() -> None:
    assert ARCHIVED[: len(SEALED)] == SEALED
    assert offline(ARCHIVED[: len(SEALED)]).state is VerdictState.VALID


def test_an_update_made_by_another_program_counts_as_well() -> None:
    assert offline(Update.after(SEALED).apply()).state is VerdictState.VALID
    assert offline(Update.after(ARCHIVED).apply()).state is VerdictState.VALID


def test_updates_of_an_unknown_authority_prove_nothing_and_accuse_nobody() -> None:
    stranger = Stamper(TimestampAuthority.make(AT))
    for data in (Update.after(ARCHIVED).apply(stamper=stranger), Update.after(SEALED).apply(stamper=stranger)):
        verdict = offline(data)
        assert (verdict.state, verdict.reason, verdict.facts) == (
            VerdictState.STATUS_UNKNOWN,
            "updates_unverified",
            None,
        )
    assert offline(archived(stamped=False)).state is VerdictState.VALID
    without_roots = verify_pdf(archived(stamped=False), NO_ROOTS, None, STATUS, AT)
    assert (without_roots.state, without_roots.reason) == (VerdictState.STATUS_UNKNOWN, "updates_unverified")


def test_the_register_vouches_for_updates_whose_authority_is_not_known() -> None:
    data = archived(stamped=False)
    register = OneDocumentRegister.of(data, facts_of(key_ring()))
    assert verify_pdf(data, NO_ROOTS, register, None, AT).state is VerdictState.VALID
    assert verify_pdf(data, NO_ROOTS, REGISTER, None, AT).reason == "not_in_register"


def test_anybodys_archive_of_a_registered_file_is_that_file_with_the_register_as_without_it() -> None:
    """The register knows the sealed revisions; what came after them is judged as it is offline."""
    register = OneDocumentRegister.of(SEALED, facts_of(key_ring()))
    stranger = Stamper(TimestampAuthority.make(AT))
    kept, unknown = Update.after(SEALED).apply(), Update.after(SEALED).apply(stamper=stranger)
    for data in (kept, Update.after(kept).apply()):
        for verdict in (offline(data), verify_pdf(data, trust(), register, None, AT)):
            assert (verdict.state, verdict.facts) == (VerdictState.VALID, facts_of(key_ring()))
    revoked = register.marked(DocumentStatus.REVOKED)
    assert verify_pdf(kept, trust(), revoked, None, AT).state is VerdictState.REVOKED
    for verdict in (offline(unknown), verify_pdf(unknown, trust(), register, None, AT)):
        assert (verdict.state, verdict.reason) == (VerdictState.STATUS_UNKNOWN, "updates_unverified")
    for attack in ("page content", "the attachment", "a visible field"):
        update = Update.after(SEALED)
        ATTACKS[attack](update)
        verdict = verify_pdf(update.apply(), trust(), register, None, AT)
        assert (verdict.state, verdict.facts) == (VerdictState.NOT_GENUINE, None)


@dataclass(frozen=True)
class Otherwise(Stamper):
    """The listed authority, whose tokens are changed."""

    change: Callable[[bytes], bytes] = bytes

    def timestamp(self, digest: bytes) -> bytes:
        return self.change(Stamper(self.authority).timestamp(digest))


def _with_signer(**changes: Any) -> Callable[[bytes], bytes]:
    def change(token: bytes) -> bytes:
        content = asn1_cms.ContentInfo.load(token)
        for name, value in changes.items():
            content["content"]["signer_infos"][0][name] = value
        return bytes(content.dump(force=True))

    return change


def _of_another_digest(token: bytes) -> bytes:
    """SHA-512 of what was stamped, as an authority of the trust list may be asked for by another program."""
    content = asn1_cms.ContentInfo.load(token)
    said = content["content"]["encap_content_info"]["content"].parsed.native
    imprint = {"hash_algorithm": {"algorithm": "sha512"}, "hashed_message": bytes(64)}
    named = {"version": "v1", "policy": said["policy"], "message_imprint": imprint}
    info = tsp.TSTInfo(named | {"serial_number": 5, "gen_time": AT}).dump()
    content["content"]["encap_content_info"]["content"] = core.ParsableOctetString(info)
    signer = content["content"]["signer_infos"][0]
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            attribute["values"] = [sha256(info).digest()]
    signed = signer["signed_attrs"].untag().dump(force=True)
    signer["signature"] = AUTHORITY.signer.key.sign(signed, ec.ECDSA(SHA256()))
    return bytes(content.dump(force=True))


UNSIGNED = asn1_cms.CMSAttributes(
    [asn1_cms.CMSAttribute({"type": "signing_time", "values": [asn1_cms.Time("utc_time", AT)]})]
)
UNSUPPORTED = {
    "imprint of SHA-512": _of_another_digest,
    "unsigned attributes": _with_signer(unsigned_attrs=UNSIGNED),
    "RSA-PSS": _with_signer(signature_algorithm={"algorithm": "rsassa_pss"}),
    "no timestamp at all": lambda _: b"0\x03abc",
}


@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_a_timestamp_that_cannot_be_read_here_accuses_nobody_and_proves_nothing(kind: str) -> None:
    """The seal is whole, and nothing in such an update can be seen."""
    data = Update.after(SEALED).apply(stamper=Otherwise(change=UNSUPPORTED[kind]))
    register = OneDocumentRegister.of(SEALED, facts_of(key_ring()))
    for verdict in (offline(data), verify_pdf(data, trust(), register, None, AT)):
        assert (verdict.state, verdict.reason, verdict.facts) == (
            VerdictState.STATUS_UNKNOWN,
            "updates_unverified",
            None,
        )
    # Nor does it become good because a good one follows.
    assert offline(Update.after(data).apply()).state is not VerdictState.VALID


def _replaced(value: bytes) -> Callable[[Update], object]:
    """Replace the page's content."""

    def change(update: Update) -> None:
        number = re.match(rb"\d+", update.dict_at(update.page)[b"/Contents"])  # type: ignore[call-overload] # one reference
        update.objects[int(number[0])] = value

    return change


def _at_widget(**entries: bytes) -> Callable[[Update], object]:
    return lambda u: u.dict_at(u.field).update({b"/" + name.encode(): value for name, value in entries.items()})


def _at_page(**entries: bytes) -> Callable[[Update], object]:
    return lambda u: u.dict_at(u.page).update({b"/" + name.encode(): value for name, value in entries.items()})


def _at_catalog(**entries: bytes) -> Callable[[Update], object]:
    return lambda u: u.dict_at(u.catalog).update({b"/" + name.encode(): value for name, value in entries.items()})


def _at_signature(**entries: bytes) -> Callable[[Update], object]:
    return lambda u: u.dict_at(u.signature).update({b"/" + name.encode(): value for name, value in entries.items()})


def _redefined(find: bytes, old: bytes, new: bytes) -> Callable[[Update], object]:
    """Redefine the sealed object that holds `find`, with `old` replaced in its value."""

    def change(update: Update) -> None:
        whole = re.findall(rb"\n(\d+) 0 obj\n(.*?)\nendobj", update.before.data, re.DOTALL)
        number, body = next(pair for pair in reversed(whole) if find in pair[1])
        assert old in body
        update.objects[int(number)] = body.replace(old, new)

    return change


def _annotation(update: Update) -> None:
    number = max(update.objects) + 1
    update.objects[number] = b"<</Type /Annot/Subtype /FreeText/Rect [0 0 500 500]/Contents (Co an tich)/F 4>>"
    update.dict_at(update.page)[b"/Annots"].append(b"%d 0 R" % number)  # type: ignore[union-attr] # a list


def _fields(update: Update) -> list[bytes]:
    return update.dict_at(update.catalog)[b"/AcroForm"][b"/Fields"]  # type: ignore[index,call-overload,return-value,no-any-return] # as it is built


def _dss(number: int, **lists: bytes) -> Callable[[Update], object]:
    def change(update: Update) -> None:
        update.dict_at(update.catalog)[b"/DSS"] = b"%d 0 R" % number
        update.objects[number] = b"<<%s>>" % b"".join(b"/%s %s" % (k.encode(), v) for k, v in lists.items())

    return change


def _stream_in_dss(stream: bytes) -> Callable[[Update], object]:
    def change(update: Update) -> None:
        number = max(update.objects) + 1
        _dss(number, Certs=b"[%d 0 R]" % (number + 1))(update)
        update.objects[number + 1] = stream

    return change


def _last_object(update: Update) -> int:
    return int(update.before.trailer[b"/Size"]) - 1  # type: ignore[arg-type] # our own file's


JAVASCRIPT = b"<</S /JavaScript/JS (app.alert)>>"
OCTAL = b"(%s)" % b"".join(b"\\%03o" % byte for byte in b"\xfe\xff" + "Signature1".encode("utf-16-be"))
ATTACKS: dict[str, Callable[[Update], object]] = {
    "page content": _replaced(b"<</Length 9>>\nstream\nBT /F1 Tf\nendstream"),
    "more page content": _at_page(Contents=b"[30 0 R 30 0 R]"),
    "page resources": _at_page(Resources=b"<<>>"),
    "page size": _at_page(MediaBox=b"[0 0 10 10]"),
    "page turned": _at_page(Rotate=b"180"),
    "page script": _at_page(AA=b"<</O %s>>" % JAVASCRIPT),
    "page of another kind": lambda u: u.dict_at(u.page).pop(b"/Type"),
    "an annotation": _annotation,
    "annotations taken away": lambda u: u.dict_at(u.page).update({b"/Annots": [b"%d 0 R" % u.field]}),
    "catalog names": _at_catalog(Names=b"<<>>"),
    "catalog script": _at_catalog(OpenAction=JAVASCRIPT),
    "catalog actions": _at_catalog(AA=b"<</WC %s>>" % JAVASCRIPT),
    "other pages": _at_catalog(Pages=b"30 0 R"),
    "layers": _at_catalog(OCProperties=b"<<>>"),
    "another language": _at_catalog(Lang=b"(en)"),
    "other extensions": _at_catalog(Extensions=b"<</ADBE <<>>>>"),
    "no certification": lambda u: u.dict_at(u.catalog).pop(b"/Perms"),
    "a form that is drawn anew": lambda u: u.dict_at(u.catalog)[b"/AcroForm"].update({b"/NeedAppearances": b"true"}),  # type: ignore[union-attr] # a dictionary
    "an XFA form": lambda u: u.dict_at(u.catalog)[b"/AcroForm"].update({b"/XFA": b"30 0 R"}),  # type: ignore[union-attr] # a dictionary
    "a seal taken from the form": lambda u: _fields(u).pop(0),
    "a field twice": lambda u: _fields(u).append(b"%d 0 R" % u.field),
    "page tree": _redefined(b"/Type/Pages", b"/Kids", b"/Kids [] /Kidz"),
    "the sealed widget": _redefined(b"/AP <<", b"/AP", b"/Xx"),
    "the seal itself": _redefined(b"/ETSI.CAdES.detached", b"/Name", b"/Nome"),
    "structure tree": _redefined(b"/StructTreeRoot", b"/StructTreeRoot", b"/Structs"),
    "metadata": _redefined(b"/Subtype/XML", b"Phi", b"Pho"),
    "information": _redefined(b"/Creator", b"Typst", b"Other"),
    "the attachment": _redefined(b"/Filespec", b"facts", b"other"),
    "an object that nothing refers to": lambda u: u.objects.update({max(u.objects) + 1: b"<</JS (x)>>"}),
    "an object with a number to come": lambda u: u.objects.update({99_999: b"<</Type /Page>>"}),
    "a visible field": _at_widget(Rect=b"[10 10 500 500]"),
    "a field with a picture": _at_widget(AP=b"<</N 30 0 R>>"),
    "a field with an action": _at_widget(A=JAVASCRIPT),
    "a field with actions": _at_widget(AA=b"<</D %s>>" % JAVASCRIPT),
    "a field of text": _at_widget(FT=b"/Tx"),
    "a field with children": _at_widget(Kids=b"[12 0 R]"),
    "a field named like the seal": _at_widget(T=b"<feff" + "Signature1".encode("utf-16-be").hex().encode() + b">"),
    "a field named like it in other letters": _at_widget(T=OCTAL),
    "a field on no page": _at_widget(P=b"1 0 R"),
    "another signature": _at_signature(SubFilter=b"/ETSI.CAdES.detached", Type=b"/Sig"),
    "a timestamp with a reference": _at_signature(Reference=b"[]"),
    "a timestamp's byte range": _at_signature(ByteRange=b"[0 10 20 30]"),
    "no timestamp": lambda u: u.objects.pop(u.signature),
    "validation data that are a page": lambda u: _dss(u.page, Certs=b"[]")(u),
    "validation data instead of another object": lambda u: _dss(_last_object(u), Certs=b"[]")(u),
    "validation data with more": lambda u: _dss(max(u.objects) + 1, JS=b"(x)")(u),
    "validation data that are sealed objects": lambda u: _dss(max(u.objects) + 1, Certs=b"[30 0 R]")(u),
    "validation data that are nothing": _stream_in_dss(b"<</Length 4>>\nstream\nabcd\nendstream"),
    "validation data that could be drawn": _stream_in_dss(b"<</Length 2/Subtype /Form>>\nstream\n0\0\nendstream"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("before", [SEALED, ARCHIVED], ids=["sealed", "archived"])
def test_whatever_else_an_update_holds_is_refused_though_its_timestamp_is_good(attack: str, before: bytes) -> None:
    update = Update.after(before)
    ATTACKS[attack](update)
    data = update.apply()
    verdict = offline(data)
    assert (verdict.state, verdict.facts) == (VerdictState.NOT_GENUINE, None)
    assert verdict.reason in {"seal_update_not_allowed", "pdf_type_unexpected", "pdf_object_missing"}
    assert online(data).state is VerdictState.NOT_GENUINE


@pytest.mark.parametrize("name", [rb"(\8)", rb"(\9)", rb"(\400\777)", rb"(\78)", b"(a\\\r\nb)"])
def test_a_name_with_odd_escapes_is_read_as_other_programs_read_it(name: bytes) -> None:
    """ISO 32000-2 section 7.3.4.2: a backslash before no such escape is ignored, of large numbers the high bits."""
    update = Update.after(SEALED)
    _at_widget(T=name)(update)
    assert offline(update.apply()).state is VerdictState.VALID


def test_bytes_that_belong_to_no_object_are_refused() -> None:
    hidden = b"1 0 obj\n<</Type /Pages/Kids []>>\nendobj\n"
    apply = Update.after(SEALED).apply
    for data in (
        apply(gap=hidden),
        apply(behind_trailer=b"\n" + hidden),
        apply(behind_trailer=b"\ntrailer<</Root 1 0 R>>"),
        apply(more_entries=b"30 1\n0000000015 00000 n \n"),
        apply(trailer={b"/Root": b"30 0 R"}),
        apply(trailer={b"/Info": b"30 0 R"}),
        apply(trailer={b"/Size": b"20"}),
        apply(trailer={b"/ID": [b"(other)", b"(other)"]}),
        apply(trailer={b"/XRef": b"1"}),
    ):
        assert offline(data).reason == "seal_update_not_allowed"
    assert offline(apply(more_entries=b"30 1\n0000000000 00001 f \n")).reason == "pdf_object_removed"


def test_the_last_update_must_be_timestamped() -> None:
    update = Update.after(ARCHIVED)
    update.objects.clear()
    plain = update.apply()
    assert offline(plain).reason == "seal_update_not_timestamped"
    # Covered by a timestamp, the same is harmless.
    assert offline(Update.after(plain).apply()).state is VerdictState.VALID


def test_an_old_timestamp_does_not_cover_what_came_after_it() -> None:
    later = Update.after(ARCHIVED).apply(stamper=Stamper(TimestampAuthority.make(AT)))
    assert offline(later).reason == "updates_unverified"
    assert offline(later + b" ").state is VerdictState.UNREADABLE


def test_updates_are_bounded() -> None:
    data = SEALED
    for _ in range(4):
        data = Update.after(data).apply()
    assert offline(data).state is VerdictState.VALID
    assert offline(Update.after(data).apply()).reason == "pdf_revisions_too_many"

    update = Update.after(SEALED)
    first = max(update.objects) + 2
    streams = range(first, first + 200)
    _dss(first - 1, Certs=b"[%s]" % b" ".join(b"%d 0 R" % n for n in streams))(update)
    update.objects.update(dict.fromkeys(streams, b"<</Length 2>>\nstream\n0\0\nendstream"))
    assert offline(update.apply()).reason == "seal_update_not_allowed"


def test_one_timestamp_does_not_serve_two_files() -> None:
    token = re.search(rb"/Contents <([0-9A-F]+)>", ARCHIVED[len(SEALED) :])
    other = Update.after(SEALED).apply()
    own = re.search(rb"/Contents <([0-9A-F]+)>", other[len(SEALED) :])
    assert token is not None
    assert own is not None
    moved = other.replace(own[1], token[1].rstrip(b"0").ljust(len(own[1]), b"0"))
    assert offline(moved).reason == "timestamp_of_something_else"


def test_a_flipped_bit_anywhere_is_noticed() -> None:
    assert offline(ARCHIVED).state is VerdictState.VALID
    chance = random.Random(20_261_122)
    places = [chance.randrange(len(ARCHIVED)) for _ in range(1_000)]
    places += [chance.randrange(len(SEALED), len(ARCHIVED)) for _ in range(1_000)]
    for count, place in enumerate(places):
        flipped = bytearray(ARCHIVED)
        flipped[place] ^= 1 << chance.randrange(8)
        assert offline(bytes(flipped)).state is not VerdictState.VALID, place
        if count % 20 == 0:
            assert online(bytes(flipped)).state in {VerdictState.NOT_GENUINE, VerdictState.UNREADABLE}, place


def test_no_bit_of_a_timestamp_is_free() -> None:
    hole = ARCHIVED.rindex(b"/Contents <") + len(b"/Contents <")
    token = len(Stamper(AUTHORITY).timestamp(bytes(32)))
    for place in range(hole, hole + 2 * token + 40):
        flipped = bytearray(ARCHIVED)
        flipped[place] ^= 0x20 if chr(flipped[place]).isalpha() else 1
        assert offline(bytes(flipped)).state is not VerdictState.VALID, place


def _mutated(value: bytes, chance: random.Random) -> bytes:
    data = bytearray(value)
    pieces = (b"<<", b">>", b"[", b"]", b"(", b"\\8", b" 30 0 R", b"/AA", b"/Type", b"9" * 12, b"-")
    for _ in range(chance.choice((1, 1, 2, 4))):
        place = chance.randrange(len(data))
        match chance.randrange(4):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                data[place:place] = chance.choice(pieces)
            case 2:
                del data[place : place + chance.randrange(1, 12)]
            case _:
                data[place : place + 1] = b"%d" % chance.randrange(100)
    return bytes(data)


def test_mutated_updates_with_good_timestamps_crash_nothing_and_change_nothing() -> None:
    """An update that still counts says the same as the honest one, but for the field's name or spaces."""
    chance, honest = random.Random(4), Update.after(SEALED)
    kept = (honest.catalog, honest.page)
    for _ in range(600):
        update = Update.after(SEALED)
        number = chance.choice((update.catalog, update.page, update.field))
        update.objects[number] = _mutated(write_value(update.dict_at(number)), chance)
        data = update.apply()
        if offline(data).state is VerdictState.VALID:
            after = read_pdf(data, 3)
            assert all(is_same(after.object_at(n)[0], honest.dict_at(n)) for n in kept)
            assert is_same(after.dict_of(b"%d 0 R" % update.field)[b"/P"], b"%d 0 R" % update.page)
