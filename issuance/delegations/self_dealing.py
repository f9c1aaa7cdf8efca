"""Nobody settles a case of his or her own, of a relative's, or of those whose powers he or she uses."""

from __future__ import annotations

from identity.citizen import VerifiedOfficial

from ..application import Application
from ..errors import SelfDealing
from ..records import Records
from ..rules import Rules
from .delegation import Delegation


def people_concerned(application: Application) -> frozenset[str]:
    """The personal numbers of all people that an application is about: who asks, for whom, with all parents and
    guardians of a child, and whom a body asks about."""
    people = {application.applicant.personal_id}
    if application.on_behalf_of is not None:
        people |= {application.on_behalf_of.personal_id, *application.on_behalf_of.guardians}
    if application.subject is not None:
        people.add(application.subject.personal_id)
    return frozenset(people)


def persons_concerned(rules: Rules, application: Application) -> frozenset[str]:
    """The same by blind indexes."""
    return frozenset(rules.person_index(number) for number in people_concerned(application))


def refuse_the_concerned(
    records: Records,
    rules: Rules,
    application: Application,
    official: VerifiedOfficial,
    delegation: Delegation | None = None,
) -> None:
    """Raises SelfDealing where the official is one of the people concerned or has declared one of them a relative, or
    the one in whose place the official acts.

    By the person's number and not by the account: one person may hold two accounts.
    """
    if official.personal_id.digits in people_concerned(application):
        raise SelfDealing("nobody deals with an application of his or her own")
    concerned = persons_concerned(rules, application)
    accounts = {official.subject_key}
    if delegation is not None:
        if delegation.person in concerned:
            raise SelfDealing("nobody has an own application settled in his or her place")
        accounts.add(delegation.delegator.subject_key)
    if records.relatives.among(accounts, concerned):
        raise SelfDealing("nobody deals with an application of a relative")
