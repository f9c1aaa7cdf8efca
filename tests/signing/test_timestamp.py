"""Asking a timestamping authority over real HTTP: one that works, and one that misbehaves in every way it can."""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from signing.errors import TimestampRefused, TimestampUnavailable
from signing.timestamp import HttpTimestamper, basic_authorization
from simulators.timestamp_authority import OTHER_POLICY, POLICY, Misbehaviour, TimestampAuthority
from simulators.timestamp_authority import create_timestamp_authority as create_app
from tests.sealing import AT
from tests.simulators.serving import serve
from tests.stamping import request_for, tidy_token_over, token_over
from verification.formats.timestamp import certificates_of
from verification.verify_timestamp import verify_timestamp

DIGEST = sha256(b"a signature").digest()


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[TimestampAuthority, str]]:
    authority = TimestampAuthority.make(AT)
    with serve(lambda _: create_app(authority, lambda: AT)) as url:
        yield authority, f"{url}/"


def timestamper(served: tuple[TimestampAuthority, str], **changed: Any) -> HttpTimestamper:
    authority, url = served
    given: dict[str, Any] = {"url": url, "roots": (authority.root,), "clock": lambda: AT, "timeout_seconds": 5.0}
    return HttpTimestamper(**(given | changed))


@pytest.fixture
def misbehaving(served: tuple[TimestampAuthority, str]) -> Iterator[Callable[[Misbehaviour], None]]:
    def set_mood(mood: Misbehaviour) -> None:
        served[0].misbehaves = mood

    yield set_mood
    served[0].misbehaves = None


def test_its_token_is_proof_of_the_time(served: tuple[TimestampAuthority, str]) -> None:
    authority = served[0]
    token = timestamper(served, policy=POLICY).timestamp(DIGEST)
    stamp = verify_timestamp(token, DIGEST, [authority.root])
    assert (stamp.at, stamp.policy, stamp.not_later_than) == (AT, POLICY, AT + timedelta(seconds=1))
    assert stamp.certificates == (authority.signer.certificate, authority.intermediate)


def test_what_a_verifier_needs_no_certificate_for_is_left_out(served: tuple[TimestampAuthority, str]) -> None:
    authority = served[0]
    assert authority.root in certificates_of(token_over(DIGEST, by=authority))
    token = timestamper(served).timestamp(DIGEST)
    assert set(certificates_of(token)) == {authority.signer.certificate, authority.intermediate}


UNAVAILABLE = {Misbehaviour.BROKEN, Misbehaviour.REJECTS_FOR_NOW, Misbehaviour.SLOW}


@pytest.mark.parametrize("mood", list(Misbehaviour))
def test_whatever_it_does_wrong_nothing_comes_back(
    served: tuple[TimestampAuthority, str], misbehaving: Callable[[Misbehaviour], None], mood: Misbehaviour
) -> None:
    misbehaving(mood)
    expected = TimestampUnavailable if mood in UNAVAILABLE else TimestampRefused
    with pytest.raises(expected):
        timestamper(served, policy=POLICY, timeout_seconds=1.0).timestamp(DIGEST)


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        (Misbehaviour.WRONG_NONCE, "nonce"),
        (Misbehaviour.WITHOUT_NONCE, "nonce"),
        (Misbehaviour.OTHER_IMPRINT, "timestamp_of_something_else"),
        (Misbehaviour.OTHER_POLICY, "policy"),
        (Misbehaviour.STRANGE_CHAIN, "timestamp_authority_unknown"),
        (Misbehaviour.WRONG_PURPOSE, "timestamp_authority_unknown"),
        (Misbehaviour.WRONG_SIGNATURE, "timestamp_signature_wrong"),
        (Misbehaviour.LYING_CLOCK, "time and ours"),
        (Misbehaviour.GARBAGE, "no TimeStampResp"),
        (Misbehaviour.TOO_LARGE, "too large"),
    ],
)
def test_it_is_refused_for_what_it_did(
    served: tuple[TimestampAuthority, str], misbehaving: Callable[[Misbehaviour], None], mood: Misbehaviour, words: str
) -> None:
    misbehaving(mood)
    with pytest.raises(TimestampRefused, match=words):
        timestamper(served, policy=POLICY).timestamp(DIGEST)


def test_without_a_policy_wanted_any_will_do(
    served: tuple[TimestampAuthority, str], misbehaving: Callable[[Misbehaviour], None]
) -> None:
    misbehaving(Misbehaviour.OTHER_POLICY)
    token = timestamper(served).timestamp(DIGEST)
    assert verify_timestamp(token, DIGEST, [served[0].root]).policy == OTHER_POLICY


def test_a_clock_of_ours_that_is_wrong_is_noticed(served: tuple[TimestampAuthority, str]) -> None:
    for wrong in (timedelta(minutes=-6), timedelta(minutes=6), timedelta(days=365)):
        with pytest.raises(TimestampRefused, match="time and ours"):
            timestamper(served, clock=lambda: AT + wrong).timestamp(DIGEST)  # noqa: B023 - called at once


def test_nobody_there() -> None:
    with pytest.raises(TimestampUnavailable):
        HttpTimestamper("http://127.0.0.1:9/", (TimestampAuthority.make(AT).root,), lambda: AT).timestamp(DIGEST)


def test_an_answer_that_drips_ends_at_the_deadline() -> None:
    async def drip(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(12):
            await send({"type": "http.response.body", "body": b"\x30", "more_body": True})
            await asyncio.sleep(0.2)

    with serve(lambda _: drip) as url, pytest.raises(TimestampUnavailable, match="TimeoutError"):
        HttpTimestamper(url, (TimestampAuthority.make(AT).root,), lambda: AT, timeout_seconds=1.0).timestamp(DIGEST)


@pytest.mark.parametrize("url", ["http://tsa.example/", "ftp://127.0.0.1/", "https://u:secret@tsa.example/"])
def test_unsafe_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        HttpTimestamper(url, (TimestampAuthority.make(AT).root,), lambda: AT)


def test_without_a_root_it_is_not_even_made() -> None:
    with pytest.raises(ValueError, match="root"):
        HttpTimestamper("https://tsa.example/", (), lambda: AT)


def test_a_password_goes_to_the_authority_and_into_no_repr() -> None:
    authority, seen = TimestampAuthority.make(AT), []

    async def stamp(request: Request) -> Response:
        seen.append(request.headers.get("authorization"))
        return Response(authority.answer(await request.body(), AT))

    with serve(lambda _: Starlette(routes=[Route("/", stamp, methods=["POST"])])) as url:
        asking = HttpTimestamper(
            f"{url}/", (authority.root,), lambda: AT, authorization=basic_authorization("hà nội", "mật khẩu")
        )
        asking.timestamp(DIGEST)
    assert seen == ["Basic aMOgIG7hu5lpOm3huq10IGto4bqpdQ=="]
    assert "Basic" not in repr(asking)


def test_a_password_that_is_refused_may_not_pass_by_itself() -> None:
    async def refuse(request: Request) -> Response:
        return Response(status_code=401)

    with serve(lambda _: Starlette(routes=[Route("/", refuse, methods=["POST"])])) as url:
        asking = HttpTimestamper(f"{url}/", (TimestampAuthority.make(AT).root,), lambda: AT)
        with pytest.raises(TimestampRefused, match="401"):
            asking.timestamp(DIGEST)


def test_another_client_accepts_what_the_simulated_authority_answers() -> None:
    """Trail of Bits' verifier, so that simulator and service don't just share their mistakes."""
    authority = TimestampAuthority.make(AT)
    response = decode_timestamp_response(authority.answer(request_for(DIGEST), AT))
    verifier = VerifierBuilder().tsa_certificate(authority.signer.certificate)
    verifier = verifier.add_intermediate_certificate(authority.intermediate).add_root_certificate(authority.root)
    assert verifier.build().verify(response, DIGEST)


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_openssl_accepts_the_tidied_token(tmp_path: Path) -> None:
    authority = TimestampAuthority.make(AT)
    (tmp_path / "token").write_bytes(tidy_token_over(DIGEST, by=authority))
    (tmp_path / "root.pem").write_bytes(authority.root_pem())
    files = ("-in", tmp_path / "token", "-token_in", "-CAfile", tmp_path / "root.pem")
    run("openssl", "ts", "-verify", "-digest", DIGEST.hex(), *files, "-attime", str(int(AT.timestamp())))


CONFIGURATION = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
default_policy = 1.3.6.1.4.1.99999.7
digests = sha256, sha384, sha512
signer_digest = {digest}
accuracy = secs:1, millisecs:500
ordering = yes
tsa_name = yes
ess_cert_id_chain = yes
ess_cert_id_alg = {ess}
"""


@pytest.mark.parametrize(("digest", "ess"), [("sha256", "sha256"), ("sha512", "sha1"), ("sha384", "sha512")])
def test_openssls_authority_is_believed(tmp_path: Path, digest: str, ess: str) -> None:
    """Tokens of another maker: RSA, signing time, both kinds of ESS attribute, chains, names, fractions of seconds."""
    now = datetime.now().astimezone()
    root_key, key = (rsa.generate_private_key(65537, 3072) for _ in range(2))
    root = certificate("Root", root_key, "Root", root_key, now, ca=True)
    signer = certificate("Signer", key, "Root", root_key, now)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files = {"key.pem": pem, "signer.pem": signer.public_bytes(Encoding.PEM), "request": request_for(DIGEST)}
    files |= {"chain.pem": root.public_bytes(Encoding.PEM), "serial": b"01"}
    files["tsa.cnf"] = CONFIGURATION.format(folder=tmp_path, digest=digest, ess=ess).encode()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    async def reply(request: Request) -> Response:
        (tmp_path / "request").write_bytes(await request.body())
        names = ("config", "queryfile", "inkey", "signer", "chain", "out")
        paths = ("tsa.cnf", "request", "key.pem", "signer.pem", "chain.pem", "reply")
        run("openssl", "ts", "-reply", *(w for n, p in zip(names, paths, strict=True) for w in (f"-{n}", tmp_path / p)))
        return Response((tmp_path / "reply").read_bytes())

    with serve(lambda _: Starlette(routes=[Route("/", reply, methods=["POST"])])) as url:
        asking = HttpTimestamper(f"{url}/", (root,), lambda: datetime.now().astimezone())
        stamp = verify_timestamp(asking.timestamp(DIGEST), DIGEST, [root])
    assert abs(stamp.at - now) < timedelta(minutes=1)
    assert (stamp.accuracy, stamp.certificates) == (timedelta(seconds=1.5), (signer,))


def certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, at: datetime, *, ca: bool = False
) -> x509.Certificate:
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in (issuer, name)]
    builder = x509.CertificateBuilder(names[0], names[1], key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=9))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if ca:
        flags = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        usage = x509.KeyUsage(key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False, **flags)
        builder = builder.add_extension(usage, critical=True)
    else:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(purpose, critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    authority_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return builder.add_extension(authority_id, critical=False).sign(issuer_key, SHA512() if ca else SHA256())
