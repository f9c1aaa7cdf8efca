"""The ways at the top of every page, by who is signed in, and those at its foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from identity.citizen import VerifiedCitizen, VerifiedOfficial
from identity.session import Session

from .texts import N_


@dataclass(frozen=True, slots=True)
class Way:
    """A group of pages. text: in English, for the template to translate. roles: whose it is; none means everybody's."""

    address: str
    text: str
    roles: frozenset[str] = frozenset()


PUBLIC = (
    Way("/procedures", N_("Procedures")),
    Way("/punctuality", N_("Punctuality")),
)
OF_EVERYBODY = (
    Way("/services", N_("Ask for a document")),
    Way("/v", N_("Check a document")),
    *PUBLIC,
)
OF_CITIZENS = (
    Way("/services", N_("Ask for a document")),
    Way("/applications", N_("My applications")),
    Way("/who-looked", N_("Who looked at my data")),
    Way("/v", N_("Check a document")),
)
OF_OFFICIALS = (
    Way("/desk", N_("Work list"), frozenset({"caseworker", "head"})),
    Way("/fees", N_("Fee rules")),
    Way("/statistics", N_("Statistics"), frozenset({"head", "operator"})),
    Way("/operation", N_("State of the service"), frozenset({"operator"})),
    Way("/statements", N_("Bank statements"), frozenset({"operator"})),
    Way("/v", N_("Check a document")),
)


def ways_of(account: Session | None, path: str) -> Sequence[tuple[Way, bool]]:
    """Each with whether the page at `path` belongs to it."""
    person = None if account is None else account.person
    ways: Sequence[Way] = OF_EVERYBODY
    if isinstance(person, VerifiedCitizen):
        ways = OF_CITIZENS
    elif isinstance(person, VerifiedOfficial):
        ways = [way for way in OF_OFFICIALS if not way.roles or way.roles & person.roles]
    return _marked(ways, path)


def ways_below(account: Session | None, path: str) -> Sequence[tuple[Way, bool]]:
    """What everybody may read and this person does not have at the top, where a telephone has room for little."""
    return [] if account is None else _marked(PUBLIC, path)


def _marked(ways: Sequence[Way], path: str) -> Sequence[tuple[Way, bool]]:
    return [(way, f"{path}/".startswith(f"{way.address}/")) for way in ways]
