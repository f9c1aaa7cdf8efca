"""Labels: an address is printed as it stands, and another program reads the parcel's number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pypdfium2
import zxingcpp

from issuance.application import Actor
from issuance.delivery.address import check_address
from issuance.delivery.batch import BatchList
from issuance.delivery.labels import LabelSheets
from issuance.delivery.parcel import Parcel, ParcelLine, ParcelState, PostalBatch, new_parcel_number
from tests.issuance.delivery.sending import LINES
from tests.issuance.office import MONDAY

SENDER = "Công an thành phố Hà Nội #x"
MARKUP = '#read("/etc/passwd") $x$ *b* \\ <a> @c'


def batch_of(count: int, **lines: str) -> BatchList:
    somebody = Actor(subject_key="x|y", full_name="Z", unit="u")
    batch = PostalBatch(
        id=UUID(int=1),
        unit="u",
        on=date(2024, 6, 3),
        number=1,
        parcels=count,
        closed_by=somebody,
        closed_at=MONDAY,
    )
    parcel = Parcel(
        id=UUID(int=2),
        application_id=UUID(int=3),
        seq=1,
        number="",
        copies=2,
        address=check_address({**LINES, **lines}),
        state=ParcelState.HANDED_OVER,
        asked_at=MONDAY,
        changed_at=MONDAY,
    )
    listed = [
        ParcelLine(replace(parcel, number=new_parcel_number(), line=line), "code") for line in range(1, count + 1)
    ]
    return BatchList(batch, listed)


def test_each_sheet_has_eight_labels_and_markup_stays_literal() -> None:
    listed = batch_of(9, street=MARKUP)
    pdf = LabelSheets(None).draw(listed, SENDER)
    assert LabelSheets(None).draw(listed, SENDER) == pdf
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 2
    text = "".join(page.get_textpage().get_text_range() for page in document)
    plain = "".join(text.split())
    assert plain.count("".join(MARKUP.split())) == 9
    assert plain.count("ÁnhTuyết") == 9
    assert plain.count("Ngườigửi:CônganthànhphốHàNội#x") == 9
    read = [
        code.text for page in document for code in zxingcpp.read_barcodes(page.render(scale=3).to_pil().convert("L"))
    ]
    assert sorted(read) == sorted(one.parcel.number for one in listed.lines)


def test_the_longest_address_stays_on_its_own_label() -> None:
    longest = {"recipient": "Ửớẫ Wmm " * 10, "street": "Ửớẫ Wmm " * 15, "commune": "Ửớẫ Wmm " * 10}
    pdf = LabelSheets(None).draw(batch_of(8, **longest, province="Ửớẫ Wmm " * 7), SENDER)
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    assert len(zxingcpp.read_barcodes(document[0].render(scale=3).to_pil().convert("L"))) == 8
