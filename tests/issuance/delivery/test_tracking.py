"""The post's reports: read line by line, taken as often as they come, never backwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issuance.delivery import tracking
from issuance.delivery.parcel import ParcelState, ReturnReason, new_parcel_number
from issuance.delivery.tracking import LineProblem, read_tracking, track, track_for_unit
from issuance.errors import BrokenTracking, RoleMissing
from tests.issuance.delivery.sending import asked, handed_over, official_of, parcel_of
from tests.issuance.office import MONDAY, Office

HEAD = "parcel,tracking,state,at,reason\n"
AT = "2024-06-03T08:00:00+07:00"


def lines(*rows: str) -> bytes:
    return (HEAD + "".join(f"{row}\n" for row in rows)).encode()


async def test_what_the_post_reports(office_on_both: Office) -> None:
    office = office_on_both
    application, listed = await handed_over(office)
    returned, _ = await handed_over(office)
    number, other = (one.parcel.number for one in (listed.lines[0], _.lines[0]))
    official = await official_of(office)
    file = lines(
        f"{number},EH1VN,handed_over,{AT},", f"{number},,delivered,{AT},", f"{other},EH2VN,returned,{AT},refused"
    )
    read = read_tracking(file, office.at)
    preview = office.do(lambda r: track_for_unit(r, official, read.reports, office.at, dry_run=True))
    assert (preview.changed, preview.problems) == ((number, other), ())
    assert parcel_of(office, application).state is ParcelState.HANDED_OVER
    assert "parcel_delivered" not in office.audit(application.id)

    first = office.do(lambda r: track_for_unit(r, official, read.reports, office.at, dry_run=False))
    assert (first.changed, first.unchanged) == (preview.changed, 0)
    delivered, back = parcel_of(office, application), parcel_of(office, returned)
    assert (delivered.state, delivered.tracking_number) == (ParcelState.DELIVERED, "EH1VN")
    assert (back.state, back.return_reason) == (ParcelState.RETURNED, ReturnReason.REFUSED)
    assert office.audit(application.id)[-2:] == ["parcel_tracked", "parcel_delivered"]

    again = office.do(lambda r: track_for_unit(r, official, read.reports, office.at, dry_run=False))
    assert (again.changed, again.unchanged, again.problems) == ((), 3, ())
    assert parcel_of(office, application) == delivered


async def test_what_cannot_be_is_told_by_line(office: Office) -> None:
    application, listed = await handed_over(office)
    waits, official = await asked(office), await official_of(office)
    number = listed.lines[0].parcel.number
    file = lines(
        f"{new_parcel_number()},,delivered,{AT},",
        f"{parcel_of(office, waits).number},,delivered,{AT},",
        f"{number},,delivered,{AT},",
        f"{number},,returned,{AT},refused",
    )
    read = read_tracking(file, office.at)
    report = office.do(lambda r: track_for_unit(r, official, read.reports, office.at, dry_run=False))
    assert report.problems == (
        LineProblem(2, "unknown"),
        LineProblem(3, "not_handed_over"),
        LineProblem(5, "backwards"),
    )
    assert parcel_of(office, application).state is ParcelState.DELIVERED


async def test_a_foreign_units_parcel_is_unknown(office: Office) -> None:
    application, listed = await handed_over(office)
    foreign = await official_of(office, unit="000.00.16.H26")
    read = read_tracking(lines(f"{listed.lines[0].parcel.number},,delivered,{AT},"), office.at)
    report = office.do(lambda r: track_for_unit(r, foreign, read.reports, office.at, dry_run=False))
    assert report.problems == (LineProblem(2, "unknown"),)
    operator = await official_of(office, roles=["operator"])
    with pytest.raises(RoleMissing):
        office.do(lambda r: track_for_unit(r, operator, read.reports, office.at, dry_run=False))
    assert parcel_of(office, application).state is ParcelState.HANDED_OVER
    whole = office.do(lambda r: track(r, read.reports, "operator:uid-0", office.at, dry_run=False))
    assert whole.changed == (listed.lines[0].parcel.number,)


NUMBER = "P48210573969"


@pytest.mark.parametrize(
    ("row", "trouble"),
    [
        (f"{NUMBER},,delivered,{AT}", "columns"),
        (f"P48210573960,,delivered,{AT},", "parcel"),
        (f"{NUMBER},eh 1,delivered,{AT},", "tracking"),
        (f"{NUMBER},,printed,{AT},", "state"),
        (f"{NUMBER},,delivered,2024-06-03T08:00:00,", "at"),
        (f"{NUMBER},,delivered,yesterday,", "at"),
        (f"{NUMBER},,delivered,2024-06-04T08:00:00+07:00,", "future"),
        (f"{NUMBER},,delivered,{AT},refused", "reason"),
        (f"{NUMBER},,returned,{AT},", "reason"),
        (f"{NUMBER},,returned,{AT},rain", "reason"),
    ],
)
def test_a_wrong_line_is_a_problem_of_that_line_alone(row: str, trouble: str) -> None:
    read = read_tracking(lines(row, f"{NUMBER},EH1VN,delivered,{AT},"), MONDAY)
    assert [(one.line, one.trouble) for one in read.problems] == [(2, trouble)]
    assert [one.line for one in read.reports] == [3]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "heading"),
        (b"parcel,state\n", "heading"),
        (HEAD.encode() + b"\xff", "no_utf8"),
        (HEAD.encode() + b'"open', "no_csv"),
        (b"x" * (tracking.MAX_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_such_file(content: bytes, why: str) -> None:
    with pytest.raises(BrokenTracking) as refused:
        read_tracking(content, MONDAY)
    assert refused.value.why == why


def test_too_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking, "MAX_LINES", 2)
    with pytest.raises(BrokenTracking):
        read_tracking(lines("a", "b"), MONDAY)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for whole in (content, HEAD.encode() + content):
        try:
            read_tracking(whole, MONDAY)
        except BrokenTracking:
            continue


async def test_whatever_order_reports_come_in_states_go_forward(office: Office) -> None:
    application, listed = await handed_over(office)
    number = listed.lines[0].parcel.number
    seen = [parcel_of(office, application).state]
    rows = (
        f"{number},EH1VN,delivered,{AT},",
        f"{number},EH9VN,handed_over,2024-06-03T07:00:00+07:00,",
        f"{number},,returned,{AT},other",
        f"{number},EH1VN,delivered,{AT},",
    )
    for row in rows:
        read = read_tracking(lines(row), office.at + timedelta(days=1))
        office.do(lambda r, read=read: track(r, read.reports, "operator", office.at, dry_run=False))  # type: ignore[misc] # of a default
        seen.append(parcel_of(office, application).state)
    assert seen == [ParcelState.HANDED_OVER] + 4 * [ParcelState.DELIVERED]
    assert parcel_of(office, application).tracking_number == "EH1VN"
