"""The one table from errors to HTTP: stable code, status, and words for people. A test holds it against every leaf."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .. import errors as api
from .agency import ISSUANCE
from .below import DOCUMENTS, FEES, SIGNING, VERIFICATION
from .deadlines import DEADLINES
from .delivery import DELIVERY
from .entry import INTERNAL, ProblemType
from .feedback import FEEDBACK
from .fees import EVIDENCE, FEE_POLICIES
from .own import API
from .payments import PAYMENTS
from .people import IDENTITY
from .procedures import PROCEDURES
from .settlement import SETTLEMENT
from .units import UNITS

__all__ = ["BY_SLUG", "INTERNAL", "PROBLEMS", "ProblemType", "problem_of"]

PROBLEMS: Mapping[type[Exception], ProblemType] = MappingProxyType(
    dict(
        (
            *API,
            *IDENTITY,
            *ISSUANCE,
            *PAYMENTS,
            *EVIDENCE,
            *FEE_POLICIES,
            *UNITS,
            *DOCUMENTS,
            *FEES,
            *VERIFICATION,
            *SIGNING,
            *PROCEDURES,
            *DEADLINES,
            *FEEDBACK,
            *DELIVERY,
            *SETTLEMENT,
        )
    )
)
BY_SLUG: Mapping[str, ProblemType] = MappingProxyType({one.slug: one for one in PROBLEMS.values()})


def problem_of(error: Exception) -> ProblemType:
    """The entry of the error's own class, else of its nearest base that has one, else the internal error's."""
    for kind in type(error).__mro__:
        if kind in PROBLEMS:
            return PROBLEMS[kind]
    return PROBLEMS[api.InternalError]
