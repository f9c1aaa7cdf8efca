"""A policy's id stands in addresses: none can be a word that stands there already."""

from __future__ import annotations

from api import fee_acts, fee_drafts, fee_policies
from issuance.fees.document import RESERVED_IDS

PREFIX = "/v1/fee-policies/"


def test_every_fixed_part_of_an_address_is_reserved() -> None:
    paths = [
        route.path
        for part in (fee_acts, fee_drafts, fee_policies)
        for route in part.router.routes
        if hasattr(route, "path")
    ]
    fixed = {path.removeprefix(PREFIX).split("/")[0] for path in paths if path.startswith(PREFIX)}
    assert {name for name in fixed if not name.startswith("{")} == set(RESERVED_IDS)
