"""What the conditions of procedures and legal limits are told about an application."""

from __future__ import annotations

from ..application import Application
from ..documents.catalogue import DocumentType
from ..procedure.conditions import FactValue
from ..procedure.facts import facts_of_request


def facts_of(application: Application, document_type: DocumentType) -> dict[str, FactValue]:
    """The facts of `procedure.facts` for this application; an optional yes-or-no question left out means no."""
    return facts_of_request(
        document_type.input_schema or {},
        application.input,
        channel=application.channel,
        on_behalf_of=application.on_behalf_of is not None,
        requested_by="citizen" if application.requested_by is None else "body",
        copies=application.copies,
    )
