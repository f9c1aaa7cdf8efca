"""Parcels from asking to arriving: never more copies than were decided, never two of one application under way."""

from __future__ import annotations

import csv
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from issuance.certificate import SuspensionReason
from issuance.delivery.address import check_address
from issuance.delivery.batch import as_csv, close_batch, open_batch, waiting
from issuance.delivery.parcel import PARCEL_MOVES, ParcelState, ReturnReason, is_parcel_number, new_parcel_number
from issuance.delivery.post import ask_for_post, cancel_parcel, change_address, send_again
from issuance.delivery.print_copies import FILE_OPEN_FOR, note_print_loaded, open_print, print_copies
from issuance.errors import (
    AlreadyClosed,
    ApplicationNotFound,
    BatchNotFound,
    CertificateNotReady,
    ConcurrentChange,
    CopiesUsedUp,
    NoParcel,
    NothingToHandOver,
    ParcelMoveRefused,
    ParcelUnderWay,
    PostNotOffered,
    PrintNotFound,
    RoleMissing,
    SelfDealing,
)
from issuance.suspend import reinstate, suspend
from issuance.withdraw import withdraw
from storage.delivery_tables import paper_copies, parcels, postal_batches
from storage.records import SqlRecords
from tests.issuance.delivery.sending import ADDRESS, LINES, asked, handed_over, official_of, parcel_of, printed
from tests.issuance.office import Office


async def test_a_parcel_goes_its_way(office_on_both: Office) -> None:
    office = office_on_both
    application, listed = await handed_over(office)
    parcel = parcel_of(office, application)
    assert (parcel.state, parcel.seq, parcel.line, parcel.copies) == (ParcelState.HANDED_OVER, 1, 1, 2)
    assert (listed.batch.number, listed.batch.parcels) == (1, 1)
    assert [one.parcel for one in listed.lines] == [parcel]
    told = [action for action in office.audit(application.id) if action.startswith(("parcel", "print"))]
    assert told == ["parcel_asked", "printed", "parcel_printed", "parcel_handed_over"]
    entries = office.do(lambda records: records.audit.of_application(application.id))
    assert not any("Đội Cấn" in str(entry.details) or "0912" in str(entry.details) for entry in entries)


async def test_one_parcel_at_a_time(office: Office) -> None:
    application, citizen = await asked(office), await office.citizen()
    with pytest.raises(ParcelUnderWay):
        office.do(lambda r: ask_for_post(r, office.rules, citizen, application.code, ADDRESS, office.at))
    other = await office.citizen(sub="another", personal_id="001195000099")
    with pytest.raises(ApplicationNotFound):
        office.do(lambda r: ask_for_post(r, office.rules, other, application.code, ADDRESS, office.at))
    office.do(lambda r: cancel_parcel(r, citizen, application.code, office.at))
    with pytest.raises(NoParcel):
        office.do(lambda r: cancel_parcel(r, citizen, application.code, office.at))
    again = office.do(lambda r: ask_for_post(r, office.rules, citizen, application.code, ADDRESS, office.at))
    assert again.seq == 2


async def test_of_many_who_ask_at_once_one_parcel_comes(office_on_both: Office) -> None:
    office = office_on_both
    application, citizen = await office.application(copies=1), await office.citizen()

    def ask(_: int) -> bool:
        try:
            office.do(lambda r: ask_for_post(r, office.rules, citizen, application.code, ADDRESS, office.at))
        except (ParcelUnderWay, ConcurrentChange):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(8))) == 1


async def test_the_address_changes_until_the_copies_are_printed(office: Office) -> None:
    application, citizen = await asked(office), await office.citizen()
    other = check_address({**LINES, "street": "Số 5, phố Vọng"})
    changed = office.do(lambda r: change_address(r, citizen, application.code, other, office.at))
    assert parcel_of(office, application) == changed
    assert changed.address == other
    official = await official_of(office)
    office.do(lambda r: print_copies(r, application.code, official, 2, office.at))
    for late in (
        lambda r: change_address(r, citizen, application.code, ADDRESS, office.at),
        lambda r: cancel_parcel(r, citizen, application.code, office.at),
    ):
        with pytest.raises(ParcelUnderWay):
            office.do(late)


async def test_post_is_for_types_that_offer_it_and_for_what_gets_a_document(office: Office) -> None:
    application, citizen = await office.application(), await office.citizen()
    offered = office.rules.catalogue.get(application.type_id)
    assert "post" in offered.delivery
    office.do(lambda r: withdraw(r, citizen, application.code, office.at))
    with pytest.raises(AlreadyClosed):
        office.do(lambda r: ask_for_post(r, office.rules, citizen, application.code, ADDRESS, office.at))
    moved = await office.application()
    stored = replace(office.do(lambda r: r.applications.by_id(moved.id)), type_id="marital_status_confirmation")
    office.do(lambda r: r.applications.save(stored))
    with pytest.raises(PostNotOffered):
        office.do(lambda r: ask_for_post(r, office.rules, citizen, moved.code, ADDRESS, office.at))


async def test_never_more_copies_than_were_decided(office: Office) -> None:
    application, official = await asked(office, copies=3), await official_of(office)
    office.do(lambda r: print_copies(r, application.code, official, 2, office.at))
    assert parcel_of(office, application).state is ParcelState.ASKED
    with pytest.raises(CopiesUsedUp) as refused:
        office.do(lambda r: print_copies(r, application.code, official, 2, office.at))
    assert refused.value.left == 1
    office.do(lambda r: print_copies(r, application.code, official, 1, office.at))
    assert parcel_of(office, application).state is ParcelState.PRINTED


async def test_fifty_who_print_at_once(office_on_both: Office) -> None:
    office = office_on_both
    application, official = await asked(office, copies=5), await official_of(office)

    def one(_: int) -> int:
        try:
            office.do(lambda r: print_copies(r, application.code, official, 1, office.at))
        except (CopiesUsedUp, ConcurrentChange):
            return 0
        return 1

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(one, range(50)))
    counted = office.do(lambda r: r.paper_copies.printed(application.id))
    assert counted == done == office.audit(application.id).count("printed")
    assert done <= 5


async def test_printing_is_for_the_desk_and_what_is_in_force(office: Office) -> None:
    waiting_one = await office.application()
    official, citizen_number = await official_of(office), (await office.citizen()).personal_id.digits
    with pytest.raises(CertificateNotReady):
        office.do(lambda r: print_copies(r, waiting_one.code, official, 1, office.at))
    application = await asked(office)
    operator = await official_of(office, roles=["operator"])
    with pytest.raises(RoleMissing):
        office.do(lambda r: print_copies(r, application.code, operator, 1, office.at))
    herself = await official_of(office, sub="self", personal_id=citizen_number)
    with pytest.raises(SelfDealing):
        office.do(lambda r: print_copies(r, application.code, herself, 1, office.at))
    foreign = await official_of(office, unit="000.00.16.H26")
    with pytest.raises(ApplicationNotFound):
        office.do(lambda r: print_copies(r, application.code, foreign, 1, office.at))
    office.do(lambda r: suspend(r, application.code, official, SuspensionReason.UNDER_REVIEW, office.at))
    with pytest.raises(CertificateNotReady):
        office.do(lambda r: print_copies(r, application.code, official, 1, office.at))


async def test_the_file_is_for_who_noted_the_print_and_for_an_hour(office: Office) -> None:
    application, official = await asked(office), await official_of(office)
    noted = office.do(lambda r: print_copies(r, application.code, official, 1, office.at))
    certificate = office.do(lambda r: open_print(r, application.code, official, noted.id, office.at + FILE_OPEN_FOR))
    assert certificate.application_id == application.id
    office.do(lambda r: note_print_loaded(r, application.code, official, noted.id, office.at))
    assert office.audit(application.id)[-1] == "print_loaded"
    late = office.at + FILE_OPEN_FOR + timedelta(seconds=1)
    with pytest.raises(PrintNotFound):
        office.do(lambda r: open_print(r, application.code, official, noted.id, late))
    colleague = await official_of(office, sub="colleague")
    with pytest.raises(PrintNotFound):
        office.do(lambda r: open_print(r, application.code, colleague, noted.id, office.at))


async def test_a_batch_takes_what_is_printed_and_in_force(office_on_both: Office) -> None:
    office = office_on_both
    official = await official_of(office)
    with pytest.raises(NothingToHandOver):
        office.do(lambda r: close_batch(r, official, office.at))
    first, suspended, unprinted = await printed(office), await printed(office), await asked(office)
    office.do(lambda r: suspend(r, suspended.code, official, SuspensionReason.UNDER_REVIEW, office.at))
    assert {one.code for one in office.do(lambda r: waiting(r, official, 10))} == {
        first.code,
        suspended.code,
        unprinted.code,
    }
    one = office.do(lambda r: close_batch(r, official, office.at))
    assert [line.code for line in one.lines] == [first.code]
    office.do(lambda r: reinstate(r, suspended.code, official, office.at))
    two = office.do(lambda r: close_batch(r, official, office.at))
    assert (two.batch.number, [line.code for line in two.lines]) == (2, [suspended.code])
    next_day = office.at + timedelta(days=1)
    office.do(lambda r: print_copies(r, unprinted.code, official, 2, next_day))
    assert office.do(lambda r: close_batch(r, official, next_day)).batch.number == 1
    foreign = await official_of(office, unit="000.00.16.H26")
    with pytest.raises(BatchNotFound):
        office.do(lambda r: open_batch(r, foreign, one.batch.id))
    assert office.do(lambda r: open_batch(r, official, one.batch.id)) == one


async def test_two_close_at_once(office_on_both: Office) -> None:
    office = office_on_both
    await printed(office)
    official = await official_of(office)

    def close(_: int) -> int:
        try:
            return len(office.do(lambda r: close_batch(r, official, office.at)).lines)
        except (NothingToHandOver, ConcurrentChange):
            return 0

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(close, range(4))) == 1


async def test_what_came_back_goes_out_again_without_being_printed(office: Office) -> None:
    application, _ = await handed_over(office)
    official, citizen = await official_of(office), await office.citizen()
    with pytest.raises(NoParcel):
        office.do(lambda r: send_again(r, application.code, official, office.at))
    _came_back(office, application)
    again = office.do(lambda r: send_again(r, application.code, official, office.at))
    assert (again.seq, again.state, again.address) == (2, ParcelState.PRINTED, ADDRESS)
    office.do(lambda r: close_batch(r, official, office.at))
    _came_back(office, application)
    other = check_address({**LINES, "street": "Số 5, phố Vọng"})
    third = office.do(lambda r: ask_for_post(r, office.rules, citizen, application.code, other, office.at))
    assert (third.seq, third.state, third.address) == (3, ParcelState.PRINTED, other)
    with pytest.raises(CopiesUsedUp):
        office.do(lambda r: print_copies(r, application.code, official, 1, office.at))


def _came_back(office: Office, application: object) -> None:
    parcel = parcel_of(office, application)  # type: ignore[arg-type] # an application, of the test's
    back = replace(parcel.moved_to(ParcelState.RETURNED, office.at), return_reason=ReturnReason.NOT_AT_HOME)
    office.do(lambda r: r.parcels.save(back))


async def test_no_formula_reaches_a_spreadsheet(office: Office) -> None:
    hostile = check_address({**LINES, "recipient": '=HYPERLINK("http://a.b","x")', "street": "+1, 2"})
    application = await asked(office, hostile)
    official = await official_of(office)
    office.do(lambda r: print_copies(r, application.code, official, 2, office.at))
    text = as_csv(office.do(lambda r: close_batch(r, official, office.at))).decode("utf-8-sig")
    head, line = text.splitlines()
    assert head == "line,parcel,recipient,phone,street,commune,province,copies"
    assert "\"'=HYPERLINK" in line
    assert '"\'+1, 2"' in line


@pytest.mark.parametrize("inner", ["12 A;=1+2", "12 A, @SUM(1)", '12 A; "-1+2', "12 A|+1"])
async def test_no_formula_reaches_a_spreadsheet_that_divides_elsewhere(office: Office, inner: str) -> None:
    """Where semicolons divide cells, what follows one begins a cell."""
    application, official = await asked(office, check_address({**LINES, "street": inner})), await official_of(office)
    office.do(lambda r: print_copies(r, application.code, official, 2, office.at))
    listed = office.do(lambda r: close_batch(r, official, office.at))
    row = list(csv.reader(as_csv(listed).decode("utf-8-sig").splitlines()))[1]
    for part in re.split(r"[,;|]", row[4]):
        assert not part.lstrip(' "').startswith(("=", "+", "-", "@"))


async def test_copies_that_are_printed_already_can_be_sent(office: Office) -> None:
    application = await office.approved(copies=2)
    office.issue(application.id)
    citizen, official = await office.citizen(), await official_of(office)
    office.do(lambda r: print_copies(r, application.code, official, 2, office.at))
    asked_later = office.do(lambda r: ask_for_post(r, office.rules, citizen, application.code, ADDRESS, office.at))
    assert asked_later.state is ParcelState.PRINTED
    assert office.do(lambda r: close_batch(r, official, office.at)).batch.parcels == 1


async def test_the_database_itself_holds_it(office_on_both: Office) -> None:
    office = office_on_both
    application, listed = await handed_over(office)
    for statement in (
        sa.update(parcels).values(state="printed", batch_id=None, line=None),
        sa.update(parcels).values(number="P00000000000"),
        sa.update(paper_copies).values(printed=1),
        sa.update(paper_copies).values(printed=3),
        sa.update(paper_copies).values(decided=9),
        sa.delete(paper_copies),
        sa.update(postal_batches).values(parcels=7),
        sa.delete(postal_batches),
    ):
        with pytest.raises(sa.exc.DBAPIError):
            office.database.run_blocking(lambda r, statement=statement: _execute(r, statement))  # type: ignore[misc] # of a default
    assert parcel_of(office, application).batch_id == listed.batch.id


def _execute(records: SqlRecords, statement: sa.Executable) -> None:
    records._connection.execute(statement)


def test_moves_go_forward_only() -> None:
    order = list(ParcelState)
    for state, onward in PARCEL_MOVES.items():
        assert all(order.index(state) < order.index(one) for one in onward)


async def test_an_illegal_move_is_refused(office: Office) -> None:
    application = await asked(office)
    with pytest.raises(ParcelMoveRefused):
        parcel_of(office, application).moved_to(ParcelState.DELIVERED, office.at)


def test_a_mistyped_number_is_noticed() -> None:
    number = new_parcel_number()
    assert is_parcel_number(number)
    for place in range(1, len(number)):
        for digit in "0123456789":
            if digit != number[place]:
                assert not is_parcel_number(number[:place] + digit + number[place + 1 :])
    assert not is_parcel_number(number.lower())
    assert not is_parcel_number("")
