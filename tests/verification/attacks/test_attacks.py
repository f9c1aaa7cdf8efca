"""Every attack on every form of a really issued document, judged with the register and without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signing.permit import SealingPermit
from signing.seal_pdf import seal_pdf
from tests.archiving import Stamper, Update
from tests.issuance.office import MONDAY
from tests.verification.attacks.anatomy import Case, with_hole
from tests.verification.attacks.genuine import KINDS, LEVELS, ORGANISATION, KeyKind, Level
from tests.verification.attacks.seen import seen_by_another
from tests.verification.attacks.strangers import key_of
from tests.verification.attacks.tables import ATTACKS, TABLES
from tests.verification.attacks.updates import SEEN, SOUND
from verification.formats import cms
from verification.trust import KeyPurpose
from verification.verdict import VerdictState

FORMS = [(kind, level) for kind in KINDS for level in LEVELS]
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.parametrize(("kind", "level"), FORMS)
def test_what_was_issued_is_valid(kind: KeyKind, level: Level) -> None:
    """Else nothing below would prove anything."""
    case = Case.of(kind, level)
    for data in (case.data, case.other):
        assert case.home.offline(data).state is case.home.online(data).state is VerdictState.VALID
    assert case.data != case.other
    assert len(ATTACKS) == sum(map(len, TABLES.values())), "two attacks of one name"


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(("kind", "level"), FORMS)
def test_no_attack_is_valid(kind: KeyKind, level: Level, attack: str) -> None:
    case = Case.of(kind, level)
    attacked = ATTACKS[attack](case)
    assert attacked not in (case.data, case.other)
    for verdict in (case.home.offline(attacked), case.home.online(attacked)):
        assert verdict.state in {VerdictState.NOT_GENUINE, VerdictState.UNREADABLE, VerdictState.UNKNOWN_ISSUER}
        assert verdict.facts is None


@pytest.mark.parametrize("attack", [*SEEN, *SOUND])
@pytest.mark.parametrize("level", LEVELS)
def test_an_update_opens_and_shows_what_the_attacker_wants(level: Level, attack: str) -> None:
    """The table must not only hold files that nobody would open."""
    case = Case.of("p256", level)
    seen = seen_by_another(ATTACKS[attack](case))
    assert seen is not None
    if attack in SEEN:
        assert seen != seen_by_another(case.data)


# Nothing of what was sealed is different after these, and a timestamp covers them: what an archive may do.
HARMLESS: dict[str, set[Level]] = {
    "an update of nothing": set(LEVELS),
    "validation data without a timestamp": {"B-B", "B-T"},
}
# No update can be put behind these, for they have no form left or are read by cross-reference streams and repair only.
ENDED = {
    *("seal taken away, content replaced", "cross-references skip the seal", "by a cross-reference stream"),
    *("hybrid cross-references", "page in an object stream", "next generation of the content"),
    *("seal's field declared free", "wrong predecessor", "no such predecessor"),
}


@pytest.mark.parametrize("attack", sorted({*SEEN, *SOUND} - ENDED))
@pytest.mark.parametrize(("kind", "level"), FORMS)
def test_no_later_timestamp_heals_an_update(kind: KeyKind, level: Level, attack: str) -> None:
    """Whoever attacks can ask the trusted authority for timestamps as well as anybody."""
    case = Case.of(kind, level)
    stamper = Stamper(case.home.authority, lambda: MONDAY)
    healed = Update.after(ATTACKS[attack](case)).apply(stamper=stamper)
    harmless = level in HARMLESS.get(attack, set())
    assert (case.home.offline(healed).state is VerdictState.VALID) is harmless
    # The register knows the sealed revisions, and what follows those is judged in the same way.
    assert case.home.online(healed).state is (VerdictState.VALID if harmless else VerdictState.NOT_GENUINE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seal_by_our_own_key_without_a_permit_is_refused_where_the_register_is(kind: KeyKind) -> None:
    """Without it nobody can tell: this is what a stolen key does until it is marked as compromised."""
    case = Case.of(kind, "B-B")
    page = case.data[: case.data.index(b"%%EOF") + 5] + b"\n"
    permit = SealingPermit.grant(serial="never intended", purpose=KeyPurpose.PDF, content=page)
    forged = seal_pdf(permit, key_of(case.home.ring, KeyPurpose.PDF), ORGANISATION, MONDAY).data
    verdict = case.home.online(forged)
    assert (verdict.state, verdict.reason) == (VerdictState.NOT_GENUINE, "not_in_register")
    keys = tuple(replace(key, compromised_from=MONDAY.replace(year=2023)) for key in case.home.trust.keys)
    compromised = replace(case.home, trust=replace(case.home.trust, keys=keys))
    assert compromised.offline(forged).reason == "key_compromised"


@pytest.mark.parametrize("level", LEVELS)
def test_the_twin_of_an_elliptic_signature_says_the_same_and_is_not_registered(level: Level) -> None:
    """Of r and s anybody can make r and n - s, which is a signature of the same key over the same bytes.

    A timestamp is over the signature's value, so only seals without one have a twin.
    """
    case = Case.of("p256", level)
    read = cms.read_signed_data(case.seal.contents)
    twin = read.signature[:32] + (P256_ORDER - int.from_bytes(read.signature[32:])).to_bytes(32)
    parts = (case.seal.digest, read.unverified_signer, read.unverified_others, read.algorithm)
    forged = with_hole(case, cms.signed_data(*parts, twin, read.unverified_timestamp).hex().encode())
    assert case.home.online(forged).state is VerdictState.NOT_GENUINE
    offline = case.home.offline(forged)
    if level == "B-B":
        assert offline.facts == case.home.offline(case.data).facts
    else:
        assert (offline.state, offline.reason) == (VerdictState.NOT_GENUINE, "timestamp_wrong")
