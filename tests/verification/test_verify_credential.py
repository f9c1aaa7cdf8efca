"""What is sealed is shown, whole or in part; what is not sealed never is; nothing that a text says raises."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, combinations
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.credentials import (
    FACTS,
    KEY,
    TRUST,
    Holder,
    claims_over,
    disclosing,
    disclosures_of,
    payload_of,
    resealed,
    sealed,
    showing,
)
from tests.sealing import AT, PUBLIC_URL, OneDocumentRegister, key_ring, snapshot
from verification.formats.jws import compact_json, to_base64url
from verification.formats.sd_jwt import MAX_CREDENTIAL_CHARS, MAX_DISCLOSURES, join, select, write_disclosure
from verification.key_binding import HOLDER_PROVEN, ExpectedBinding
from verification.register import DocumentStatus, RegisteredDocument, RegisterUnavailable, StatusReading
from verification.trust import KeyPurpose, TrustList
from verification.verdict import SELECTIVE_FACTS, DisclosedFacts, DocumentFacts, Outcome, Verdict, VerdictState
from verification.verify_credential import verify_credential

RING = key_ring()
SEALED = sealed()
ALL = DisclosedFacts(
    document_type=FACTS.document_type,
    issued_on=FACTS.issued_on,
    expires_on=None,
    key_id=KEY.key_id,
    status_list=FACTS.status_list,
    status_index=FACTS.status_index,
    number=FACTS.number,
    full_name=FACTS.full_name,
    birth_date=FACTS.birth_date,
    result_line=FACTS.result_line,
)
SUBSETS = [set(one) for one in chain.from_iterable(combinations(SELECTIVE_FACTS, n) for n in range(5))]
EXPECTED = ExpectedBinding("https://bank.example", "a nonce for one presentation", 300)
REGISTER = OneDocumentRegister.of(b"the sealed file", FACTS)


def check(text: str, trust: TrustList = TRUST, **asked: Any) -> Verdict:
    return verify_credential(text, trust, snapshot(RING), AT, **asked)


def outcome(text: str, **asked: Any) -> tuple[VerdictState, str]:
    verdict = check(text, **asked)
    return verdict.state, verdict.reason


@pytest.mark.parametrize("shown", SUBSETS, ids=lambda names: "+".join(sorted(names)) or "nothing")
def test_each_choice_of_what_to_show_is_valid_and_shows_just_that(shown: set[str]) -> None:
    verdict = check(showing(SEALED, shown))
    assert select(SEALED, shown) == showing(SEALED, shown)

    withheld: dict[str, Any] = dict.fromkeys(set(SELECTIVE_FACTS) - shown)
    assert verdict.state is VerdictState.VALID
    assert verdict.facts == replace(ALL, **withheld)
    said = verdict.facts.to_json() if verdict.facts else {}
    assert said.keys() & set(SELECTIVE_FACTS) == shown
    assert json.dumps(said)  # plain JSON


def test_what_is_withheld_is_nowhere_in_the_text() -> None:
    text = showing(SEALED, {"result_line"})
    claims = json.dumps(payload_of(text))
    for secret in (FACTS.number, FACTS.full_name, FACTS.birth_date.isoformat()):
        assert secret not in claims
    # Not guessable either: the same facts are never sealed to the same digests.
    assert not set(payload_of(sealed())["_sd"]) & set(payload_of(sealed())["_sd"])


def test_the_order_of_digests_and_of_disclosures_tells_nothing() -> None:
    digests = payload_of(SEALED)["_sd"]
    backwards = join(SEALED.split("~")[0], reversed(disclosures_of(SEALED).values()))  # type: ignore[arg-type] # any order

    assert digests == sorted(digests)
    assert check(backwards).facts == ALL


def test_digests_of_nothing_are_what_is_withheld() -> None:
    """Nobody can tell a decoy from a claim that is not shown."""
    shown = disclosing(number=FACTS.number)
    digests = payload_of(resealed(claims_over(shown)))["_sd"]
    verdict = check(resealed(claims_over(shown, _sd=[*digests, "A" * 43, "B" * 43]), shown))
    assert (verdict.state, verdict.facts and verdict.facts.number) == (VerdictState.VALID, FACTS.number)


def test_nothing_finer_than_days_is_sealed() -> None:
    """iat and exp are the days on the paper, so they say no more about when somebody asked than the paper does."""
    claims = payload_of(sealed(replace(FACTS, expires_on=date(2027, 5, 19))))

    assert (claims["iat"] + 7 * 3600) % 86_400 == 0
    assert (claims["exp"] + 7 * 3600) % 86_400 == 0


@pytest.mark.parametrize(("days_later", "state"), [(0, VerdictState.VALID), (1, VerdictState.EXPIRED)])
def test_the_last_day_in_force(days_later: int, state: VerdictState) -> None:
    text = sealed(replace(FACTS, expires_on=AT.date()))
    at = AT + timedelta(days=days_later)

    verdict = verify_credential(text, RING.trust_list(at), snapshot(RING, at=at), at)

    assert verdict.state is state
    assert verdict.facts is not None
    assert verdict.facts.expires_on == AT.date()


def test_revoked_by_the_status_list_that_the_other_bodies_name() -> None:
    verdict = verify_credential(SEALED, TRUST, snapshot(RING, (FACTS.status_index,)), AT)
    assert (verdict.state, verdict.facts) == (VerdictState.REVOKED, ALL)


def test_no_network_is_unknown_never_forged() -> None:
    class Away:
        def status_of(self, status_list: int, status_index: int) -> StatusReading | None:
            raise RegisterUnavailable

        def document_by_digest(self, sha256: bytes) -> RegisteredDocument | None:
            raise RegisterUnavailable

        def document_by_number(self, number: str, check_code: str) -> RegisteredDocument | None:
            raise RegisterUnavailable

        def document_at(self, status_list: int, status_index: int) -> RegisteredDocument | None:
            raise RegisterUnavailable

    assert verify_credential(SEALED, TRUST, None, AT).state is VerdictState.STATUS_UNKNOWN
    assert verify_credential(SEALED, TRUST, None, AT, register=Away()).reason == "register_unavailable"
    assert outcome(SEALED, register=Away()) == (VerdictState.VALID, "valid")


def test_the_register_vouches_for_what_is_shown() -> None:
    revoked = REGISTER.marked(DocumentStatus.REVOKED)
    silent = REGISTER.of(b"", replace(FACTS, status_index=7))

    assert outcome(SEALED, register=REGISTER) == (VerdictState.VALID, "valid")
    assert outcome(SEALED, register=revoked) == (VerdictState.REVOKED, "revoked")
    assert outcome(SEALED, register=silent) == (VerdictState.NOT_GENUINE, "not_in_register")


@pytest.mark.parametrize(
    "changed",
    [
        {"number": "000000000001"},
        {"full_name": "Nguyễn Thị Minh"},
        {"birth_date": date(1990, 5, 18)},
        {"result_line": "Có án tích"},
        {"issued_on": date(2026, 11, 19)},
        {"expires_on": date(2030, 1, 1)},
        {"document_type": "receipt"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_contradicts_the_register_is_forged_where_it_is_shown(changed: dict[str, Any]) -> None:
    """A stolen key can sign anything, but not what the register says."""
    text = sealed(replace(FACTS, **changed))
    forged = (VerdictState.NOT_GENUINE, "contradicts_register")

    assert outcome(text, register=REGISTER) == forged
    withheld = showing(text, set(SELECTIVE_FACTS) - changed.keys())
    if changed.keys() & set(SELECTIVE_FACTS):
        assert outcome(withheld, register=REGISTER) == (VerdictState.VALID, "valid")
    else:
        assert outcome(withheld, register=REGISTER) == forged


# --- whose seal it is ---


def test_another_authority_is_unknown_not_forged() -> None:
    verdict = check(SEALED, TrustList((), (), AT))
    assert (verdict.state, verdict.facts) == (VerdictState.UNKNOWN_ISSUER, None)


def test_a_key_of_another_purpose_does_not_count() -> None:
    keys = tuple(replace(key, purpose=KeyPurpose.QR) for key in TRUST.keys)
    assert check(SEALED, replace(TRUST, keys=keys)).state is VerdictState.UNKNOWN_ISSUER


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_the_key_decides_the_algorithm(algorithm: str) -> None:
    text = resealed(payload_of(SEALED), header={"alg": algorithm, "kid": KEY.key_id, "typ": "dc+sd-jwt"})
    assert outcome(text) == (VerdictState.NOT_GENUINE, "algorithm_not_allowed")


@pytest.mark.parametrize(
    "changed",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": ["ES256"]},
        {"typ": "vc+sd-jwt"},
        {"typ": "JWT"},
        {"typ": "DC+SD-JWT"},
        {"kid": 7},
        {"kid": None},
        {"x5c": ["MIIB"]},
        {"jwk": {"kty": "EC"}},
        {"jku": "https://evil.example/keys"},
        {"crit": ["exp"], "exp": 1},
        {"b64": False},
    ],
    ids=str,
)
def test_headers_that_this_house_does_not_write_are_unreadable(changed: dict[str, Any]) -> None:
    header = {"alg": KEY.algorithm, "kid": KEY.key_id, "typ": "dc+sd-jwt"} | changed
    text = resealed(payload_of(SEALED), header={name: value for name, value in header.items() if value is not None})
    assert check(text).state is VerdictState.UNREADABLE


def test_an_unsecured_token_is_unreadable() -> None:
    """alg none with the real payload and no signature, the classic."""
    header = to_base64url(compact_json({"alg": "none", "kid": KEY.key_id, "typ": "dc+sd-jwt"}))
    text = join(f"{header}.{SEALED.split('.')[1]}.", disclosures_of(SEALED).values())  # type: ignore[arg-type] # any order
    assert check(text).state is VerdictState.UNREADABLE


def test_the_payload_of_another_credential_is_not_covered() -> None:
    other = sealed(replace(FACTS, full_name="Trần Văn Bình"))
    head, _, signature = SEALED.split("~")[0].split(".")
    swapped = join(f"{head}.{other.split('.')[1]}.{signature}", list(disclosures_of(other).values()))
    assert outcome(swapped) == (VerdictState.NOT_GENUINE, "signature_wrong")


def test_a_compromised_key_and_what_the_register_proves() -> None:
    def since(moment: timedelta) -> TrustList:
        keys = tuple(
            replace(key, compromised_from=AT + moment) if key.key_id == KEY.key_id else key for key in TRUST.keys
        )
        return replace(TRUST, keys=keys)

    holder = Holder()
    bound = sealed(holder_key=holder.public_key)
    later, earlier = since(timedelta(days=1)), since(timedelta(days=-1))

    assert outcome(SEALED, trust=later) == (VerdictState.STATUS_UNKNOWN, "key_compromised_since")
    assert outcome(SEALED, trust=earlier) == (VerdictState.NOT_GENUINE, "key_compromised")
    # Registered before the key was taken, so whatever it says was sealed before.
    assert outcome(SEALED, trust=later, register=REGISTER) == (VerdictState.VALID, "valid")
    # The register knows no holder's key: whoever took ours could have put his own into a copy of these facts.
    assert outcome(bound, trust=later, register=REGISTER) == (VerdictState.STATUS_UNKNOWN, "key_compromised_since")


# --- what is shown ---


def test_a_disclosure_that_was_not_sealed_is_forged() -> None:
    foreign = disclosures_of(sealed(replace(FACTS, result_line="Có án tích")))["result_line"]
    made_up = disclosing(result_line="Không có án tích")[0]
    for added in (foreign, made_up, "", "WyJhIl0", "~", "🙂"):
        verdict = check(SEALED + added + "~")
        assert verdict.state in (VerdictState.NOT_GENUINE, VerdictState.UNREADABLE)
        assert verdict.facts is None
    assert outcome(f"{SEALED}{foreign}~") == (VerdictState.NOT_GENUINE, "disclosure_not_sealed")


def test_a_disclosure_shown_twice_is_refused() -> None:
    again = disclosures_of(SEALED)["number"]
    assert outcome(f"{SEALED}{again}~") == (VerdictState.NOT_GENUINE, "disclosure_repeated")


def test_another_text_for_a_disclosure_does_not_count() -> None:
    """Padding, the other alphabet, blanks: they decode to the same bytes and are not what was sealed."""
    bare = showing(SEALED, ())
    one = disclosures_of(SEALED)["birth_date"]
    for other in (one + "=", one + "==", f" {one}", one.replace("-", "+").replace("_", "/") + "=", one + "A"):
        assert check(f"{bare}{other}~").facts is None


@pytest.mark.parametrize(
    "disclosures",
    [
        [write_disclosure("short", "number", "1")],
        [write_disclosure("MDEyMzQ1Njc4OWFiY2Rl!!", "number", "1")],
        disclosing(number=7),
        disclosing(number=None),
        disclosing(number=["1"]),
        disclosing(number={"_sd": []}),
        disclosing(number=""),
        disclosing(number="1" * 1001),
        disclosing(unknown="1"),
        disclosing(_sd="1"),
        disclosing(iat="1"),
        [write_disclosure("MDEyMzQ1Njc4OWFiY2RlZg", "...", "1")],
        [write_disclosure("MDEyMzQ1Njc4OWFiY2RlZg", "number", "1"), write_disclosure("B" * 22, "number", "2")],
        disclosing(birth_date="19900517"),
        disclosing(birth_date="1990-W20-4"),
        disclosing(birth_date="1990-13-01"),
        disclosing(birth_date="yesterday"),
        [to_base64url(b'["MDEyMzQ1Njc4OWFiY2RlZg", "number"]')],
        [to_base64url(b'["MDEyMzQ1Njc4OWFiY2RlZg", "number", "1", "2"]')],
        [to_base64url(b'{"number": "1"}')],
        [to_base64url(b"[" * 5000)],
        [to_base64url(b'["MDEyMzQ1Njc4OWFiY2RlZg", "number", ' + b"9" * 5000 + b"]")],
        [to_base64url(b'["MDEyMzQ1Njc4OWFiY2RlZg", "number", NaN]')],
        [to_base64url(b"\xff\xfe")],
        ["====", "!!!!"],
        [""],
    ],
)
def test_disclosures_that_this_house_does_not_write_are_unreadable(disclosures: list[str]) -> None:
    """Sealed by our own key, so only a fault of ours or a stolen key could have made them."""
    verdict = check(resealed(claims_over(disclosures), disclosures))
    assert (verdict.state, verdict.facts) == (VerdictState.UNREADABLE, None)


def test_what_the_tests_around_this_change_is_valid_unchanged() -> None:
    shown = disclosing(number=FACTS.number)
    verdict = check(resealed(claims_over(shown), shown))
    assert (verdict.state, verdict.facts and verdict.facts.number) == (VerdictState.VALID, FACTS.number)


DIGEST = "A" * 43


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": None},
        {"iss": 7},
        {"iss": "kiemtra.example.vn"},
        {"iss": "https://" + "a" * 400},
        {"iss": "https://other.example"},
        {"vct": None},
        {"vct": "criminal_record_form_1"},
        {"vct": f"{PUBLIC_URL}/credentials/../v1"},
        {"vct": "https://evil.example/credentials/criminal_record_form_1"},
        {"iat": None},
        {"iat": "1795107600"},
        {"iat": True},
        {"iat": 1795107600.0},
        {"iat": 1795107601},
        {"iat": 10**30},
        {"iat": -(10**30)},
        {"iat": 1e400},
        {"exp": 0.5},
        {"exp": 10**12},
        {"nbf": 1795107600},
        {"sub": "somebody"},
        {"full_name": "Trần Văn Bình"},
        {"status": None},
        {"status": {}},
        {"status": {"status_list": {"idx": 1}}},
        {"status": {"status_list": {"idx": -1, "uri": f"{PUBLIC_URL}/v1/status-lists/1"}}},
        {"status": {"status_list": {"idx": True, "uri": f"{PUBLIC_URL}/v1/status-lists/1"}}},
        {"status": {"status_list": {"idx": 1, "uri": f"{PUBLIC_URL}/v1/status-lists/01"}}},
        {"status": {"status_list": {"idx": 1, "uri": "https://evil.example/v1/status-lists/1"}}},
        {"status": {"status_list": {"idx": 1, "uri": f"{PUBLIC_URL}/v1/status-lists/1", "bits": 1}}},
        {"status": {"status_list": {"idx": 1, "uri": f"{PUBLIC_URL}/v1/status-lists/1"}, "other": {}}},
        {"_sd_alg": None},
        {"_sd_alg": "sha-512"},
        {"_sd": None},
        {"_sd": []},
        {"_sd": DIGEST},
        {"_sd": [DIGEST, DIGEST]},
        {"_sd": [DIGEST, 7]},
        {"_sd": [7]},
        {"_sd": ["A" * 42]},
        {"_sd": [f"{n:043d}" for n in range(33)]},
        {"_sd": {"...": DIGEST}},
        {"cnf": {}},
        {"cnf": {"jwk": {}}},
        {"cnf": {"kid": "7"}},
        {"cnf": {"jwk": {"kty": "oct", "k": "AAAA"}}},
        {"cnf": {"jwk": {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}}},
        {"cnf": {"jwk": {"kty": "EC", "crv": "P-384", "x": "A" * 43, "y": "A" * 43}}},
        {"cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}}},
        {"cnf": {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "d": "A" * 43}}},
        {"aud": [{}]},
    ],
    ids=lambda changed: json.dumps(changed)[:60],
)
def test_claims_that_this_house_does_not_write_are_unreadable(changed: dict[str, Any]) -> None:
    verdict = check(resealed(claims_over(disclosing(number="1"), **changed)))
    assert (verdict.state, verdict.facts) == (VerdictState.UNREADABLE, None)


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"7", b'{"iat":1,"iat":2}', b"{" * 5000, b"\xff", b'{"a":' + b"9" * 5000]
)
def test_payloads_that_are_no_claims_are_unreadable(payload: bytes) -> None:
    assert check(resealed(None, payload=payload)).state is VerdictState.UNREADABLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "~~",
        ".",
        "..~",
        "a.b.c~",
        SEALED.rstrip("~"),
        SEALED.split("~")[0],
        SEALED.replace("~", "-"),
        SEALED.replace(".", ":"),
        "~" + SEALED,
        SEALED.split("~")[0] + "~" * (MAX_DISCLOSURES + 3),
        SEALED + "a" * MAX_CREDENTIAL_CHARS,
        "é" + SEALED,
        "https://kiemtra.example.vn/v#123",
    ],
    ids=range(15),
)
def test_texts_that_are_no_credential_are_unreadable(text: str) -> None:
    assert check(text).state is VerdictState.UNREADABLE


def test_blanks_around_it_do_no_harm() -> None:
    """Where it was saved as a file, an editor may have put a line's end behind it."""
    assert check(f"\n{SEALED}\r\n").state is VerdictState.VALID


# --- whose hand it is in ---


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()], ids=type
)
def test_the_holder_proves_the_key_for_what_is_shown(key: Any) -> None:
    holder = Holder(key)
    text = showing(sealed(holder_key=holder.public_key), {"result_line"})

    verdict = check(holder.present(text), binding=EXPECTED)

    assert (verdict.state, verdict.seal.code) == (VerdictState.VALID, HOLDER_PROVEN)
    assert verdict.facts is not None
    assert (verdict.facts.result_line, verdict.facts.full_name) == (FACTS.result_line, None)


HOLDER = Holder()
BOUND = sealed(holder_key=HOLDER.public_key)
UNREADABLE, NOT_GENUINE = VerdictState.UNREADABLE, VerdictState.NOT_GENUINE


@pytest.mark.parametrize(
    ("presented", "state", "reason"),
    [
        (BOUND, UNREADABLE, "binding_missing"),
        (SEALED, UNREADABLE, "binding_not_possible"),
        (HOLDER.present(SEALED), UNREADABLE, "binding_not_possible"),
        (Holder().present(BOUND), NOT_GENUINE, "binding_signature_wrong"),
        (HOLDER.present(BOUND, aud="https://other.example"), NOT_GENUINE, "binding_for_other_audience"),
        (HOLDER.present(BOUND, aud=["https://bank.example"]), NOT_GENUINE, "binding_for_other_audience"),
        (HOLDER.present(BOUND, aud=None), NOT_GENUINE, "binding_for_other_audience"),
        (HOLDER.present(BOUND, nonce="yesterday's"), NOT_GENUINE, "binding_for_other_nonce"),
        (HOLDER.present(BOUND, nonce=None), NOT_GENUINE, "binding_for_other_nonce"),
        (HOLDER.present(BOUND, sd_hash=None), NOT_GENUINE, "binding_for_other_presentation"),
        (HOLDER.present(BOUND, iat=None), NOT_GENUINE, "binding_without_time"),
        (HOLDER.present(BOUND, iat=True), NOT_GENUINE, "binding_without_time"),
        (HOLDER.present(BOUND, iat=10**30), NOT_GENUINE, "binding_without_time"),
        (HOLDER.present(BOUND, AT - timedelta(seconds=301)), UNREADABLE, "binding_too_old"),
        (HOLDER.present(BOUND, AT + timedelta(seconds=301)), UNREADABLE, "binding_from_the_future"),
        (HOLDER.present(BOUND, header={"typ": "JWT"}), UNREADABLE, "jws_header_unexpected"),
        (HOLDER.present(BOUND, header={"alg": "none"}), UNREADABLE, "jws_header_unexpected"),
        (HOLDER.present(BOUND, header={"alg": "RS256"}), UNREADABLE, "jws_header_unexpected"),
        (HOLDER.present(BOUND, header={"alg": "EdDSA"}), NOT_GENUINE, "binding_signature_wrong"),
        (HOLDER.present(BOUND, header={"crit": ["exp"]}), UNREADABLE, "jws_header_unexpected"),
        (HOLDER.present(BOUND, payload=b"[]"), UNREADABLE, "jws_malformed"),
        (HOLDER.present(BOUND, payload=b'{"aud":1,"aud":2}'), UNREADABLE, "jws_malformed"),
        (BOUND + "a.b", UNREADABLE, "jws_malformed"),
        (BOUND + "a.b.c", UNREADABLE, "jws_malformed"),
        (BOUND + "x", UNREADABLE, "jws_malformed"),
    ],
    ids=range(25),
)
def test_proofs_that_do_not_hold(presented: str, state: VerdictState, reason: str) -> None:
    verdict = check(presented, binding=EXPECTED)
    assert (verdict.state, verdict.reason, verdict.facts) == (state, reason, None)


def test_a_proof_is_for_exactly_what_was_shown() -> None:
    """A verifier who passes a presentation on can't add or drop anything."""
    proven = HOLDER.present(showing(BOUND, {"result_line"}))
    proof = proven.rpartition("~")[2]
    for other in (showing(BOUND, ()), BOUND, showing(sealed(holder_key=HOLDER.public_key), {"result_line"})):
        assert check(other + proof, binding=EXPECTED).reason == "binding_for_other_presentation"


def test_a_key_in_the_proofs_header_counts_for_nothing() -> None:
    thief = Holder()
    jwk = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
    assert check(thief.present(BOUND, header={"jwk": jwk}), binding=EXPECTED).reason == "binding_signature_wrong"
    # What wallets put there beside does no harm (RFC 9901: what is not understood is ignored).
    assert check(HOLDER.present(BOUND, header={"kid": "1"}, extra="1"), binding=EXPECTED).state is VerdictState.VALID


def test_a_proof_that_nobody_asked_for_is_not_ignored() -> None:
    assert outcome(HOLDER.present(BOUND)) == (UNREADABLE, "binding_not_asked")
    # Who asks for none takes it like paper, and compares with the identity card.
    assert check(BOUND).state is VerdictState.VALID


@pytest.mark.parametrize(("audience", "nonce", "age"), [("", "n", 1), ("a", "", 1), ("a", "n", 0), ("a", "n", -1)])
def test_an_expectation_that_expects_nothing_cannot_be_made(audience: str, nonce: str, age: int) -> None:
    with pytest.raises(ValueError, match="bind to nothing"):
        ExpectedBinding(audience, nonce, age)


def test_a_refused_presentation_names_its_issuer_and_no_facts() -> None:
    verdict = check(BOUND, binding=EXPECTED)
    assert (verdict.issuer.outcome, verdict.status.outcome) == (Outcome.PASSED, Outcome.UNKNOWN)
    assert isinstance(FACTS, DocumentFacts)
    assert verdict.facts is None
