"""An application with all that belongs to it, as it is read before it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from issuance.application import Application, ApplicationState
from issuance.assessed import StoredAssessment
from issuance.certificate import Certificate, CertificateKind
from issuance.deadlines.apology import Apology
from issuance.documents.catalogue import DocumentType
from issuance.evidence import Evidence
from issuance.feedback.question import Question
from issuance.payments.order import PaymentOrder
from issuance.payments.refund import RefundOrder
from issuance.payments.vietqr import BankAccount
from issuance.procedure.document import Procedure
from issuance.rules import Rules
from issuance.settlement.in_force import procedure_of
from issuance.settlement.stop import last_day_to_pay

from .services import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """An application with its order and papers, read in one transaction.

    evidence, assessments, refunds, questions: oldest first. survey: the token of the one that is open, for its owner.
    pay_by: the last day in Vietnam on which the order's money may come; account: where to. waiting_vnd: what came under
    the order's memo and fits no order.
    """

    application: Application
    document_type: DocumentType
    procedure: Procedure
    order: PaymentOrder | None
    pay_by: date | None
    result: Certificate | None
    receipt: Certificate | None
    apology: Apology | None
    evidence: Sequence[Evidence]
    assessments: Sequence[StoredAssessment]
    refunds: Sequence[RefundOrder]
    questions: Sequence[Question] = ()
    survey: str | None = None
    waiting_vnd: int = 0
    account: BankAccount | None = None


def open_dossier(records: Records, rules: Rules, application: Application) -> Dossier:
    """Read what belongs to an application that the caller may see."""
    order = records.payments.of_application(application.id)
    return Dossier(
        application=application,
        document_type=rules.catalogue.get(application.type_id),
        procedure=procedure_of(records, application),
        order=order,
        pay_by=None if order is None else last_day_to_pay(rules, order),
        result=records.certificates.of_application(application.id, CertificateKind.RESULT),
        receipt=records.certificates.of_application(application.id, CertificateKind.RECEIPT),
        apology=records.apologies.of_application(application.id),
        evidence=records.evidence.of_application(application.id),
        assessments=records.assessments.of_application(application.id),
        refunds=records.refunds.of_application(application.id),
        questions=records.questions.of_application(application.id),
        waiting_vnd=0 if order is None else records.received_payments.sum_waiting_for(application.id),
        account=rules.account,
    )


def open_new_dossier(records: Records, rules: Rules, application: Application) -> Dossier:
    """The same for one registered in this transaction: it has no papers yet, and an order only where money is due.

    Not asked for, because everybody else's submission to the unit waits for this transaction: it holds the counter.
    """
    asked_to_pay = application.state is ApplicationState.PAYMENT_ASKED
    order = records.payments.of_application(application.id) if asked_to_pay else None
    return Dossier(
        application=application,
        document_type=rules.catalogue.get(application.type_id),
        procedure=procedure_of(records, application),
        order=order,
        pay_by=None if order is None else last_day_to_pay(rules, order),
        result=None,
        receipt=None,
        apology=None,
        evidence=(),
        assessments=(
            StoredAssessment(
                application_id=application.id,
                seq=1,
                at=application.submitted_at,
                cause="submitted",
                assessment=application.fee,
            ),
        ),
        refunds=(),
        account=rules.account,
    )
