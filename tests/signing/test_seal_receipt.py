"""Receipts in XML: every program verifies what is signed, ours reads its one form, and a permit is for once."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xmlschema
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from signxml import XMLVerifier
from signxml.exceptions import InvalidDigest, InvalidSignature

import verification.formats
from signing.errors import ContentNotSealable, KeyUnsuitable, PermitAlreadyRedeemed, PermitForOtherPurpose
from signing.local_authority import PdfKeyType
from signing.seal_pdf import seal_pdf
from signing.seal_receipt import seal_receipt
from signing.self_check import check_own_receipt
from tests.sealing import AT, ORGANISATION, key_ring
from tests.verification.organisation import make_key
from tests.verification.receipts import content, permit, receipt_facts, sealed, written
from verification.formats.plain_xml import XmlMalformed, read_elements, write_elements
from verification.formats.receipt_xml import NAMESPACE, facts_of, read_receipt
from verification.trust import KeyPurpose

SCHEMA = Path(verification.formats.__file__).parent / "receipt.xsd"
KEY_TYPES: tuple[PdfKeyType, ...] = ("p256", "rsa2048", "rsa3072")
RING = key_ring()
KEY = RING.active(KeyPurpose.RECEIPT, AT)

# What XML can carry, with a preference for what it must write in another way.
texts = st.text(
    st.sampled_from("<>&\"'\r\n\t ]]>")
    | st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    max_size=30,
)


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMA)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_signxml_verifies_it_and_covers_the_whole_receipt(key_type: PdfKeyType) -> None:
    ring = key_ring(key_type)
    pem = ring.active(KeyPurpose.RECEIPT, AT).certificate_chain[0].public_bytes(Encoding.PEM).decode()

    data = sealed(key_type).data
    covered = XMLVerifier().verify(data, x509_cert=pem)
    assert etree.tostring(covered.signed_xml, method="c14n", exclusive=True) == written(ring)
    with pytest.raises((InvalidDigest, InvalidSignature)):
        XMLVerifier().verify(data.replace(b"<gross>205000", b"<gross>205001"), x509_cert=pem)


@pytest.mark.parametrize("key_type", KEY_TYPES)
@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="the command xmlsec1 is not on this machine")
def test_xmlsec_verifies_it_up_to_the_root(key_type: PdfKeyType, tmp_path: Path) -> None:
    roots, file = tmp_path / "roots.pem", tmp_path / "receipt.xml"
    roots.write_bytes(b"".join(root.public_bytes(Encoding.PEM) for root in key_ring(key_type).roots))

    def verifies(data: bytes) -> bool:
        file.write_bytes(data)
        at = AT.strftime("%Y-%m-%d %H:%M:%S")
        command = ["xmlsec1", "--verify", "--trusted-pem", roots, "--verification-gmt-time", at, file]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    data = sealed(key_type).data
    assert verifies(data)
    assert not verifies(data.replace(b"<gross>205000", b"<gross>205001"))


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_the_signed_file_is_its_own_canonical_form_and_ours_reads_it(key_type: PdfKeyType) -> None:
    ring, data = key_ring(key_type), sealed(key_type).data
    assert etree.tostring(etree.fromstring(data), method="c14n", exclusive=True) == data
    facts = receipt_facts(ring, content())
    assert facts_of(read_receipt(data)) == facts
    assert check_own_receipt(data, ring.trust_list(AT), AT, facts).facts == facts


def test_the_schema_describes_it() -> None:
    schema().validate(etree.fromstring(sealed().data))


PAID: dict[str, Any] = {
    "paid_on": "2024-06-03",
    "issuing_parent": None,
    "lines": [{"label": "Phí", "quantity": 3, "gross": 9, "waived": 0, "due": 9, "reductions": []}],
    "totals": {"gross": 9, "waived": 0, "due": 9},
}


@pytest.mark.parametrize(
    ("changed", "fits"),
    [
        ({}, True),
        (PAID, True),
        ({"receipt_number": "2024-0000001"}, True),
        ({"receipt_number": "1"}, False),
        ({"personal_id": "00119400001"}, False),
        ({"legal_basis": []}, False),
        ({"totals": {"gross": -1, "waived": 0, "due": 0}}, False),
    ],
)
def test_the_schema_takes_what_is_right_and_nothing_else(changed: dict[str, Any], fits: bool) -> None:
    root = etree.fromstring(seal_receipt(permit(written(RING, **changed)), KEY).data)
    assert schema().is_valid(root) == fits


@given(texts, texts)
def test_any_text_comes_back_as_it_was_and_is_canonical(name: str, basis: str) -> None:
    xml = written(RING, service_name=name, legal_basis=[basis])
    root = etree.fromstring(xml)
    assert etree.tostring(root, method="c14n", exclusive=True) == xml
    assert root.findtext(f"{{{NAMESPACE}}}service") == name
    found = dict(one for one in read_elements(xml, "receipt", NAMESPACE)[1] if not isinstance(one, str))
    assert (found["service"], found["legalBasis"]) == (name, basis)


@pytest.mark.parametrize("text", ["\x00", "\x0b", "\ud800", "\ufffe"])
def test_what_xml_cannot_carry_is_refused_before_anything_is_signed(text: str) -> None:
    with pytest.raises(ValueError, match="XML"):
        written(RING, service_name=text)


def test_a_permit_is_for_this_and_for_once() -> None:
    once = permit(written(RING))
    seal_receipt(once, KEY)
    with pytest.raises(PermitAlreadyRedeemed):
        seal_receipt(once, KEY)
    with pytest.raises(PermitForOtherPurpose):
        seal_receipt(permit(written(RING), KeyPurpose.PDF), KEY)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"<other/>", b'<receipt xmlns="urn:condau:receipt:1"><number>'])
def test_nothing_but_a_receipt_is_signed_here(content: bytes) -> None:
    with pytest.raises(ContentNotSealable):
        seal_receipt(permit(content), KEY)


def test_a_receipt_is_no_page_to_seal() -> None:
    with pytest.raises(Exception, match="pdf_"):
        seal_pdf(permit(written(RING)), KEY, ORGANISATION, AT)


@pytest.mark.parametrize("kind", ["p256", "ed25519"])
def test_a_key_that_cannot_is_refused_and_spends_no_permit(kind: Any) -> None:
    once = permit(written(RING))
    with pytest.raises(KeyUnsuitable):
        seal_receipt(once, make_key("k", kind))  # without a certificate
    seal_receipt(once, KEY)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"<a>x<b></b></a>",
        b"<a></a><a></a>",
        b"<a></a>x",
        b"x<a></a>",
        b"<a/>",
        b"<a ></a>",
        b"<a>&quot;</a>",
        b"<a>&#60;</a>",
        b"<a>></a>",
        b"<a><!-- --></a>",
        b"<a><![CDATA[x]]></a>",
        b"<a><b><b><b><b><b><b></b></b></b></b></b></b></a>",
        b"<a>\xff</a>",
        b"<a>\r</a>",
        b"<a>\x00</a>",
    ],
)
def test_one_form_is_read_and_no_other(data: bytes) -> None:
    start = b'<a xmlns="urn:x">'
    with pytest.raises(XmlMalformed):
        read_elements(data.replace(b"<a>", start, 1), "a", "urn:x")


@given(
    st.recursive(
        texts,
        lambda inner: st.lists(st.tuples(st.sampled_from("abc"), inner), min_size=1, max_size=3).map(tuple),
        max_leaves=8,
    )
)
def test_what_is_written_is_read_back(inner: Any) -> None:
    data = write_elements(("a", inner), "urn:x")
    try:
        assert read_elements(data, "a", "urn:x") == ("a", inner)
    except XmlMalformed:
        assert data.count(b"<") > 12  # deeper than is read
