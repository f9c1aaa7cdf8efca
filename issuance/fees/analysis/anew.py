"""Quotas that begin from nothing again, because a version counts them from another day than the version before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from issuance.fees.analysis.findings import Finding, FindingKind
from issuance.fees.analysis.phrases import both, day_words
from issuance.fees.analysis.subject import Ruled
from issuance.fees.book import BookEntry
from issuance.fees.document import FeePolicy
from issuance.fees.quotas import counted_from


def begun_anew(policy: FeePolicy, rules: Sequence[Ruled], others: Sequence[BookEntry]) -> Iterator[Finding]:
    """Against every other version of the policy that is in the book now; each quota is told once a day."""
    told: set[tuple[str, date]] = set()
    for entry in others:
        if entry.known_to is not None or entry.policy.id != policy.id or entry.policy.version == policy.version:
            continue
        document = entry.policy.document
        counted: dict[tuple[str, str], date] = {
            (rule.quota_name, rule.quota.scope): counted_from(document, rule)
            for stage in document.stages
            for rule in stage.rules
            if rule.quota is not None and rule.quota.scope in ("citizen_per_policy_period", "budget_total")
        }
        for ruled in rules:
            rule, quota = ruled.rule, ruled.rule.quota
            before = None if quota is None else counted.get((rule.quota_name, quota.scope))
            after = counted_from(policy.document, rule)
            if before is None or before == after or (rule.quota_name, before) in told:
                continue
            told.add((rule.quota_name, before))
            text = both(
                "Hạn mức “{name}” được tính lại từ đầu vào {after}: phần đã dùng theo phiên bản {version}, tính từ "
                "{before}, không còn được tính. Muốn tính tiếp, hãy ghi counted_from là {day}.",
                "The quota “{name}” begins anew on {after}: what was used under version {version}, counted from "
                "{before}, counts no more. To go on with it, give {day} as counted_from.",
                name=rule.quota_name,
                after=day_words(after),
                before=day_words(before),
                version=entry.policy.version,
                day=before.isoformat(),
            )
            yield Finding(FindingKind.QUOTA_BEGINS_ANEW, "warning", f"{ruled.place}.quota", text)
