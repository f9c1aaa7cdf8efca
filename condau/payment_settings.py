"""What the settings say about payments, as the parts that need it take it."""

from __future__ import annotations

from condau.setting_files import read_secret
from condau.settings import Settings, SettingsRefused
from issuance.payments.terms import PaymentTerms, StatementColumns
from issuance.payments.verify_notice import NoticeSecrets


def payment_terms(settings: Settings) -> PaymentTerms:
    """Raises SettingsRefused where two columns of a statement have one heading."""
    columns = StatementColumns(**settings.payments.statement.model_dump())
    if len(set(columns.all)) != len(columns.all):
        raise SettingsRefused("payments.statement: each column has a heading of its own")
    return PaymentTerms(unit=settings.payments.unit, columns=columns)


def notice_secrets(settings: Settings) -> NoticeSecrets:
    """Raises SettingsRefused for a file that cannot be read, or holds no secret."""
    setting = "payments.notice_secret_files"
    found = [read_secret(setting, file) for file in settings.payments.notice_secret_files]
    try:
        return NoticeSecrets(found)
    except ValueError as unusable:
        raise SettingsRefused(f"{setting}: {unusable}") from None
