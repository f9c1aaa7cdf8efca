"""Credentials: their owner downloads them, anyone checks them, wallets learn what they are and whose keys count."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from typing_extensions import TypedDict

from issuance.batches.owner import person_key_of
from issuance.certificate import CertificateKind
from issuance.deliver import find_credential
from issuance.documents.errors import UnknownDocumentType
from verification.formats.jwk import encode_jwk
from verification.formats.sd_jwt import CREDENTIAL_TYP
from verification.key_binding import ExpectedBinding
from verification.trust import KeyPurpose

from . import examples
from .authentication import CitizenDownloads
from .check_document import check_credential
from .documented import SIGNED_IN, answers, binary
from .download import Paper, hand_out
from .json_answer import json_answer
from .languages import language_of
from .parameters import Code
from .present.credential_type import CredentialTypeView, credential_type_view
from .present.verdict import VerdictView, verdict_view
from .read_body import Body, body_of, described_as
from .services import Records
from .state import COUNTED_CHECK, Given

router = APIRouter()

MEDIA_TYPE = f"application/{CREDENTIAL_TYP}"
MAX_BINDING_AGE_SECONDS = 24 * 3600
_MAX_AGE_SECONDS = 300
_MAX_CHARACTERS = 100_000  # more than any credential has: a long one is an unreadable one, and no wrong request


class AskedBinding(Body):
    """What the holder was asked to sign when presenting the credential."""

    audience: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="Who asked: `aud`.")
    nonce: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="Made up for this presentation.")
    max_age_seconds: Annotated[int, Field(ge=1, le=MAX_BINDING_AGE_SECONDS)] = Field(
        description="How old the signature may be."
    )


class PresentedCredential(Body):
    """A credential as its holder presents it, with the disclosures that he chose."""

    credential: Annotated[str, Field(max_length=_MAX_CHARACTERS)] = Field(
        description="The SD-JWT, all of its parts joined by `~`."
    )
    binding: AskedBinding | None = Field(
        None, description="The proof of the holder's key that was asked for. Without it a proof is refused."
    )


class IssuerView(TypedDict):
    """The keys of credentials, for libraries that look for them under the issuer's address."""

    issuer: str
    jwks: dict[str, list[dict[str, Any]]]


@router.get(
    "/v1/applications/{code}/credential",
    tags=["citizen"],
    summary="Download the credential",
    response_class=Response,
    responses=binary(MEDIA_TYPE, "The signed credential with all its disclosures.", *SIGNED_IN, 404, 409, 422),
)
async def download_credential(request: Request, services: Given, citizen: CitizenDownloads, code: Code) -> Response:
    """The document as an SD-JWT VC for a wallet: its owner shows each fact or withholds it. See docs/credentials.md."""

    def find(records: Records) -> Paper:
        own = person_key_of(services.rules, citizen)
        certificate, file = find_credential(records, services.rules.catalogue, code, citizen, own)
        name = f"{certificate.type_id}-{certificate.number}.sd-jwt"
        return Paper(file.sha256, file.size_bytes, MEDIA_TYPE, name)

    return await hand_out(request, services, citizen, code, CertificateKind.RESULT, find)


@router.post(
    "/v1/verifications/credential",
    tags=["verification"],
    summary="Check a credential",
    dependencies=[COUNTED_CHECK],
    response_model=VerdictView,
    responses=answers(examples.VERDICT, 400, 413, 415, 422, 429),
    openapi_extra=described_as(
        PresentedCredential,
        {
            "credential": "eyJ…~WyJ…~WyJ…~eyJ…",
            "binding": {"audience": "https://bank.example", "nonce": "n-0S6_WzA2Mj", "max_age_seconds": 300},
        },
    ),
)
async def verify_presented_credential(
    request: Request, services: Given, asked: Annotated[PresentedCredential, Depends(body_of(PresentedCredential))]
) -> Response:
    """Whether a credential is genuine and in force now, and what its holder shows; also a forged one is an answer."""
    binding = None if asked.binding is None else ExpectedBinding(**asked.binding.model_dump())
    verdict = await check_credential(services, asked.credential, binding)
    language = language_of(request.scope)
    return json_answer(verdict_view(verdict, "credential", services.rules.catalogue, language), language)


@router.get(
    "/credentials/{type_id}",
    tags=["verification"],
    summary="What a type of credential is",
    response_model=CredentialTypeView,
    responses=answers(examples.CREDENTIAL_TYPE, 404, 422),
)
async def credential_type(request: Request, services: Given, type_id: str) -> Response:
    """SD-JWT VC Type Metadata: this address is the `vct` of the type's credentials."""
    found = services.rules.catalogue.get(type_id)
    if found.credential is None:
        raise UnknownDocumentType
    return _open(request, credential_type_view(found, found.credential, services.public_url))


@router.get(
    "/.well-known/jwt-vc-issuer",
    tags=["operations"],
    summary="The public keys of credentials",
    response_model=IssuerView,
    responses=answers(
        {
            "issuer": "https://condau.example",
            "jwks": {"keys": [{"kty": "EC", "crv": "P-256", "kid": "9f86d081884c", "use": "sig"}]},
        }
    ),
)
async def issuer_metadata(request: Request, services: Given) -> Response:
    """JWT VC Issuer Metadata. It knows no periods, so keys that were compromised are missing here altogether; who
    checks documents takes the signed trust list."""
    trust = services.trust(services.clock())
    keys = [
        {**encode_jwk(key.public_key), "kid": key.key_id, "use": "sig"}
        for key in trust.keys
        if key.purpose is KeyPurpose.CREDENTIAL and key.compromised_from is None
    ]
    return _open(request, {"issuer": services.public_url, "jwks": {"keys": keys}})


def _open(request: Request, content: IssuerView | CredentialTypeView) -> Response:
    """To everybody, other sites' pages too: the answer is the same for all."""
    body = json.dumps(content, ensure_ascii=False).encode()
    headers = {
        "ETag": f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        "Cache-Control": f"public, max-age={_MAX_AGE_SECONDS}",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
