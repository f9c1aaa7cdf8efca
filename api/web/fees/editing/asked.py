"""The part of a draft that a request is about, with everything that its form needs around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request

from identity.citizen import VerifiedOfficial
from issuance.errors import DraftNotFound

from ....languages import language_of
from ....services import Services
from ..book import type_names
from .act_form import ActForm
from .example_form import ExampleForm
from .look import Desk, read_desk
from .other_forms import AboutForm, ChargeForm, StageForm
from .parts import PartForm, Subject
from .rule_form import RuleForm
from .tree import Document, read

FORMS: Mapping[str, PartForm] = {
    "about": AboutForm(),
    "acts": ActForm(),
    "charges": ChargeForm(),
    "stages": StageForm(),
    "rules": RuleForm(),
    "examples": ExampleForm(),
}
_NEVER_NEW = frozenset({"about", "stages"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The part that a request is about, with everything around it."""

    services: Services
    desk: Desk
    form: PartForm
    kind: str
    subject: Subject

    @property
    def path(self) -> str:
        key = f"new/{self.kind}" if self.subject.key is None else f"{self.kind}/{self.subject.key}"
        return f"{edit_path(self.desk.draft.id)}/{key}"


def edit_path(draft_id: UUID) -> str:
    return f"/fees/drafts/{draft_id}/edit"


async def open_part(
    request: Request, services: Services, official: VerifiedOfficial, draft_id: UUID, kind: str, key: str | None
) -> Asked:
    """Raises DraftNotFound for what has no form."""
    if kind not in FORMS or (key is None and kind in _NEVER_NEW):
        raise DraftNotFound("a draft has no such parts")
    language = language_of(request.scope)
    desk = await services.runner.run(lambda records: read_desk(records, official, draft_id))
    document = read(desk.draft.source)
    subject = Subject(
        document=document,
        key=key,
        language=language,
        types=type_names(services, language),
        acts=desk.acts,
        budgets=_budgets(desk, document),
    )
    return Asked(services=services, desk=desk, form=FORMS[kind], kind=kind, subject=subject)


def _budgets(desk: Desk, document: Document) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    for policy in desk.book.policies:
        for stage in policy.document.stages:
            for rule in stage.rules:
                if rule.funding is not None:
                    found[rule.funding.budget] = {"vi": rule.funding.label.vi, "en": rule.funding.label.en}
    own = [rule["funding"] for stage in document["stages"] for rule in stage["rules"] if rule.get("funding")]
    return found | {one["budget"]: one["label"] for one in own}
