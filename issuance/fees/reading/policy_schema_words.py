"""What the published schema says about the parts of a policy, in Vietnamese and English: an editor shows it."""

from __future__ import annotations

from collections.abc import Mapping

from issuance.fees.wording import Label

PART_WORDS: Mapping[str, Label] = {
    "PolicyDocument": Label(
        "Một phiên bản chính sách phí, lệ phí cho một số loại giấy tờ: luật viết thành dữ liệu",
        "One version of the fee policy for some document types: the law as data",
    ),
    "Basis": Label(
        "Văn bản pháp luật, hoặc một điều của văn bản, được các khoản thu và quy tắc viện dẫn bằng mã; "
        "điều chưa được kiểm chứng thì để null",
        "A legal act, or one article of it, that charges and rules cite by id; null where nobody has verified it",
    ),
    "Source": Label(
        "Tệp lưu văn bản và SHA-256 của tệp đó", "The stored file of the act and the SHA-256 that binds it"
    ),
    "Charge": Label(
        "Khoản thu theo luật, số nguyên đồng: base thu một lần; per_copy_above thu cho mỗi bản vượt số 'above'; "
        "per_page thu theo trang; postage thu khi gửi qua bưu chính",
        "Money due by law, in whole VND: base once; per_copy_above for each copy beyond 'above'; "
        "per_page for each page; postage where the document is sent by post",
    ),
    "Stage": Label(
        "Một bước tính trên phần còn phải nộp; các bước nối tiếp nhau. best_for_citizen: quy tắc bớt nhiều nhất; "
        "first_match: quy tắc đúng đầu tiên; stack: tất cả lần lượt",
        "A step that works on what is left to pay, one after the other. best_for_citizen: the rule that takes most "
        "off; first_match: the first that holds; stack: all in turn",
    ),
    "Rule": Label(
        "Ai được bớt, với điều kiện nào, theo văn bản nào", "Who pays less, on which condition, by which act"
    ),
    "Effect": Label(
        "Quy tắc bớt gì ở một khoản thu: đúng một trong percent_off (phần trăm), amount_off (số tiền), "
        "set_to (chỉ còn số tiền này)",
        "What the rule takes off one charge: exactly one of percent_off, amount_off, set_to (down to this amount)",
    ),
    "Funding": Label(
        "Ngân sách chi trả phần hỗ trợ; chỉ và luôn có ở quy tắc support",
        "The budget that pays the support; a support always has it, others never",
    ),
    "Quota": Label(
        "Hạn mức của quy tắc: theo bản (copies), hồ sơ (requests) hoặc số tiền (amount); trong một hồ sơ, của một "
        "người mỗi năm, của một người trong thời gian chính sách, hay của cả ngân sách",
        "How much the rule gives: copies, requests or an amount; within one request, for one citizen in a year, for "
        "one citizen over the policy's period, or for the whole budget",
    ),
    "Days": Label(
        "Khoảng thời gian, tính cả ngày đầu và ngày cuối (giờ Việt Nam); last_day là null nếu chưa định ngày hết",
        "A span of Vietnamese days, first and last included; last_day is null where the end is open",
    ),
    "Example": Label(
        "Một trường hợp tính sẵn, phải đúng thì chính sách mới được dùng",
        "A worked case that must hold before the policy is used",
    ),
    "Given": Label(
        "Dữ kiện của ví dụ; left: hạn mức còn lại theo tên, không ghi thì còn nguyên",
        "The facts of the example; left: what is left of quotas, by name, untouched where not given",
    ),
    "Expect": Label(
        "Kết quả phải ra: mức thu, phần được bớt, phần phải nộp (đồng)",
        "What it must come to: gross, waived, due (VND)",
    ),
    "Label": Label("Cùng một nội dung bằng hai thứ tiếng", "The same words in both languages"),
    "Condition": Label(
        'Điều kiện: "always", một phép so sánh trên một dữ kiện, hoặc all, any, not bao quanh các điều kiện khác',
        'A condition: "always", one comparison of a fact, or all, any, not around further conditions',
    ),
}

KEY_WORDS: Mapping[str, Label] = {
    "PolicyDocument.deciding_date": Label(
        "Ngày nào quyết định: ngày nộp (submitted) hay ngày tiếp nhận (received)",
        "Which day decides: that of submission or that of receipt",
    ),
    "PolicyDocument.rounding": Label(
        "Phần trăm lẻ đồng làm tròn có lợi cho người dân hay cho ngân sách",
        "Whether a share of a đồng is rounded in favour of the citizen or of the budget",
    ),
    "PolicyDocument.demonstration": Label(
        "Chỉ để minh họa: câu này xuất hiện trong mọi kết quả",
        "For demonstration only: this sentence stands in every answer",
    ),
    "Charge.above": Label(
        "Số bản (hoặc số trang) đã tính trong mức thu cơ bản", "The number of copies (or pages) that are included"
    ),
    "Rule.expr": Label(
        "Điều kiện thêm viết bằng CEL, tối đa 500 ký tự; các phép kiểm tra tự động không phân tích được",
        "A further condition in CEL, at most 500 characters; the automatic checks can't analyse it",
    ),
    "Rule.evidence": Label(
        "Loại giấy tờ: phải có ít nhất một loại đã được chấp nhận", "Kinds of papers, one of which must be accepted"
    ),
    "Rule.dates": Label(
        "Thu hẹp thời gian hiệu lực của chính sách cho riêng quy tắc này", "Narrow the policy's days for this rule"
    ),
    "Rule.unverified": Label("Điều chưa được kiểm chứng", "What nobody has verified"),
    "Quota.name": Label(
        "Tên chung: các quy tắc cùng tên dùng chung một hạn mức; không ghi thì là mã của quy tắc",
        "Rules with one name draw on one quota; by default the rule's id",
    ),
    "Quota.counted_from": Label(
        "Ngày bắt đầu tính; phiên bản sau ghi cùng ngày thì tính tiếp; không ghi thì là ngày đầu của quy tắc",
        "From which day it is counted: a later version with the same day goes on; by default the rule's first day",
    ),
}
