"""Scenes of what reaches people and of what is kept: copies by post, who was shown whose data, the ledger, a backup."""

from __future__ import annotations

from pathlib import Path

from condau.backup.check import check_backup, found_backup
from condau.backup.make import make_backup
from condau.clock import now
from condau.ledger import opened_check
from condau.settings import Settings
from condau.story import HEAD, Story, StoryFailed

_ADDRESS = {
    "recipient": "Nguyễn Thị Minh Anh",
    "phone": "0912345678",
    "street": "Số 12 phố Thợ Nhuộm",
    "commune": "Phường Cửa Nam",
    "province": "Thành phố Hà Nội",
}


def copies_by_post(story: Story, citizen: str, code: str) -> Path:
    """Her paper copies go out; returns the sheet of labels. Raises StoryFailed."""
    desk = story.token(HEAD, "desk")
    with story.step("Her paper copies are printed, counted, and go out by post") as say:
        story.call("POST", f"/v1/applications/{code}/parcels", citizen, expect=201, json=_ADDRESS)
        printed = story.call(
            "POST", f"/v1/desk/applications/{code}/prints", desk, expect=201, json={"copies": 3}
        ).json()
        say(f"{printed['copies']} copies printed; the desk's printer gets the file for an hour")
        again = story.call("POST", f"/v1/desk/applications/{code}/prints", desk, expect=409, json={"copies": 1}).json()
        say(f"one more: {again['title']}")
        batch = story.call("POST", "/v1/desk/postal-batches", desk, expect=201, json={}).json()
        labels = story.folder / "labels.pdf"
        sheet = story.call("GET", batch["batch"]["links"]["labels"], desk, expect=200)
        labels.write_bytes(sheet.content)
        (parcel,) = story.call("GET", f"/v1/applications/{code}/parcels", citizen, expect=200).json()["items"]
        report = f"parcel,tracking,state,at,reason\n{parcel['number']},EH123456789VN,delivered,{now().isoformat()},\n"
        headers = {"Content-Type": "text/csv"}
        story.call("POST", "/v1/desk/parcel-reports", desk, expect=200, headers=headers, content=report.encode())
        (parcel,) = story.call("GET", f"/v1/applications/{code}/parcels", citizen, expect=200).json()["items"]
        say(f"parcel {parcel['number']}: {parcel['state_name']}, {parcel['tracking_number']}")
    return labels


def who_looked(story: Story, citizen: str) -> None:
    """She reads who was shown her data. Raises StoryFailed."""
    with story.step("She reads who was shown her data, and for what") as say:
        items = story.call("GET", "/v1/accesses", citizen, expect=200).json()["items"]
        if not items:
            raise StoryFailed("officials were shown her data, and nothing tells of it")
        for one in items[:4]:
            say(f"{one['at'][:16]} {one['unit_name']}: {one['shown_name']}. {one['purpose_name']}")
        if len(items) > 4:
            say(f"and {len(items) - 4} more")


def the_books_are_checked(story: Story, settings: Settings) -> Path:
    """The operator's part; returns the backup's folder. Raises StoryFailed."""
    with story.step("The operator has the ledger checked, and makes a backup") as say:
        with opened_check(settings, lambda _what, _count: None) as check:
            for finding in check.findings():
                raise StoryFailed(f"the ledger was changed: {finding}")
        say(f"{check.checked.entries} entries, {check.checked.seals} seals: nothing was changed")
        root = story.folder / "backups"
        made = make_backup(settings, root, now(), keep=2)
        checked = check_backup(found_backup(root), None)
        say(f"{made.folder}: {checked.manifest.files} files, each as it was written down")
    return made.folder
