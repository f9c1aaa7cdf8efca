from collections.abc import Callable

import pytest

from issuance.application import Application
from issuance.fees.document import VND
from issuance.payments.order import PaymentSource, ReceivedPayment
from issuance.payments.take_payment import Taken, take_payment
from tests.issuance.office import Office
from tests.issuance.payments.providers import Provider
from tests.issuance.quota_policies import IN_2026, adopt, quota_policy
from tests.issuance.test_evidence import order_of

Arrive = Callable[..., Taken]


@pytest.fixture
def office(office: Office) -> Office:
    """Where whoever comes through the kiosk pays 200,000 VND."""
    office.at = IN_2026
    adopt(office, quota_policy())
    return office


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def arrive(office: Office) -> Arrive:
    """Money comes with the memo of an application, or with another text."""

    def take(about: Application | str, reference: str, amount: int, **changed: object) -> Taken:
        memo = about if isinstance(about, str) else order_of(office, about).memo
        values = {"source": PaymentSource.GATEWAY, "received_at": office.at} | changed
        payment = ReceivedPayment(memo=memo, amount=VND(amount), provider_reference=reference, **values)  # type: ignore[arg-type] # its own fields
        return office.do(lambda r: take_payment(r, office.rules, payment, office.at))

    return take
