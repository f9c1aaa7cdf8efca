"""A rehearsal in plain sentences, for the head who is to approve the policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from issuance.fees.document import QuotaUnit
from issuance.fees.facts import CATEGORIES, CHANNELS
from issuance.fees.quota_words import units_in_figures
from issuance.fees.rehearsal.result import BudgetQuota, Difference, GroupOfCases, Money, QuotaDrawn, RehearsalResult
from issuance.fees.wording import Label, Language, amount_in_figures, day_in_words, number_in_figures

_MOST_NAMED = 8


def summary(result: RehearsalResult, language: Language) -> list[str]:
    """In order: what was rehearsed, the money, who pays less or more, referrals, budgets, rules without effect."""
    if not result.cases:
        return [Label("Không có hồ sơ nào để chạy thử.", "There was no case to rehearse.").in_language(language)]
    said = [*_rehearsed(result), *_money(result), *_people(result), *_referrals(result)]
    said += [*_quotas(result), *_without_effect(result)]
    if not result.is_exact:
        said.append(
            Label(
                "Quá nhiều người dùng hạn mức riêng để ghi nhớ hết; phần vượt quá được tính như chưa dùng, nên số tiền "
                "hỗ trợ có thể cao hơn thực tế.",
                "More people drew on quotas of their own than are remembered; those beyond were taken as people who "
                "had used nothing, so that support may come out too high.",
            )
        )
    return [label.in_language(language) for label in said]


def change_in_figures(difference: int, language: Language) -> str:
    """`+1.000 đồng`, `−1.000 đồng` or `0 đồng`."""
    sign = "+" if difference > 0 else "−" if difference < 0 else ""
    return sign + amount_in_figures(abs(difference), language)


def name_of_group(group: GroupOfCases, language: Language) -> str:
    """What the cases of a group have in common, in words."""
    return _name_of_group(group).in_language(language)


def _name_of_group(group: GroupOfCases) -> Label:
    known: Mapping[str, Mapping[str, Label]] = {
        "channel": CHANNELS,
        "categories": {**CATEGORIES, "none": Label("không thuộc diện nào", "no category")},
        "age_years": {
            "unknown": Label("không rõ tuổi", "age not known"),
            "60-150": Label("từ 60 tuổi", "aged 60 or more"),
        },
    }
    words = known[group.fact].get(group.value)
    if words is not None:
        return words
    span = group.value.replace("-", "–")
    return Label(f"{span} tuổi", f"aged {span}") if group.fact == "age_years" else Label(group.value, group.value)


def _rehearsed(result: RehearsalResult) -> Iterable[Label]:
    first, last = result.first_day or date.min, result.last_day or date.max
    made_up = result.source is not None and result.source.get("kind") == "population"
    vi, en = ("hồ sơ giả định", "made-up cases") if made_up else ("hồ sơ", "cases")
    yield Label(
        f"Đã chạy thử {number_in_figures(result.cases, 'vi')} {vi} nộp từ ngày {day_in_words(first, 'vi')} đến ngày "
        f"{day_in_words(last, 'vi')}, theo quy định hiện có và theo dự thảo.",
        f"{number_in_figures(result.cases, 'en')} {en} submitted from {day_in_words(first, 'en')} to "
        f"{day_in_words(last, 'en')} were decided by the policies as they are and with the draft.",
    )
    if made_up and result.source is not None and result.source.get("invented"):
        yield Label(
            "Cơ cấu hồ sơ là giả định để thử, không phải số liệu thống kê: con số chỉ cho thấy chiều hướng.",
            "The make-up of these cases is invented for trials and no statistic: the sums show directions only.",
        )


def _money(result: RehearsalResult) -> Iterable[Label]:
    if result.newly_referred or result.no_longer_referred:
        yield Label(
            "Các tổng số dưới đây chỉ gồm những hồ sơ mà mỗi bên tự quyết định được, nên không so sánh trực tiếp được.",
            "The totals below hold only the cases that each side decides by itself, so they don't compare directly.",
        )
    before, after = result.before, result.after
    yield _from_to(Label("Người dân phải nộp", "Citizens pay"), before.due, after.due)
    for budget, label in result.budgets.items():
        was, becomes = _paid_by(before, budget), _paid_by(after, budget)
        if was or becomes:
            words = Label(f"{_capital(label.vi)} chi", f"{_capital(label.en)} pays")
            yield _from_to(words, was, becomes)
    yield _from_to(
        Label("Miễn, giảm mà không ngân sách nào bù", "Exempted and reduced, which no budget makes good"),
        before.remitted,
        after.remitted,
    )


def _from_to(what: Label, before: int, after: int) -> Label:
    if before == after:
        return Label(
            f"{what.vi}: {amount_in_figures(after, 'vi')}, không đổi.",
            f"{what.en}: {amount_in_figures(after, 'en')}, as before.",
        )
    share = ""
    if before:
        # Tenths of a percent in integers, half away from zero; money is never a float.
        tenths = (abs(after - before) * 2_000 + before) // (2 * before)
        share = f"{'+' if after > before else '−'}{tenths // 10}.{tenths % 10}%"
    vi, en = (f"; {share.replace('.', ',')}" if share else ""), (f"; {share}" if share else "")
    return Label(
        f"{what.vi}: {amount_in_figures(before, 'vi')} → {amount_in_figures(after, 'vi')} "
        f"({change_in_figures(after - before, 'vi')}{vi}).",
        f"{what.en}: {amount_in_figures(before, 'en')} → {amount_in_figures(after, 'en')} "
        f"({change_in_figures(after - before, 'en')}{en}).",
    )


def _people(result: RehearsalResult) -> Iterable[Label]:
    for difference, less in ((result.gains, True), (result.losses, False)):
        vi, en = ("ít hơn", "less") if less else ("nhiều hơn", "more")
        if not difference.count:
            yield Label(f"Không ai phải nộp {vi}.", f"Nobody pays {en}.")
            continue
        yield Label(
            f"Phải nộp {vi}: {_of(difference, result.cases, 'vi')}.",
            f"{en.capitalize()} is due in {_of(difference, result.cases, 'en')}.",
        )
        groups = [(group, group.gains if less else group.losses) for group in result.groups]
        for fact, words in (
            ("channel", Label("theo kênh nộp", "by channel")),
            ("categories", Label("theo diện", "by category")),
            ("age_years", Label("theo tuổi", "by age")),
        ):
            parts = sorted(
                ((group, part) for group, part in groups if group.fact == fact and part.count),
                key=lambda entry: -entry[1].count,
            )
            yield Label(
                f"– {words.vi}: {'; '.join(_group(group, part, 'vi') for group, part in parts)}.",
                f"– {words.en}: {'; '.join(_group(group, part, 'en') for group, part in parts)}.",
            )
    yield Label(
        f"Không đổi: {number_in_figures(result.unchanged, 'vi')} hồ sơ.",
        f"Nothing changes in {_cases(result.unchanged)}.",
    )


def _of(difference: Difference, cases: int, language: Language) -> str:
    count = number_in_figures(difference.count, language)
    amount, each = (
        amount_in_figures(sum_, language) for sum_ in (difference.amount, difference.amount // difference.count)
    )
    if language == "vi":
        return f"{count} trong {number_in_figures(cases, 'vi')} hồ sơ, tổng cộng {amount}, trung bình {each} mỗi hồ sơ"
    return f"{count} of {_cases(cases)}: {amount} in all, {each} each on average"


def _group(group: GroupOfCases, part: Difference, language: Language) -> str:
    of = f"{number_in_figures(part.count, language)}/{number_in_figures(group.cases, language)}"
    return f"{name_of_group(group, language)} {of}"


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{number_in_figures(count, 'en')} cases"


def _referrals(result: RehearsalResult) -> Iterable[Label]:
    if result.newly_referred:
        yield Label(
            f"{number_in_figures(result.newly_referred, 'vi')} hồ sơ nay phải chuyển cán bộ, trước đây không phải.",
            f"{_cases(result.newly_referred)} would go to an official that were decided before.",
        )
    if result.no_longer_referred:
        yield Label(
            f"{number_in_figures(result.no_longer_referred, 'vi')} hồ sơ trước đây phải chuyển cán bộ xem xét, nay "
            "được quyết định ngay.",
            f"{_cases(result.no_longer_referred)} would be decided that went to an official before.",
        )
    if result.after.referred:
        go = "goes" if result.after.referred == 1 else "go"
        yield Label(
            f"Với dự thảo, tổng cộng {number_in_figures(result.after.referred, 'vi')} hồ sơ chuyển cán bộ xem xét.",
            f"With the draft, {_cases(result.after.referred)} in all {go} to an official.",
        )


def _quotas(result: RehearsalResult) -> Iterable[Label]:
    for quota in result.quotas:
        vi = "; ".join(_side(quota, "vi"))
        en = "; ".join(_side(quota, "en"))
        yield Label(
            f"Hạn mức chung của “{quota.label.vi}”: {vi}.", f"The quota that all share of “{quota.label.en}”: {en}."
        )


def _side(quota: BudgetQuota, language: Language) -> Iterable[str]:
    for drawn, vi, en in ((quota.before, "hiện nay", "as it is"), (quota.after, "theo dự thảo", "with the draft")):
        if drawn is not None:
            yield (
                f"{vi} {_drawn(drawn, quota.unit, 'vi')}"
                if language == "vi"
                else f"{en}, {_drawn(drawn, quota.unit, 'en')}"
            )


def _drawn(drawn: QuotaDrawn, unit: QuotaUnit, language: Language) -> str:
    taken, size = units_in_figures(drawn.taken, unit, language), units_in_figures(drawn.size, unit, language)
    if drawn.used_up_on is None:
        if drawn.last_drawn_on is None:
            return f"không dùng đến {size}" if language == "vi" else f"nothing of {size} is used"
        last = day_in_words(drawn.last_drawn_on, language)
        if language == "vi":
            return f"dùng {taken} trong {size}, lần cuối vào ngày {last}"
        return f"{taken} of {size} used, the last on {last}"
    day = day_in_words(drawn.used_up_on, language)
    return f"dùng hết {size} vào ngày {day}" if language == "vi" else f"all {size} are used up on {day}"


def _without_effect(result: RehearsalResult) -> Iterable[Label]:
    deciding = {version.policy_id for version in result.versions if version.cases_after}
    silent = [rule.label for rule in result.rules if rule.policy_id in deciding and not rule.after.fired]
    if not silent:
        return
    more = len(silent) - _MOST_NAMED
    vi = ", ".join(f"“{label.vi}”" for label in silent[:_MOST_NAMED]) + (
        f" và {more} quy định khác" if more > 0 else ""
    )
    en = ", ".join(f"“{label.en}”" for label in silent[:_MOST_NAMED]) + (f" and {more} others" if more > 0 else "")
    yield Label(f"Không giảm gì ở hồ sơ nào: {vi}.", f"Took nothing off in any of these cases: {en}.")


def _paid_by(money: Money, budget: str) -> int:
    return sum(share.amount for share in money.budgets if share.budget == budget)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
