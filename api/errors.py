"""What the ways in refuse themselves, before or after a use case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class ApiError(Exception):
    """Base of this package's refusals; none holds a part of the request."""

    code: ClassVar[str] = "api_error"


class RouteNotFound(ApiError):
    """Nothing is served under this path."""

    code = "not_found"


class MethodNotAllowed(ApiError):
    """The path exists, for other methods."""

    code = "method_not_allowed"


class MalformedRequest(ApiError):
    """The request's frame cannot be read: a broken form, a broken header."""

    code = "malformed_request"


class MalformedJson(ApiError):
    """The body is not one JSON object in UTF-8, or its texts are such as not every database can hold."""

    code = "malformed_json"


class WrongContentType(ApiError):
    """The body is of a type that this route does not read."""

    code = "unsupported_media_type"


class BodyTooLarge(ApiError):
    """More bytes than this route reads."""

    code = "body_too_large"


class BodyTooSlow(ApiError):
    """Too little of the body came in its time."""

    code = "body_too_slow"


class InvalidRequest(ApiError):
    """Fields or parameters break their rules. `problems` are (JSON pointer or parameter, rule) without values."""

    code = "invalid_request"

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems: tuple[tuple[str, str], ...] = tuple(problems)
        super().__init__(", ".join(rule for _, rule in self.problems))


class AccessTokenMissing(ApiError):
    """The route is for signed-in people, and no access token came (RFC 6750 section 3)."""

    code = "access_token_missing"


class AuthorizationAmbiguous(ApiError):
    """More than one Authorization header came, be it of one scheme or of two (RFC 6750 section 3.1)."""

    code = "authorization_ambiguous"


class IdempotencyKeyMissing(ApiError):
    """A request that changes something must carry an Idempotency-Key."""

    code = "idempotency_key_missing"


class IdempotencyKeyInvalid(ApiError):
    """An Idempotency-Key has 1 to 128 visible ASCII characters."""

    code = "idempotency_key_invalid"


class IdempotencyKeyReused(ApiError):
    """The key belongs to another request of the same person."""

    code = "idempotency_key_reused"


class TooManyRequests(ApiError):
    """This address or application has asked often enough for now.

    retry_after_seconds: when the next request is answered.
    """

    code = "too_many_requests"

    def __init__(self, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__("rate limit reached")


class IfMatchMissing(ApiError):
    """A change of what several people write at must say which one was read (RFC 6585 section 3)."""

    code = "if_match_missing"


class NothingToPay(ApiError):
    """The application has no payment order: nothing is due, or its fee is not decided."""

    code = "nothing_to_pay"


class QrTooLong(ApiError):
    """Longer than any QR code of ours."""

    code = "qr_too_long"


class UploadNotRecognised(ApiError):
    """The uploaded file starts like none of the kinds that are looked into."""

    code = "upload_not_recognised"


class NotAPdf(ApiError):
    """The uploaded file does not start like a PDF."""

    code = "not_a_pdf"


class StatusListNotFound(ApiError):
    """No status list of this number has been opened."""

    code = "status_list_not_found"


class NotAcceptable(ApiError):
    """None of the forms that this address offers is one that the caller's Accept names."""

    code = "not_acceptable"


class NoPaymentCode(ApiError):
    """Nothing is to be paid now, or this service does not know an account to pay it to."""

    code = "no_payment_code"


class PictureNotOffered(ApiError):
    """A picture is offered as SVG and PNG, and the caller's Accept names neither."""

    code = "picture_not_offered"


class CodeFormNotOffered(ApiError):
    """A document's code is offered as SVG, PNG and text, and the caller's Accept names none of them."""

    code = "code_form_not_offered"


class DocumentNotInForce(ApiError):
    """The document was taken back or has expired, so that its code would only lead to a refusal."""

    code = "document_not_in_force"


class NotReady(ApiError):
    """A part that serving needs does not answer. `checks` says which."""

    code = "not_ready"

    def __init__(self, checks: dict[str, bool]) -> None:
        self.checks = checks
        super().__init__("not ready")


class InternalError(ApiError):
    """A fault of ours; what exactly stands in the log, never in the answer."""

    code = "internal_error"
