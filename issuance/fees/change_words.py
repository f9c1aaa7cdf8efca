"""The parts of a policy in words, for the difference of two versions: what a field is called, what a value says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

from issuance.fees.condition_words import describe_condition
from issuance.fees.conditions import AllOf, Always, AnyOf, Compare, Not, condition_to_json
from issuance.fees.document import Days, Effect, Expect, Funding, Given, Quota, Source
from issuance.fees.facts import EVIDENCE, FACTS
from issuance.fees.quota_words import units_in_figures
from issuance.fees.wording import Label, Language, amount_in_figures, day_in_words, number_in_figures

_CONDITIONS = (Always, Compare, AllOf, AnyOf, Not)

FIELDS: Mapping[str, Label] = {
    "schema": Label("Mẫu tài liệu", "Schema"),
    "id": Label("Mã", "Identifier"),
    "version": Label("Phiên bản", "Version"),
    "label": Label("Tên gọi", "Name"),
    "document_types": Label("Loại giấy tờ", "Document types"),
    "territory": Label("Địa bàn", "Territory"),
    "currency": Label("Đơn vị tiền", "Currency"),
    "time_zone": Label("Múi giờ", "Time zone"),
    "effective": Label("Thời hạn áp dụng", "Days of effect"),
    "deciding_date": Label("Ngày quyết định", "Deciding day"),
    "rounding": Label("Làm tròn", "Rounding"),
    "where_no_version_applies": Label("Khi không có phiên bản áp dụng", "Where no version applies"),
    "demonstration": Label("Ghi chú trình diễn", "Demonstration note"),
    "kind": Label("Loại", "Kind"),
    "number": Label("Số hiệu", "Number"),
    "title": Label("Trích yếu", "Title"),
    "article": Label("Điều khoản", "Article"),
    "issued_by": Label("Cơ quan ban hành", "Issued by"),
    "issued_on": Label("Ngày ban hành", "Issued on"),
    "source": Label("Tệp văn bản", "File of the act"),
    "unverified": Label("Điểm chưa kiểm chứng", "Not verified"),
    "amount_vnd": Label("Mức thu", "Rate"),
    "above": Label("Số lượng không tính tiền", "Free of charge up to"),
    "basis": Label("Căn cứ", "Basis"),
    "pick": Label("Cách chọn quy tắc", "Choice among the rules"),
    "when": Label("Điều kiện", "Condition"),
    "expr": Label("Điều kiện bổ sung (biểu thức)", "Further condition (expression)"),
    "evidence": Label("Giấy tờ cần có", "Papers needed"),
    "dates": Label("Thời hạn của quy tắc", "Days of the rule"),
    "funding": Label("Nguồn chi trả", "Paid by"),
    "quota": Label("Hạn mức", "Quota"),
    "effect": Label("Mức giảm", "Taken off"),
    "given": Label("Tình huống", "Given"),
    "expect": Label("Kết quả", "Expected"),
    "stage": Label("Bước", "Stage"),
    "order": Label("Thứ tự", "Order"),
}
CHOICES: Mapping[str, Label] = {
    "submitted": Label("ngày nộp hồ sơ", "the day of submission"),
    "received": Label("ngày tiếp nhận hồ sơ", "the day of receipt"),
    "in_favour_of_citizen": Label("có lợi cho người dân", "in favour of the citizen"),
    "in_favour_of_budget": Label("có lợi cho ngân sách", "in favour of the budget"),
    "refer_to_official": Label("chuyển cho công chức", "refer to an official"),
    "base": Label("thu một lần mỗi hồ sơ", "once per request"),
    "per_copy_above": Label("thu theo bản", "per copy"),
    "per_page": Label("thu theo trang", "per page"),
    "postage": Label("cước bưu chính", "postage"),
    "exemption": Label("miễn", "exemption"),
    "reduction": Label("giảm", "reduction"),
    "support": Label("hỗ trợ", "support"),
    "best_for_citizen": Label("lợi nhất cho người dân", "the best for the citizen"),
    "first_match": Label("quy tắc đầu tiên đúng", "the first that holds"),
    "stack": Label("áp dụng lần lượt tất cả", "all of them in turn"),
}
_MORE_GIVEN: Mapping[str, Label] = {
    "birth_date": Label("ngày sinh", "date of birth"),
    "left": Label("hạn mức còn lại:", "left of quotas:"),
}
_CHOSEN = {"deciding_date", "rounding", "where_no_version_applies", "kind", "pick"}
_SCOPES = {
    "request": Label("mỗi hồ sơ", "per request"),
    "citizen_per_year": Label("mỗi người một năm", "per person and year"),
    "citizen_per_policy_period": Label("mỗi người trong cả thời hạn", "per person for the whole period"),
    "budget_total": Label("cho toàn bộ nguồn chi", "for the whole budget"),
}


def in_words(field: str, value: object, language: Language) -> str:
    """What a value of a document's field says."""
    vietnamese = language == "vi"
    if value is None or value == ():
        return "không có" if vietnamese else "none"
    if isinstance(value, _CONDITIONS):
        return describe_condition(value, language)
    if isinstance(value, Label):
        return f"“{value.in_language(language)}”"
    if isinstance(value, Days):
        return _days(value, language)
    if isinstance(value, date):
        return day_in_words(value, language)
    if isinstance(value, Quota):
        most = units_in_figures(value.max, value.unit, language)
        name = "" if value.name is None else f" ({value.name})"
        if value.counted_from is not None:
            name += f"{', tính từ' if vietnamese else ', counted from'} {day_in_words(value.counted_from, language)}"
        return f"{'tối đa' if vietnamese else 'at most'} {most} {_SCOPES[value.scope].in_language(language)}{name}"
    if isinstance(value, Funding):
        return f"{value.label.in_language(language)} ({value.budget})"
    if isinstance(value, Source):
        return f"{value.file} (SHA-256 {value.sha256[:16]}…)"
    if isinstance(value, Effect):
        return _effect(value, language)
    if isinstance(value, Expect):
        amounts = (amount_in_figures(each, language) for each in (value.gross_vnd, value.waived_vnd, value.due_vnd))
        pattern = "mức thu {}, được giảm {}, phải nộp {}" if vietnamese else "{} by the tariff, {} taken off, {} due"
        return pattern.format(*amounts)
    if isinstance(value, Given):
        return _given(value, language)
    if isinstance(value, str):
        return CHOICES[value].in_language(language) if field in _CHOSEN and value in CHOICES else value
    if isinstance(value, int):
        return amount_in_figures(value, language) if field == "amount_vnd" else number_in_figures(value, language)
    if field == "evidence" and isinstance(value, tuple):
        return ", ".join(EVIDENCE[kind].in_language(language) if kind in EVIDENCE else str(kind) for kind in value)
    return ", ".join(str(entry) for entry in value) if isinstance(value, Sequence) else str(plain(value))


def _days(days: Days, language: Language) -> str:
    first = day_in_words(days.first_day, language)
    if days.last_day is None:
        return f"từ {first} trở đi" if language == "vi" else f"from {first} on"
    last = day_in_words(days.last_day, language)
    return f"từ {first} đến hết {last}" if language == "vi" else f"from {first} to {last}"


def _effect(effect: Effect, language: Language) -> str:
    vietnamese = language == "vi"
    said = []
    if effect.percent_off is not None:
        said.append(f"giảm {effect.percent_off}%" if vietnamese else f"{effect.percent_off}% off")
    if effect.amount_off is not None:
        off = amount_in_figures(effect.amount_off, language)
        said.append(f"giảm {off}" if vietnamese else f"{off} off")
    if effect.set_to is not None:
        to = amount_in_figures(effect.set_to, language)
        said.append(f"còn {to}" if vietnamese else f"down to {to}")
    return ", ".join(said)


def _given(given: Given, language: Language) -> str:
    """Each fact that an example states, by its name; those that are as usual are left out."""
    said = []
    for field in fields(given):
        value = getattr(given, field.name)
        if not value or value == field.default:
            continue
        label = FACTS[field.name].label if field.name in FACTS else _MORE_GIVEN[field.name]
        said.append(f"{label.in_language(language)} {_given_value(field.name, value, language)}")
    return "; ".join(said)


def _given_value(name: str, value: object, language: Language) -> str:
    if isinstance(value, date):
        return day_in_words(value, language)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {number_in_figures(left, language)}" for key, left in value.items())
    words = (FACTS[name].values if name in FACTS else None) or {}
    named = [str(one) for one in value] if isinstance(value, tuple) else [str(value)]
    return ", ".join(words[one].in_language(language) if one in words else one for one in named)


def plain(value: object) -> Any:
    """A part of a policy document as plain JSON, as the document writes it."""
    if isinstance(value, _CONDITIONS):
        return condition_to_json(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value
