"""Our credentials read by programs that others wrote, and theirs by ours: sd-jwt of PyPI, sd-jwt-vc of npm."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sd_jwt.holder
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from api.present.credential_type import credential_type_view
from issuance.documents.catalogue import load_catalogue, shipped_types_folder
from tests.credentials import FACTS, KEY, TRUST, Holder, payload_of, sealed, showing
from tests.node_packages import NODE, install
from tests.sealing import AT, LIST_URI, PUBLIC_URL, key_ring, snapshot, status_list
from verification.formats.credential import selective_claims
from verification.formats.holder_key import read_holder_key, write_holder_key
from verification.key_binding import HOLDER_PROVEN, ExpectedBinding
from verification.trust import KeyPurpose
from verification.verdict import SELECTIVE_FACTS, VerdictState
from verification.verify_credential import verify_credential

SOURCE = Path(__file__).with_name("second_opinions")
AUDIENCE, NONCE = "https://bank.example", "a nonce for one presentation"
OPEN = {"iss", "vct", "iat", "status"}
TIMEOUT_SECONDS = 60
PUBLIC_KEY = KEY.public_key


def issuer_jwk() -> dict[str, str]:
    assert isinstance(PUBLIC_KEY, EllipticCurvePublicKey)
    return write_holder_key(PUBLIC_KEY)


def holder_key() -> JWK:
    return JWK.generate(kty="EC", crv="P-256")


def public_half(key: JWK) -> Any:
    return read_holder_key(key.export_public(as_dict=True))


def read_by_sd_jwt(text: str, **expected: str) -> dict[str, Any]:
    def issuers_key(issuer: str, header: dict[str, Any]) -> JWK:
        assert (issuer, header["kid"], header["typ"]) == ("https://kiemtra.example.vn", KEY.key_id, "dc+sd-jwt")
        return JWK(**issuer_jwk())

    verifier = SDJWTVerifier(text, issuers_key, **expected)
    found: dict[str, Any] = verifier.get_verified_payload()
    return found


@pytest.mark.parametrize("shown", [SELECTIVE_FACTS, ("result_line",), ("full_name", "birth_date"), ()])
def test_sd_jwt_reads_what_we_seal(shown: tuple[str, ...]) -> None:
    found = read_by_sd_jwt(showing(sealed(), shown))

    claims = selective_claims(FACTS)
    assert {name: found[name] for name in shown} == {name: claims[name] for name in shown}
    assert found.keys() == {*OPEN, *shown}


def test_a_wallet_by_sd_jwt_presents_and_both_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    key = holder_key()
    wallet = SDJWTHolder(sealed(holder_key=public_half(key)))
    monkeypatch.setattr(sd_jwt.holder, "time", AT.timestamp)
    wallet.create_presentation({"result_line": True, "birth_date": True}, NONCE, AUDIENCE, key)
    presented = wallet.sd_jwt_presentation

    theirs = read_by_sd_jwt(presented, expected_aud=AUDIENCE, expected_nonce=NONCE)
    ours = verify_credential(presented, TRUST, snapshot(key_ring()), AT, binding=ExpectedBinding(AUDIENCE, NONCE, 60))

    assert theirs.keys() == {*OPEN, "cnf", "result_line", "birth_date"}
    assert (ours.state, ours.seal.code) == (VerdictState.VALID, HOLDER_PROVEN)
    assert ours.facts is not None
    assert (ours.facts.birth_date, ours.facts.result_line) == (FACTS.birth_date, FACTS.result_line)
    assert (ours.facts.full_name, ours.facts.number) == (None, None)


def test_we_read_what_sd_jwt_issues_in_our_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed by a key of the trust list."""
    issuer_key, key = holder_key(), holder_key()
    public = public_half(issuer_key)
    keys = tuple(replace(one, public_key=public) for one in TRUST.keys if one.key_id == KEY.key_id)
    claims = {name: value for name, value in payload_of(sealed()).items() if name in OPEN}
    hidden = {SDObj(name): value for name, value in selective_claims(FACTS).items()}
    issued = SDJWTIssuer(
        {**claims, **hidden},
        issuer_key,
        key,
        extra_header_parameters={"kid": KEY.key_id, "typ": "dc+sd-jwt"},
    )
    trust = replace(TRUST, keys=keys)
    binding = ExpectedBinding(AUDIENCE, NONCE, 60)
    wallet = SDJWTHolder(issued.sd_jwt_issuance)
    monkeypatch.setattr(sd_jwt.holder, "time", AT.timestamp)
    wallet.create_presentation({"full_name": True}, NONCE, AUDIENCE, key)

    whole = verify_credential(issued.sd_jwt_issuance, trust, snapshot(key_ring()), AT)
    part = verify_credential(wallet.sd_jwt_presentation, trust, snapshot(key_ring()), AT, binding=binding)

    assert whole.facts is not None
    assert part.facts is not None
    assert (whole.state, part.state) == (VerdictState.VALID, VerdictState.VALID)
    assert whole.facts.agrees_with(FACTS)
    assert whole.facts.number == FACTS.number
    assert (part.facts.full_name, part.facts.number) == (FACTS.full_name, None)


# --- npm ---


@pytest.fixture(scope="module")
def packages() -> Path:
    return install(SOURCE, "second-opinions")


def asked_of_node(packages: Path, question: dict[str, Any]) -> dict[str, Any]:
    # Beside its packages: node looks for them from there.
    script = packages / "credential.mjs"
    script.write_bytes((SOURCE / "credential.mjs").read_bytes())
    done = subprocess.run(
        [NODE, script], input=json.dumps(question), capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def question(text: str, revoked: tuple[int, ...] = (), **more: Any) -> dict[str, Any]:
    status_key = key_ring().active(KeyPurpose.STATUS, AT).public_key
    assert isinstance(status_key, EllipticCurvePublicKey)
    return {
        "credential": text,
        "issuer": issuer_jwk(),
        "statusKey": write_holder_key(status_key),
        "statusList": status_list(key_ring(), revoked),
        "at": int(AT.timestamp()),
        "audience": AUDIENCE,
        "nonce": NONCE,
        **more,
    }


def test_sd_jwt_vc_reads_what_we_seal_with_its_status_and_its_type(packages: Path) -> None:
    document_type = load_catalogue(shipped_types_folder()).get(FACTS.document_type)
    assert document_type.credential is not None
    metadata = credential_type_view(document_type, document_type.credential, PUBLIC_URL)
    text = sealed()

    found = asked_of_node(packages, question(text, metadata=metadata))

    sealed_openly = {name: value for name, value in payload_of(text).items() if name in OPEN}
    assert found["plain"]["claims"] == {**sealed_openly, **selective_claims(FACTS)}
    assert (found["listsAsked"], found["statuses"]) == ([LIST_URI], [0])
    assert found["metadata"] is True
    assert metadata["vct"] == payload_of(text)["vct"]
    for altered in ("alteredPayload", "alteredDisclosure"):
        assert found[altered].keys() == {"refused"} or found[altered]["claims"].keys() < found["plain"]["claims"].keys()


def test_sd_jwt_vc_refuses_what_our_list_revokes(packages: Path) -> None:
    found = asked_of_node(packages, question(sealed(), (FACTS.status_index,)))
    assert found["plain"].keys() == {"refused"}
    assert found["statuses"] == [1]


def test_a_wallet_by_sd_jwt_vc_presents_and_both_verify(packages: Path) -> None:
    key, ours = holder_key(), Holder()
    text, to_ours = sealed(holder_key=public_half(key)), sealed(holder_key=ours.public_key)
    asked = question(
        text,
        holder=key.export_private(as_dict=True),
        show=["birth_date", "result_line"],
        presented=ours.present(showing(to_ours, {"full_name"})),
    )

    found = asked_of_node(packages, asked)

    assert found["bound"]["claims"].keys() == {*OPEN, "cnf", "birth_date", "result_line"}
    assert found["bound"]["proof"]["nonce"] == NONCE
    assert found["otherNonce"].keys() == {"refused"}
    assert found["presentedByOurs"]["claims"].keys() == {*OPEN, "cnf", "full_name"}
    binding = ExpectedBinding(AUDIENCE, NONCE, 60)
    verdict = verify_credential(found["presented"], TRUST, snapshot(key_ring()), AT, binding=binding)
    assert (verdict.state, verdict.seal.code) == (VerdictState.VALID, HOLDER_PROVEN)
    assert verdict.facts is not None
    assert (verdict.facts.birth_date, verdict.facts.full_name) == (FACTS.birth_date, None)
