"""The words of every problem with a policy document, in Vietnamese and English, by code.

Values stand in braces, the same in both languages. They are read by those who write down the law, not by programmers.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from issuance.fees.wording import Label

PROBLEM_WORDS: Mapping[str, Label] = MappingProxyType(
    {
        # The file
        "too_large": Label("lớn hơn {most} byte", "larger than {most} bytes"),
        "too_deep": Label("lồng nhau quá {most} cấp", "nested more than {most} deep"),
        "too_many_values": Label("có quá {most} giá trị", "more than {most} values"),
        "not_utf8": Label("không phải là văn bản UTF-8", "not UTF-8"),
        "not_json": Label(
            "không đọc được như JSON ở dòng {line}, cột {column}", "not JSON: line {line}, column {column}"
        ),
        "no_object": Label("chính sách phải là một đối tượng JSON", "a policy is a JSON object"),
        "key_twice": Label(
            "khóa '{key}' xuất hiện hai lần trong một đối tượng", "the key '{key}' stands twice in one object"
        ),
        "number_too_long": Label("có số dài quá {most} chữ số", "a number with more than {most} digits"),
        "number_not_whole": Label(
            "'{number}': số phải là số nguyên; tiền tính bằng đồng",
            "'{number}': numbers are whole; money is integer VND",
        ),
        "text_not_composed": Label(
            "chữ chưa ở dạng dựng sẵn (Unicode NFC); hãy gõ lại bằng bộ gõ Unicode dựng sẵn",
            "the text isn't in composed form (Unicode NFC)",
        ),
        "text_unseen_sign": Label(
            "trong chữ có một ký tự không nhìn thấy (U+{sign})", "the text has a sign that can't be seen (U+{sign})"
        ),
        "text_mixed_letters": Label(
            "từ '{word}' trộn chữ cái La-tinh với chữ cái khác trông giống (U+{sign})",
            "the word '{word}' mixes Latin letters with others that look alike (U+{sign})",
        ),
        # Forms of values
        "missing": Label("thiếu khóa này", "this key is missing"),
        "unknown_key": Label("không có khóa nào tên{near}", "unknown key{near}"),
        "number_needed": Label("ở đây cần một số nguyên", "a whole number is needed"),
        "text_needed": Label("ở đây cần một đoạn chữ", "a text is needed"),
        "list_needed": Label("ở đây cần một danh sách", "a list is needed"),
        "object_needed": Label("ở đây cần một đối tượng", "an object is needed"),
        "one_of": Label("phải là {expected}", "must be {expected}"),
        "at_least_entries": Label("cần ít nhất {least} mục", "at least {least} entry is needed"),
        "at_most_entries": Label("có tối đa {most} mục", "there can be at most {most} entries"),
        "not_below": Label("không được nhỏ hơn {least}", "must be at least {least}"),
        "not_above": Label("không được lớn hơn {most}", "must be at most {most}"),
        "text_empty": Label("không được để trống", "the text is empty"),
        "text_too_long": Label("dài quá {most} ký tự", "longer than {most} characters"),
        "id_form": Label(
            "mã chỉ gồm chữ thường không dấu, chữ số và các dấu _ . -, bắt đầu bằng chữ hoặc số, tối đa 64 ký tự",
            "an id doesn't have the form it needs: small letters, digits and _ . -, "
            "a letter or digit first, at most 64 characters",
        ),
        "file_form": Label(
            "phải là tên tệp đơn giản, không có thư mục: chữ không dấu, chữ số và các dấu _ . -",
            "a file's name doesn't have the form it needs: letters, digits and _ . - without any folder",
        ),
        "sha256_form": Label(
            "SHA-256 gồm đúng 64 ký tự 0-9 và a-f", "a SHA-256 has exactly 64 characters of 0-9 and a-f"
        ),
        "day_form": Label("ngày viết theo mẫu 2024-06-01", "a day is written as 2024-06-01"),
        "no_such_day": Label("không có ngày này trong lịch", "there is no such day"),
        "both_languages": Label(
            "cần cả tiếng Việt và tiếng Anh, mỗi thứ tiếng tối đa {most} ký tự",
            "both languages are needed, at most {most} characters each",
        ),
        "not_allowed": Label("giá trị này không dùng được ở đây", "this value can't stand here"),
        # The document as a whole
        "twice": Label("'{id}' xuất hiện ở đây hai lần", "'{id}' stands here twice"),
        "id_reserved": Label(
            "'{id}' là tên mà hệ thống dùng trong địa chỉ; hãy chọn mã khác cho chính sách",
            "'{id}' is a name that the service's addresses need; choose another id for the policy",
        ),
        "days_reversed": Label("ngày cuối đứng trước ngày đầu", "the last day lies before the first"),
        "act_idle": Label("không khoản thu hay quy tắc nào viện dẫn văn bản này", "nothing cites this act"),
        "unknown_act": Label("không có văn bản nào mang mã{near}", "unknown act{near}"),
        "unknown_charge": Label("không có khoản thu nào mang mã{near}", "unknown charge{near}"),
        "unknown_evidence": Label("không có loại giấy tờ nào tên{near}", "unknown kind of paper{near}"),
        "unknown_quota": Label(
            "không có hạn mức nào (rộng hơn một hồ sơ) tên{near}", "unknown quota (wider than a request){near}"
        ),
        "left_beyond_quota": Label(
            "còn lại {left} là nhiều hơn cả hạn mức {max}", "{left} left is more than the quota of {max}"
        ),
        "too_many_rules": Label("có quá {most} quy tắc", "more than {most} rules"),
        "too_many_comparisons": Label(
            "các điều kiện có tổng cộng quá {most} phép so sánh", "the conditions have more than {most} comparisons"
        ),
        "looks_of_examples": Label(
            "với từng này quy tắc và phép so sánh, chính sách có thể có tối đa {most} ví dụ",
            "with so many rules and comparisons there can be at most {most} examples",
        ),
        "too_many_expressions": Label("có quá {most} biểu thức 'expr'", "more than {most} expressions ('expr')"),
        "base_above": Label(
            "khoản thu {kind} chỉ thu một lần; 'above' đi với per_copy_above và per_page",
            "a {kind} charge is due once; 'above' goes with per_copy_above and per_page",
        ),
        "above_missing": Label(
            "per_copy_above cần 'above': số bản đã tính trong mức thu cơ bản",
            "per_copy_above needs 'above': the number of copies that are included",
        ),
        "rule_days_beyond": Label(
            "thời gian của quy tắc vượt ra ngoài thời gian có hiệu lực của chính sách",
            "the rule's days reach beyond the days on which the policy is effective",
        ),
        "two_effects": Label(
            "quy tắc tác động hai lần lên khoản thu '{charge}'", "the rule has two effects on the charge '{charge}'"
        ),
        "one_way": Label(
            "mỗi tác động có đúng một trong percent_off, amount_off, set_to",
            "an effect has exactly one of percent_off, amount_off, set_to",
        ),
        "funding_missing": Label(
            "khoản hỗ trợ do một ngân sách chi trả: thiếu 'funding'",
            "support is paid by a budget: 'funding' is missing",
        ),
        "funding_idle": Label(
            "không ngân sách nào chi trả cho phần miễn, giảm theo luật ({kind}); "
            "có ngân sách chi trả thì đó là hỗ trợ (support)",
            "no budget pays for a statutory {kind}; with a budget it is a support",
        ),
        "quota_request_requests": Label(
            "một hồ sơ luôn là một hồ sơ: hạn mức tính theo hồ sơ cần phạm vi rộng hơn",
            "one request is always one request: a quota in requests needs a wider scope",
        ),
        "quota_request_name": Label(
            "hạn mức trong một hồ sơ là của riêng quy tắc; 'name' chỉ dùng cho phạm vi rộng hơn",
            "a quota within one request is the rule's own; 'name' goes with a wider scope",
        ),
        "quota_counted_from": Label(
            "'counted_from' chỉ dùng cho hạn mức của cả thời hạn hoặc của cả ngân sách",
            "'counted_from' goes with a quota for the whole period or of a whole budget",
        ),
        "quota_copies_charge": Label(
            "hạn mức tính theo bản cần một tác động lên khoản thu theo bản (per_copy_above)",
            "a quota in copies needs an effect on a charge per copy",
        ),
        "quota_copies_set_to": Label(
            "hạn mức tính theo bản không đi cùng set_to: hãy dùng percent_off hoặc amount_off",
            "a quota in copies doesn't go with set_to: use percent_off or amount_off",
        ),
        "quota_differs": Label(
            "hạn mức '{name}' ở quy tắc '{rule}' có {part} khác; các quy tắc chung một hạn mức phải ghi giống nhau",
            "the quota '{name}' has another {part} in the rule '{rule}'; rules that share a quota must agree",
        ),
        # Acts and examples
        "act_missing": Label("thiếu tệp '{file}' của văn bản", "the act's file '{file}' is missing"),
        "act_too_large": Label("tệp của văn bản lớn hơn {most} byte", "the act's file is larger than {most} bytes"),
        "act_changed": Label(
            "tệp '{file}' của văn bản có SHA-256 là {found}", "the act's file '{file}' has the SHA-256 {found}"
        ),
        "example_needs_receipt": Label(
            "chính sách này tính theo ngày tiếp nhận: thiếu 'received_on'",
            "this policy decides by the day of receipt: 'received_on' is missing",
        ),
        "example_needs_pages": Label(
            "có khoản thu theo trang: thiếu số trang 'pages'", "there is a charge per page: 'pages' is missing"
        ),
        "example_not_decided": Label(
            "chính sách không quyết định trường hợp này (loại giấy tờ hoặc ngày)",
            "the policy doesn't decide this case (document type or day)",
        ),
        "example_differs": Label(
            "ví dụ ghi: mức thu {gross}, được bớt {waived}, phải nộp {due} đồng; "
            "theo các quy tắc thì: mức thu {found_gross}, được bớt {found_waived}, phải nộp {found_due} đồng",
            "expects gross {gross}, waived {waived}, due {due} VND; "
            "the rules come to gross {found_gross}, waived {found_waived}, due {found_due} VND",
        ),
        # Folders and books
        "no_folder": Label("chưa chỉ ra thư mục chính sách nào", "no folder of policies was given"),
        "empty_folder": Label(
            "thư mục này không có tệp chính sách nào (*.json)", "there is no policy document (*.json) in this folder"
        ),
        "version_twice": Label("phiên bản này có hai tệp", "two files have this version"),
        "versions_overlap": Label(
            "trùng thời gian với {other}: có những ngày cả hai cùng quyết định cho '{document_type}'",
            "overlaps with {other}: on some days both decide '{document_type}'",
        ),
        # Facts of a request
        "facts_unknown_channel": Label("không có kênh nộp nào tên{near}", "unknown channel{near}"),
        "facts_copies": Label("số bản phải từ 1 đến {most}", "copies must be between 1 and {most}"),
        "facts_unknown_category": Label("không có diện nào tên{near}", "unknown category{near}"),
        "facts_level": Label("mức độ định danh phải là 1 hoặc 2", "level must be 1 or 2"),
        "facts_pages": Label("số trang phải từ 1 đến {most}", "pages must be between 1 and {most}"),
        "facts_unknown_delivery": Label("không có hình thức nhận kết quả nào tên{near}", "unknown delivery{near}"),
        "facts_unknown_evidence": Label("không có loại giấy tờ nào tên{near}", "unknown evidence{near}"),
        "facts_moments": Label(
            "ngày phải là ngày, không phải thời điểm", "days are dates, not moments: use vietnam_day"
        ),
        "facts_received_early": Label(
            "hồ sơ không thể được tiếp nhận trước khi nộp", "a request can't be received before it was submitted"
        ),
        "facts_born_late": Label(
            "ngày sinh đứng sau ngày nộp hồ sơ", "the birth date lies after the day of submission"
        ),
        "facts_born_early": Label(
            "ngày sinh cách đây hơn {most} năm", "the birth date lies more than {most} years back"
        ),
        # Conditions
        "condition_nested": Label(
            "các điều kiện lồng nhau quá {most} cấp", "conditions are nested more than {most} deep"
        ),
        "condition_form": Label(
            'điều kiện phải là "always" hoặc một đối tượng như {{"fact": "channel", "eq": "vneid"}}',
            'a condition is "always" or an object such as {{"fact": "channel", "eq": "vneid"}}',
        ),
        "condition_one_key": Label(
            "điều kiện không có 'fact' thì phải có đúng một trong các khóa all, any, not",
            "a condition without 'fact' has exactly one of the keys all, any, not",
        ),
        "condition_list": Label(
            "'{key}' cần một danh sách có ít nhất một điều kiện", "'{key}' needs a list with at least one condition"
        ),
        "unknown_fact": Label("không có dữ kiện nào tên{near}", "unknown fact{near}"),
        "unknown_comparison": Label("không có phép so sánh nào tên{near}", "unknown comparison{near}"),
        "one_comparison": Label(
            "điều kiện về '{fact}' cần đúng một phép so sánh, ở đây có {count}",
            "a condition on '{fact}' needs exactly one comparison, here are {count}",
        ),
        "comparison_not_for_fact": Label(
            "'{operator}' không dùng được cho dữ kiện '{fact}'; dữ kiện này chỉ dùng {allowed}",
            "'{operator}' doesn't go with the fact '{fact}'; it takes {allowed}",
        ),
        "operand_list": Label("'{operator}' cần một danh sách giá trị", "'{operator}' needs a list of values"),
        "too_many_operands": Label(
            "'{operator}' nhận tối đa {most} giá trị", "'{operator}' takes at most {most} values"
        ),
        "between_two": Label(
            "'between' cần hai giá trị: thấp nhất và cao nhất",
            "'between' needs two values, the lowest and the highest",
        ),
        "between_order": Label(
            "hai giá trị của 'between' bị đảo thứ tự", "'between' has its values in the wrong order"
        ),
        "operand_number": Label("'{fact}' là một số nguyên", "'{fact}' is a whole number"),
        "operand_outside": Label(
            "'{fact}' nằm trong khoảng từ {least} đến {most}", "'{fact}' lies between {least} and {most}"
        ),
        "operand_day": Label("'{fact}' là một ngày, viết như 2024-06-01", "'{fact}' is a day such as 2024-06-01"),
        "operand_text": Label("'{fact}' là một đoạn chữ", "'{fact}' is a text"),
        "operand_empty": Label(
            "không so sánh được '{fact}' với một đoạn chữ rỗng", "'{fact}' can't be compared with an empty text"
        ),
        "unknown_value": Label("dữ kiện '{fact}' không có giá trị{near}", "unknown value for '{fact}'{near}"),
        # Expressions
        "expr_too_long": Label("biểu thức dài quá {most} ký tự", "the expression is longer than {most} characters"),
        "expr_sign": Label(
            "cột {column}: trong biểu thức không được có ký tự '{sign}'",
            "column {column}: the sign '{sign}' doesn't belong in an expression",
        ),
        "expr_open_text": Label(
            "cột {column}: đoạn chữ mở bằng dấu nháy nhưng không có dấu đóng",
            "column {column}: the text that begins here has no closing quotation mark",
        ),
        "expr_backslash": Label(
            "cột {column}: đoạn chữ không được có dấu gạch chéo ngược",
            "column {column}: a text can't have a backslash",
        ),
        "expr_number": Label(
            "cột {column}: số phải là số nguyên, tối đa {most} chữ số",
            "column {column}: numbers are whole, with at most {most} digits",
        ),
        "expr_nested": Label(
            "cột {column}: dấu ngoặc lồng nhau quá {most} cấp",
            "column {column}: brackets are nested more than {most} deep",
        ),
        "expr_index": Label(
            "cột {column}: không lấy được phần tử theo thứ tự; hãy dùng 'in' hoặc exists",
            "column {column}: entries can't be taken by their position; use 'in' or exists",
        ),
        "expr_nested_walk": Label(
            "cột {column}: '{name}' không được nằm trong một phép duyệt danh sách khác",
            "column {column}: '{name}' can't stand inside another walk through a list",
        ),
        "expr_steps": Label(
            "biểu thức có thể cần đến {steps} bước tính, nhiều hơn {most}",
            "the expression can take {steps} steps, more than {most}",
        ),
        "steps_of_examples": Label(
            "tính mọi biểu thức cho mọi ví dụ có thể cần đến {steps} bước, nhiều hơn {most}",
            "all expressions for all examples can take {steps} steps, more than {most}",
        ),
        "expr_function": Label(
            "cột {column}: không dùng được hàm{near}",
            "column {column}: unknown function{near}",
        ),
        "expr_variable_hides": Label(
            "cột {column}: '{name}' là tên một dữ kiện, hãy đặt tên khác cho biến",
            "column {column}: '{name}' is a fact; choose another name for the variable",
        ),
        "expr_unknown_fact": Label(
            "cột {column}: không có dữ kiện nào tên{near}",
            "column {column}: unknown fact{near}",
        ),
        "expr_unknown_value": Label(
            "cột {column}: dữ kiện '{fact}' không có giá trị{near}",
            "column {column}: unknown value for '{fact}'{near}",
        ),
        "expr_day": Label(
            "cột {column}: '{fact}' là một ngày, viết như '2024-06-01'",
            "column {column}: '{fact}' is a day such as '2024-06-01'",
        ),
        "expr_outside": Label(
            "cột {column}: '{fact}' nằm trong khoảng từ {least} đến {most}",
            "column {column}: '{fact}' lies between {least} and {most}",
        ),
        "expr_no_order": Label(
            "cột {column}: '{fact}' không có thứ tự lớn nhỏ; hãy dùng == hoặc in",
            "column {column}: '{fact}' has no order; use == or in",
        ),
        "expr_set_compared": Label(
            "cột {column}: '{fact}' là một tập hợp; hãy viết 'student' in categories",
            "column {column}: '{fact}' is a set; write 'student' in categories",
        ),
        "expr_types": Label(
            "cột {column}: phép này không dùng được với {types}",
            "column {column}: this doesn't work with {types}",
        ),
        "expr_write_instead": Label(
            "cột {column}: thay cho '{word}' hãy viết {instead}", "column {column}: write {instead} instead of '{word}'"
        ),
        "expr_syntax": Label(
            "cột {column}: biểu thức viết chưa đúng ở chỗ này",
            "column {column}: the expression can't be read here",
        ),
        "expr_too_involved": Label(
            "biểu thức quá phức tạp: dùng quá nhiều phép tính nối tiếp hoặc lồng nhau",
            "the expression is too involved: too many operations in a row or nested",
        ),
        "expr_no_condition": Label(
            "biểu thức phải cho kết quả đúng hoặc sai, ở đây là {type}",
            "the expression must be true or false; this one is {type}",
        ),
        "expr_no_fact": Label(
            "biểu thức không nhắc đến dữ kiện nào, nên với hồ sơ nào cũng như nhau",
            "the expression names no fact, so it is the same for every request",
        ),
        # Near words
        "near": Label(" '{word}'; có phải ý là '{near}'?", " '{word}', did you mean '{near}'?"),
        "known": Label(" '{word}' (có thể dùng: {known})", " '{word}' (known: {known})"),
    }
)
