"""The application with its description: what the framework cannot say of it is put in here."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from .authentication import with_proofs
from .whole_examples import as_given


class DescribedApp(FastAPI):
    """Examples have their null members, and where a token may be brought, one with a proof may be."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = with_proofs(as_given(super().openapi()))
        return self.openapi_schema
