"""An office that sends paper copies by post."""

from __future__ import annotations

from typing import Any

from identity.citizen import VerifiedOfficial
from issuance.application import Application
from issuance.delivery.address import PostalAddress, check_address
from issuance.delivery.batch import BatchList, close_batch
from issuance.delivery.parcel import Parcel
from issuance.delivery.post import ask_for_post
from issuance.delivery.print_copies import print_copies
from tests.issuance.office import Office

LINES: dict[str, Any] = {
    "recipient": "Nguyễn Thị Ánh Tuyết",
    "phone": "0912345678",
    "street": "Số 12, phố Đội Cấn",
    "commune": "Phường Ngọc Hà",
    "province": "Thành phố Hà Nội",
}
ADDRESS = check_address(LINES)


def parcel_of(office: Office, application: Application) -> Parcel:
    """The newest one."""
    return office.do(lambda records: records.parcels.of_application(application.id))[-1]


async def official_of(office: Office, **claims: Any) -> VerifiedOfficial:
    return await office.official(**({"roles": ["caseworker", "head"]} | claims))


async def asked(office: Office, address: PostalAddress = ADDRESS, **changed: Any) -> Application:
    """An issued document of which the citizen wants the copies by post."""
    application = await office.approved(**({"copies": 2} | changed))
    office.issue(application.id)
    citizen = await office.citizen()
    office.do(lambda records: ask_for_post(records, office.rules, citizen, application.code, address, office.at))
    return application


async def printed(office: Office, **changed: Any) -> Application:
    """The same, with all copies printed."""
    application, official = await asked(office, **changed), await official_of(office)
    office.do(lambda records: print_copies(records, application.code, official, application.copies, office.at))
    return application


async def handed_over(office: Office, **changed: Any) -> tuple[Application, BatchList]:
    """The same, in a closed batch."""
    application, official = await printed(office, **changed), await official_of(office)
    return application, office.do(lambda records: close_batch(records, official, office.at))
