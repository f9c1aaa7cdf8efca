"""What a policy says in plain words: each kind of charge, rule and limit, in both languages."""

from __future__ import annotations

import json

from api.present.policy_words import in_plain_words
from issuance.fees.document import PolicyDocument
from issuance.fees.reading.read_policy import read_policy
from tests.api.fee_office import cheaper


def everything() -> PolicyDocument:
    """A document with one of each."""
    document = cheaper(last_day=None)
    document["basis"] = document["basis"][-1:]
    names = {"vi": "Khoản", "en": "Charge"}
    basis = ["resolution-of-july"]
    document["deciding_date"] = "received"
    document["charges"] = [
        {"id": "fee", "label": names, "kind": "base", "amount_vnd": 150_000, "basis": basis},
        {"id": "pages", "label": names, "kind": "per_page", "above": 5, "amount_vnd": 2_000, "basis": basis},
        {"id": "copies", "label": names, "kind": "per_copy_above", "above": 2, "amount_vnd": 5_000, "basis": basis},
        {"id": "post", "label": names, "kind": "postage", "amount_vnd": 30_000, "basis": basis},
    ]
    rule = {"kind": "reduction", "label": {"vi": "Quy tắc", "en": "Rule"}, "basis": basis, "when": "always"}
    document["stages"] = [
        {
            "id": "one",
            "label": {"vi": "Bước", "en": "Stage"},
            "pick": "first_match",
            "rules": [
                rule
                | {
                    "id": "papers",
                    "effects": [{"charge": "fee", "set_to": 100_000}],
                    "evidence": ["student_card", "merit_certificate"],
                    "quota": {"unit": "requests", "max": 2, "scope": "citizen_per_year"},
                },
                rule
                | {
                    "id": "expression",
                    "effects": [{"charge": "copies", "amount_off": 1_000}],
                    "expr": "copies > 3",
                    "quota": {"unit": "copies", "max": 1_000, "scope": "budget_total", "counted_from": "2024-01-01"},
                },
            ],
        }
    ]
    document["examples"][0] |= {
        "given": {"channel": "desk", "copies": 1, "pages": 1, "submitted_on": "2024-07-01", "received_on": "2024-07-01"}
    }
    return read_policy(json.dumps(document).encode(), "draft").document


def test_english() -> None:
    assert in_plain_words(everything(), "en")[:8] == [
        "In force from 2024-07-01 on, by the day of receipt.",
        "Charge: 150,000 VND for each request, under Resolution 99/2024/NQ-HĐND.",
        "Charge: 2,000 VND for each page from page 6 on, under Resolution 99/2024/NQ-HĐND.",
        "Charge: 5,000 VND for each copy from copy 3 on, under Resolution 99/2024/NQ-HĐND.",
        "Charge: 30,000 VND where it is sent by post, under Resolution 99/2024/NQ-HĐND.",
        "Stage: of the following only the first one whose condition holds applies.",
        "Rule: “Charge” comes down to 100,000 VND, once one of these papers is accepted: pupil's or student's card "
        "or certificate of a person of merit, at most 2 requests for each person and year, under "
        "Resolution 99/2024/NQ-HĐND.",
        "Rule: 1,000 VND off “Charge”, if this expression holds: copies > 3, at most 1,000 paper copies for the whole "
        "budget, counted from 2024-01-01 on, under Resolution 99/2024/NQ-HĐND.",
    ]


def test_vietnamese() -> None:
    assert in_plain_words(everything(), "vi")[:8] == [
        "Áp dụng từ ngày 1/7/2024, tính theo ngày tiếp nhận hồ sơ.",
        "Khoản: 150.000 đồng mỗi hồ sơ, theo Nghị quyết 99/2024/NQ-HĐND.",
        "Khoản: 2.000 đồng mỗi trang, từ trang thứ 6, theo Nghị quyết 99/2024/NQ-HĐND.",
        "Khoản: 5.000 đồng mỗi bản, từ bản thứ 3, theo Nghị quyết 99/2024/NQ-HĐND.",
        "Khoản: 30.000 đồng khi gửi qua bưu chính, theo Nghị quyết 99/2024/NQ-HĐND.",
        "Bước: trong các quy tắc sau, chỉ áp dụng quy tắc đầu tiên đủ điều kiện.",
        "Quy tắc: “Khoản” còn tối đa 100.000 đồng, khi đã chấp nhận một trong các giấy tờ: thẻ học sinh, sinh viên "
        "hoặc giấy chứng nhận người có công, tối đa 2 hồ sơ cho mỗi người trong một năm, theo "
        "Nghị quyết 99/2024/NQ-HĐND.",
        "Quy tắc: giảm 1.000 đồng của “Khoản”, khi biểu thức sau đúng: copies > 3, tối đa 1.000 bản giấy cho toàn bộ "
        "ngân sách tính từ ngày 1/1/2024, theo Nghị quyết 99/2024/NQ-HĐND.",
    ]
