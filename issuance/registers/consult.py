"""Registers are asked, and what they answer is kept with its time as evidence. No answer is never taken for one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from ..application import Application
from ..documents.catalogue import DocumentType
from ..errors import RegisterAnswerStale, RegisterNotConsulted, RegisterUnavailable
from ..records import AuditEntry, Records, Transact
from .source import SourceAnswer


class Register(Protocol):
    def look_up(self, *, personal_id: str, full_name: str, birth_date: date) -> SourceAnswer:
        """Raises RegisterUnavailable; no answer, an error or an unknown person is never taken for an answer."""


Sources = Mapping[str, Register]
"""The registers that this installation reaches, by the names under which document types list them."""


CLOCKS_DIFFER = timedelta(minutes=5)
"""So far a register's clock may be before ours."""


def consult(transact: Transact, sources: Sources, application_id: UUID, clock: Callable[[], datetime]) -> None:
    """Ask every register that has still to answer; the questions travel outside of any transaction.

    Each answer is kept at once: a register that is away does not lose what another one said.
    Raises RegisterUnavailable where one of them gave no answer; the caller asks again later.
    """
    application = transact(lambda records: records.applications.by_id(application_id))
    concerned = application.concerned
    silent: RegisterUnavailable | None = None
    for source in application.missing_sources:
        try:
            register = sources.get(source)
            if register is None:
                raise RegisterUnavailable("no address is set for this register")
            answer = register.look_up(
                personal_id=concerned.personal_id, full_name=concerned.full_name, birth_date=concerned.birth_date
            )
            if answer.answered_at > clock() + CLOCKS_DIFFER:
                # It would be fresh for ever.
                raise RegisterUnavailable("the register's answer is of a time to come")
        except RegisterUnavailable as unavailable:
            silent = unavailable
            continue
        _keep(transact, application_id, answer, clock())
    if silent is not None:
        raise silent


def _keep(transact: Transact, application_id: UUID, answer: SourceAnswer, at: datetime) -> None:
    transact(lambda records: keep_register_answer(records, application_id, answer, at))


def keep_register_answer(records: Records, application_id: UUID, answer: SourceAnswer, at: datetime) -> None:
    """Store an answer that is waited for; the first one stands, so that asking twice changes nothing.

    Raises ValueError for a register that the application does not wait for at all.
    """
    application = records.applications.by_id(application_id)
    if answer.source not in application.sources:
        raise ValueError("this register is none of the application's")
    if answer.source not in application.missing_sources:
        return
    records.applications.save(
        replace(
            application,
            answers=(*application.answers, answer),
            asked_again=tuple(source for source in application.asked_again if source != answer.source),
        )
    )
    records.audit.append(
        AuditEntry(
            at=at,
            actor=answer.source.replace("_", "-"),
            action="register_answered",
            application_id=application_id,
            details={"reference": answer.reference},
        )
    )


def ask_again(application: Application, sources: Collection[str] | None = None) -> Application:
    """Let registers answer anew, all or those named. Not yet saved; once it is, sweeps see to it that they are asked.

    What they said before stays on record; until the new answer is there the application waits for it.
    """
    wanted = application.sources if sources is None else sources
    return replace(application, asked_again=tuple(source for source in application.sources if source in wanted))


def stale_sources(application: Application, document_type: DocumentType, at: datetime) -> tuple[str, ...]:
    """Registers whose answer is older than the type allows."""
    if document_type.answers_valid_days is None:
        return ()
    oldest = at - timedelta(days=document_type.answers_valid_days)
    answers = ((source, application.answer_of(source)) for source in application.sources)
    return tuple(source for source, answer in answers if answer is not None and answer.answered_at < oldest)


def require_answers(application: Application, document_type: DocumentType, at: datetime) -> None:
    """Raises RegisterNotConsulted, RegisterAnswerStale unless every register has answered, lately enough."""
    if application.missing_sources:
        raise RegisterNotConsulted("a register has not answered yet")
    if stale_sources(application, document_type, at):
        raise RegisterAnswerStale("a register's answer is older than a decision may rest on")
