"""Who asks for a document: the citizen for himself or herself, or as the guardian of a child."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from identity.citizen import AssuranceLevel, VerifiedCitizen
from identity.errors import PopulationRegisterUnavailable
from identity.guardian import VerifiedGuardian, confirm_guardian
from identity.personal_id import PersonalId
from identity.verify_token import require_level
from issuance.apply import require_guardian_accepted
from issuance.documents.catalogue import DocumentType
from issuance.errors import GuardianNotAccepted

from .idempotency import RequestOnce, caller_key
from .rate_limit import PersonRateLimit
from .read_body import Body
from .services import Services


class Child(Body):
    """The child whose parent or guardian the citizen is; the population register is asked whether that is so."""

    personal_id: Annotated[str, Field(pattern=r"^[0-9]{12}$")] = Field(description="The child's twelve-digit number.")


async def asker(
    services: Services,
    questions: PersonRateLimit,
    citizen: VerifiedCitizen,
    child: Child | None,
    type_id: str,
    once: RequestOnce,
) -> VerifiedCitizen | VerifiedGuardian | None:
    """The citizen, or where a child is named the confirmed guardian; the register is asked outside of any transaction.

    None where this request was answered before: a retry gets its answer also while the register is down.
    Raises UnknownDocumentType, GuardianNotAccepted, LevelTooLow, NotTheGuardian, NotAChild,
    PopulationRegisterUnavailable, TooManyRequests where the person had the register asked too often of late.
    """
    document_type = services.rules.catalogue.get(type_id)
    # Also before a kept answer is given: it shows what only this level may see.
    if child is None:
        require_level(citizen, AssuranceLevel(document_type.required_level))
        return citizen
    # Before the register learns of a question: it holds other people's families.
    require_guardian_accepted(document_type)
    require_level(citizen, max(AssuranceLevel(document_type.required_level), services.guardian_rules.level))
    if services.population is None:
        raise GuardianNotAccepted("no population register is set")
    answered = await services.runner.run(lambda r: r.idempotency.find(caller_key(citizen), once.key) is not None)
    if answered:
        return None
    questions.take(citizen.subject_key)
    return await confirm_guardian(
        citizen, PersonalId(child.personal_id), services.population, services.clock(), services.guardian_rules
    )


def confirmed(asked_by: VerifiedCitizen | VerifiedGuardian | None) -> VerifiedCitizen | VerifiedGuardian:
    """Whoever may apply now. Raises PopulationRegisterUnavailable where nobody was confirmed: the kept answer is gone.

    Never the citizen instead of the guardian: the document would be another person's.
    """
    if asked_by is None:
        raise PopulationRegisterUnavailable
    return asked_by


def who_may_ask(services: Services, document_type: DocumentType) -> list[str]:
    """Without guardians where there is no register to confirm them."""
    return [who for who in document_type.who_may_ask if who != "guardian" or services.population is not None]
