"""What can go wrong between a document type's folder and a finished page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from issuance.documents.terms import InForce


class DocumentError(Exception):
    """Base of this package's errors. `code` is stable; messages never hold personal data."""

    code: ClassVar[str] = "document_error"


class BrokenDocumentType(DocumentError):
    """A type's folder is incomplete or contradicts itself; found when the catalogue is loaded."""

    code = "broken_document_type"


class UnknownDocumentType(DocumentError):
    """The catalogue has no type of this id."""

    code = "unknown_document_type"

    def __init__(self) -> None:
        # The id asked for came from outside, so it isn't repeated.
        super().__init__("no such document type")


class ServiceNotInForce(DocumentError):
    """The type takes no applications on this day; `in_force` says when it does."""

    code = "service_not_in_force"

    def __init__(self, in_force: InForce | None) -> None:
        self.in_force = in_force
        super().__init__("no applications are taken on this day")


class NoIssuingBody(DocumentError):
    """Nobody issued this type on the given day."""

    code = "no_issuing_body"


class _Problems(DocumentError):
    """Problems as (JSON pointer, rule code) pairs, without a single value."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems: tuple[tuple[str, str], ...] = tuple(problems)
        super().__init__("; ".join(f"{pointer or '/'}: {rule}" for pointer, rule in self.problems))


class InvalidInput(_Problems):
    """What the citizen submitted breaks the type's input schema."""

    code = "invalid_input"


class InvalidContent(_Problems):
    """What was to be printed breaks the type's content schema."""

    code = "invalid_content"


class FontsMissing(DocumentError):
    """The fonts' folder doesn't hold the text face."""

    code = "fonts_missing"


class RenderFailed(DocumentError):
    """The layout gave no page that conforms: an error, a warning, or a character that the font lacks.

    `diagnostic` is for authors of layouts; it may quote content, so it is no part of the message.
    """

    code = "render_failed"

    def __init__(self, message: str, diagnostic: str = "") -> None:
        self.diagnostic = diagnostic
        super().__init__(message)


class QrTooLarge(DocumentError):
    """The link doesn't fit a symbol that can be read at the printed size."""

    code = "qr_too_large"


class LintRefused(DocumentError):
    """The rendered page isn't fit for a seal. `reasons` are stable codes, sorted."""

    code = "lint_refused"

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons: tuple[str, ...] = tuple(sorted(set(reasons)))
        super().__init__(", ".join(self.reasons))
