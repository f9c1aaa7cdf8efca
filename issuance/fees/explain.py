"""An assessment in plain sentences, each amount with its act."""

from __future__ import annotations

from collections.abc import Sequence

from issuance.fees.assessment import (
    FailedCondition,
    FeeAssessment,
    FeeLine,
    FeeOutcome,
    FeeReduction,
    FiredRule,
    NotFiredReason,
    NotFiredRule,
    QuotaUse,
    ReferralReason,
)
from issuance.fees.condition_words import describe_condition, describe_fact, listed
from issuance.fees.facts import EVIDENCE, FACTS
from issuance.fees.quota_words import taken_of_persons, used_up
from issuance.fees.wording import Language, amount_in_figures, day_in_words, number_in_figures

_REFERRED: dict[ReferralReason, dict[Language, str]] = {
    ReferralReason.NO_POLICY_FOR_DOCUMENT_TYPE: {
        "vi": "Chưa có quy định về phí cho loại giấy tờ này; hồ sơ được chuyển cho cán bộ xem xét.",
        "en": "No fee policy covers this document type; an official decides.",
    },
    ReferralReason.NO_VERSION_ON_THIS_DAY: {
        "vi": "Chưa có quy định về phí áp dụng cho ngày {day}; hồ sơ được chuyển cho cán bộ xem xét.",
        "en": "No fee policy applies on {day}; an official decides.",
    },
    ReferralReason.SEVERAL_VERSIONS_APPLY: {
        "vi": "Theo ngày nộp và theo ngày tiếp nhận, có hơn một quy định về phí cùng áp dụng; "
        "hồ sơ được chuyển cho cán bộ xem xét.",
        "en": "By the day of submission and by that of receipt, more than one fee policy applies; an official decides.",
    },
    ReferralReason.DAY_OF_RECEIPT_NOT_KNOWN: {
        "vi": "Phí được tính theo ngày tiếp nhận hồ sơ, mà ngày này chưa được xác định; "
        "hồ sơ được chuyển cho cán bộ xem xét.",
        "en": "The fee depends on the day of receipt, which is not known; an official decides.",
    },
    ReferralReason.PAGES_NOT_KNOWN: {
        "vi": "Phí được tính theo số trang, mà số trang chưa được xác định; hồ sơ được chuyển cho cán bộ xem xét.",
        "en": "The fee is charged by the page, and the number of pages is not known; an official decides.",
    },
}


def explain(assessment: FeeAssessment, language: Language) -> list[str]:
    """Sentences for the citizen, in order: charges, what is taken off and who pays it, what is due, what is left of the
    person's quotas, why not less."""
    return list(assessment.once(("explanation", language), lambda one: tuple(_explained(one, language))))


def why_not_fired(assessment: FeeAssessment, language: Language) -> Sequence[str]:
    """Why each rule of `not_fired` did not apply, as half a sentence, in their order."""
    return assessment.once(
        ("not fired", language),
        lambda one: tuple(_why_not(rule, language, one.quota_uses) for rule in one.not_fired),
    )


def _explained(assessment: FeeAssessment, language: Language) -> list[str]:
    day = day_in_words(assessment.decided_for, language)
    if assessment.referral is not None:
        return [_REFERRED[assessment.referral][language].format(day=day)]
    numbers = {citation.id: _cited(assessment, citation.id, language) for citation in assessment.citations}
    sentences: list[str] = []
    if assessment.policy is not None and assessment.policy.demonstration is not None:
        sentences.append(assessment.policy.demonstration.in_language(language))
    for line in assessment.lines:
        if line.quantity:
            sentences.append(_charged(line, numbers, language))
            sentences.extend(_taken_off(entry, line, numbers, language) for entry in line.reductions)
    due = amount_in_figures(assessment.due, language)
    if assessment.outcome is FeeOutcome.NOTHING_DUE:
        sentences.append("Không phải nộp tiền." if language == "vi" else "Nothing is due.")
    else:
        sentences.append(f"Số tiền phải nộp: {due}." if language == "vi" else f"Amount due: {due}.")
    labels = {rule.rule_id: rule.label.in_language(language) for rule in assessment.fired if not rule.outweighed_by}
    sentences.extend(taken_of_persons(assessment.quota_uses, labels, language))
    sentences.extend(_outweighed(rule, assessment, language) for rule in assessment.fired if rule.outweighed_by)
    whys = why_not_fired(assessment, language)
    sentences.extend(_not_applied(rule, why, language) for rule, why in zip(assessment.not_fired, whys, strict=True))
    return sentences


def _why_not(rule: NotFiredRule, language: Language, uses: Sequence[QuotaUse]) -> str:
    match rule.reason:
        case NotFiredReason.EARLIER_RULE_MATCHED:
            return "đã áp dụng một quy định đứng trước" if language == "vi" else "an earlier rule applies"
        case NotFiredReason.EVIDENCE_MISSING:
            return _evidence_missing(rule.evidence, language)
        case NotFiredReason.QUOTA_USED_UP:
            return used_up(next((use for use in uses if use.rule_id == rule.rule_id), None), language)
        case NotFiredReason.QUOTA_NOT_KNOWN:
            return (
                "chưa biết hạn mức còn lại bao nhiêu" if language == "vi" else "what is left of its quota is not known"
            )
        case NotFiredReason.NOT_IN_FORCE:
            return _not_in_force(rule, language)
        case NotFiredReason.EXPRESSION_FAILED:
            return (
                "điều kiện của quy định này không tính được với hồ sơ này"
                if language == "vi"
                else "its condition can't be worked out for this request"
            )
        case NotFiredReason.CONDITION_FAILED | NotFiredReason.FACT_NOT_KNOWN:
            if rule.failed is None:
                raise ValueError("a rule whose condition failed names it")
            return _failed(rule.failed, language)


def _not_in_force(rule: NotFiredRule, language: Language) -> str:
    first = "" if rule.first_day is None else day_in_words(rule.first_day, language)
    if rule.last_day is None:
        return f"chỉ áp dụng từ ngày {first}" if language == "vi" else f"it applies only from {first}"
    last = day_in_words(rule.last_day, language)
    if language == "vi":
        return f"chỉ áp dụng từ ngày {first} đến hết ngày {last}"
    return f"it applies only from {first} to {last}"


def _evidence_missing(kinds: tuple[str, ...], language: Language) -> str:
    # A stored assessment may name a kind of paper that the catalogue has dropped since.
    papers = [f"“{EVIDENCE[kind].in_language(language) if kind in EVIDENCE else kind}”" for kind in kinds]
    if language == "vi":
        return f"chưa có giấy tờ chứng minh nào được chấp nhận; cần nộp {listed(papers, ' hoặc ')}"
    kind = "the paper" if len(papers) == 1 else "one of the papers"
    return f"no proof of it has been accepted; {kind} {listed(papers, ' or ')} is needed"


def _failed(failed: FailedCondition, language: Language) -> str:
    needed = describe_condition(failed.condition, language)
    if not failed.actual:
        return f"chỉ áp dụng khi {needed}" if language == "vi" else f"it applies only if {needed}"
    actual = (" và " if language == "vi" else " and ").join(
        describe_fact(FACTS[name], value, language) for name, value in failed.actual
    )
    if language == "vi":
        return f"chỉ áp dụng khi {needed}; ở hồ sơ này, {actual}"
    return f"it applies only if {needed}; here {actual}"


def _cited(assessment: FeeAssessment, citation_id: str, language: Language) -> str:
    citation = next(entry for entry in assessment.citations if entry.id == citation_id)
    act = f"{citation.kind.in_language(language)} {citation.number}"
    if citation.article is None:
        return act
    return f"{citation.article.vi} {act}" if language == "vi" else f"{act}, {citation.article.en}"


def _acts(refs: tuple[str, ...], numbers: dict[str, str], language: Language) -> str:
    return (" và " if language == "vi" else " and ").join(numbers[ref] for ref in refs)


def _charged(line: FeeLine, numbers: dict[str, str], language: Language) -> str:
    acts = _acts(line.basis, numbers, language)
    label, gross = line.label.in_language(language), amount_in_figures(line.gross, language)
    times = (
        f" ({number_in_figures(line.quantity, language)} × {amount_in_figures(line.gross // line.quantity, language)})"
        if line.quantity > 1
        else ""
    )
    if language == "vi":
        return f"{label}: {gross}{times}, theo {acts}."
    return f"{label}: {gross}{times}, under {acts}."


def _taken_off(entry: FeeReduction, line: FeeLine, numbers: dict[str, str], language: Language) -> str:
    acts = _acts(entry.basis, numbers, language)
    label, charge = entry.label.in_language(language), line.label.in_language(language)
    amount = amount_in_figures(entry.amount, language)
    if language == "vi":
        verb = {"exemption": "được miễn", "reduction": "được giảm", "support": "được hỗ trợ"}[entry.kind]
        payer = "" if entry.funding is None else f", do {entry.funding.label.vi} chi trả"
        return f"{label}: {verb} {amount} ({charge}){payer}, theo {acts}."
    payer = "" if entry.funding is None else f", paid by {entry.funding.label.en}"
    return f"{label}: {entry.kind} of {amount} ({charge}){payer}, under {acts}."


def _outweighed(rule: FiredRule, assessment: FeeAssessment, language: Language) -> str:
    label = rule.label.in_language(language)
    better = next(other.label for other in assessment.fired if other.rule_id == rule.outweighed_by)
    if language == "vi":
        return f"Đủ điều kiện “{label}”, nhưng “{better.vi}” có lợi hơn hoặc bằng nên được áp dụng thay."
    return f"“{label}” would apply too, but “{better.en}” takes off at least as much and applies instead."


def _not_applied(rule: NotFiredRule, why: str, language: Language) -> str:
    label = rule.label.in_language(language)
    return f"Không áp dụng “{label}”: {why}." if language == "vi" else f"“{label}” doesn't apply: {why}."
