"""What one entry of the table says."""

from __future__ import annotations

from dataclasses import dataclass

from issuance.fees.wording import Label

INTERNAL = 500


@dataclass(frozen=True, slots=True)
class ProblemType:
    """What callers may rely on. slug: the end of the RFC 9457 `type`; advice: what to do now, where there is something.

    retry_after_seconds: set where the same request may succeed soon without the caller changing anything.
    """

    slug: str
    status: int
    title: Label
    advice: Label | None = None
    retry_after_seconds: int | None = None

    @property
    def code(self) -> str:
        return self.slug.replace("-", "_")


def problem(
    error: type[Exception],
    status: int,
    title: tuple[str, str],
    advice: tuple[str, str] | None = None,
    retry: int | None = None,
    *,
    slug: str | None = None,
) -> tuple[type[Exception], ProblemType]:
    code = slug or str(vars(error)["code"])
    return error, ProblemType(code.replace("_", "-"), status, Label(*title), Label(*advice) if advice else None, retry)


_INTERNAL_ERROR = ProblemType(
    "internal-error",
    INTERNAL,
    Label("Hệ thống gặp lỗi", "The service has failed"),
    Label("Lỗi của hệ thống, không phải của bạn. Vui lòng thử lại sau.", "Our fault, not yours. Please try later."),
)


def our_fault(error: type[Exception]) -> tuple[type[Exception], ProblemType]:
    """One entry for all that no caller can cause or mend: which of them it was stands in the log alone."""
    return error, _INTERNAL_ERROR
