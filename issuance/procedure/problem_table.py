"""The words of every problem with a procedure, in Vietnamese and English, by code. Values stand in braces."""

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
        "no_object": Label("quy trình phải là một đối tượng JSON", "a procedure is a JSON object"),
        "key_twice": Label(
            "khóa '{key}' xuất hiện hai lần trong một đối tượng", "the key '{key}' stands twice in one object"
        ),
        "number_too_long": Label("có số dài quá {most} chữ số", "a number with more than {most} digits"),
        "number_not_whole": Label("'{number}': số phải là số nguyên", "'{number}': numbers are whole"),
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
        "truth_needed": Label("ở đây cần true hoặc false", "true or false is needed"),
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
            "mã gồm chữ thường không dấu, chữ số và dấu _, bắt đầu bằng chữ, từ 2 đến 60 ký tự",
            "an id has small letters, digits and _, a letter first, 2 to 60 characters",
        ),
        "unit_form": Label(
            "mã đơn vị gồm chữ hoa không dấu, chữ số và dấu chấm, như 000.00.15.H26",
            "a unit's code has capital letters, digits and dots, such as 000.00.15.H26",
        ),
        "day_form": Label("ngày viết theo mẫu 2024-06-01", "a day is written as 2024-06-01"),
        "no_such_day": Label("không có ngày này trong lịch", "there is no such day"),
        "both_languages": Label(
            "cần cả tiếng Việt và tiếng Anh, mỗi thứ tối đa {most} ký tự",
            "Vietnamese and English are both needed, each of at most {most} characters",
        ),
        "not_allowed": Label("giá trị này không dùng được ở đây", "this value can't stand here"),
        # Conditions
        "condition_form": Label(
            'điều kiện là một đối tượng như {{"fact": "channel", "equals": "desk"}}, '
            "hoặc có đúng một khóa all, any, not",
            'a condition is an object such as {{"fact": "channel", "equals": "desk"}}, '
            "or has exactly one of all, any, not",
        ),
        "condition_nested": Label(
            "các điều kiện lồng nhau quá {most} cấp", "conditions are nested more than {most} deep"
        ),
        "condition_size": Label("điều kiện gồm quá {most} phần", "the condition has more than {most} parts"),
        "condition_list": Label(
            "'{key}' cần một danh sách từ 1 đến {most} mục", "'{key}' needs a list of 1 to {most} entries"
        ),
        "condition_value": Label(
            "giá trị so sánh phải là true, false, một số nguyên hoặc một đoạn chữ ngắn",
            "a value to compare with is true, false, a whole number or a short text",
        ),
        # One document
        "id_reserved": Label("mã '{id}' đã dành cho hệ thống", "the id '{id}' is reserved"),
        "twice": Label("'{id}' xuất hiện hai lần ở đây", "'{id}' stands here twice"),
        "days_reversed": Label("ngày cuối đứng trước ngày đầu", "the last day lies before the first"),
        "unknown_step": Label("không có bước nào mang mã{near}", "unknown step{near}"),
        "to_or_ends": Label(
            "cần đúng một trong hai: 'to' (bước tiếp theo) hoặc 'ends' (kết thúc)",
            "exactly one of 'to' (the next step) and 'ends' (the end) is needed",
        ),
        "otherwise_missing": Label(
            "bước có điều kiện 'when' thì cần 'otherwise': đi đâu khi điều kiện không đúng",
            "a step with 'when' needs 'otherwise': where the walk goes on when the condition doesn't hold",
        ),
        "otherwise_idle": Label(
            "'otherwise' chỉ dùng cho bước có điều kiện 'when'", "'otherwise' goes with a step that has 'when'"
        ),
        "returns_ends": Label(
            "kết quả kết thúc hồ sơ thì không thể quay lại bước trước", "an outcome that ends can't return"
        ),
        "ends_twice": Label(
            "một bước chỉ có một kết quả kết thúc là '{ends}'", "a step has only one outcome that ends '{ends}'"
        ),
        "refusal_reason": Label(
            "từ chối phải nêu lý do: thêm \"reason\" vào 'needs'",
            "a refusal states its reason: add \"reason\" to 'needs'",
        ),
        # The whole
        "unknown_type": Label("không có loại giấy tờ nào tên{near}", "unknown document type{near}"),
        "unknown_fact": Label(
            "loại giấy tờ '{type}' không có dữ kiện nào tên{near}", "the document type '{type}' has no fact{near}"
        ),
        "unknown_value": Label("dữ kiện '{fact}' không có giá trị{near}", "unknown value for '{fact}'{near}"),
        "value_kind": Label("'{fact}' là {kind}", "'{fact}' is {kind}"),
        "value_outside": Label(
            "'{fact}' nằm trong khoảng từ {least} đến {most}", "'{fact}' lies between {least} and {most}"
        ),
        "no_way_here": Label(
            "không có đường nào từ bước đầu '{start}' đến bước này; {from_where}",
            "no way leads from the first step '{start}' to this one; {from_where}",
        ),
        "from_nowhere": Label("không bước nào dẫn đến đây", "no step leads here"),
        "from_unreached": Label(
            "chỉ có đường đi qua {way}, mà các bước đó cũng không đến được",
            "the only way is {way}, and those aren't reached either",
        ),
        "never_entered": Label(
            "không hồ sơ nào vào bước này: điều kiện không bao giờ đúng, hoặc các bước trước luôn bỏ qua nó",
            "no application enters this step: its condition never holds, or what lies before it always passes it by",
        ),
        "circle": Label(
            'đường đi vòng lại {way}; nếu là trả lại bước trước thì ghi "returns": true ở kết quả đó',
            'the way goes round {way}; if it goes back on purpose, write "returns": true at that outcome',
        ),
        "not_earlier": Label(
            "'returns' phải dẫn về một bước đứng trước; '{to}' không đứng trước '{step}'",
            "'returns' leads back to an earlier step; '{to}' doesn't come before '{step}'",
        ),
        "no_end": Label(
            "từ bước này ({way}) không đi đến kết thúc nào{case}", "no end is reached from this step ({way}){case}"
        ),
        "no_approval": Label("không đường nào dẫn đến chấp thuận{case}", "no way leads to an approval{case}"),
        "no_refusal": Label("không đường nào dẫn đến từ chối{case}", "no way leads to a refusal{case}"),
        "ends_without_step": Label(
            "hồ sơ kết thúc mà không ai giải quyết: mọi bước đều bị bỏ qua{case}",
            "the case ends and nobody has dealt with it: every step is passed by{case}",
        ),
        "too_many_cases": Label(
            "các điều kiện có quá nhiều trường hợp để kiểm tra hết",
            "the conditions have too many cases to check them all",
        ),
        "no_legal_limit": Label(
            "loại giấy tờ '{type}' không có thời hạn theo luật{case}",
            "the document type '{type}' has no legal time limit{case}",
        ),
        "over_limit": Label(
            "'{type}'{case}: đường {way} cần {sum}, thời hạn theo luật là {limit}",
            "'{type}'{case}: the way {way} takes {sum}, the legal limit is {limit}",
        ),
        "not_comparable": Label(
            "'{type}': thời hạn của bước ({own}) không so được với thời hạn theo luật ({limit}); "
            "hãy viết bằng {wanted}",
            "'{type}': the step's limit ({own}) can't be compared with the legal one ({limit}); write it in {wanted}",
        ),
        "much_unused": Label(
            "'{type}'{case}: đường dài nhất {way} chỉ cần {sum} trong thời hạn {limit}; có thể hẹn sớm hơn",
            "'{type}'{case}: the longest way {way} takes only {sum} of the {limit}; an earlier date could be promised",
        ),
        "role_missing": Label(
            "đơn vị {unit} không có ai giữ vai trò '{role}'", "nobody in the unit {unit} has the role '{role}'"
        ),
        "roles_unknown": Label(
            "chưa kiểm tra được các vai trò: không biết ai giữ vai trò gì ở đơn vị",
            "the roles couldn't be checked: it isn't known who has which role in the unit",
        ),
        "in_case": Label(" (khi {facts})", " (when {facts})"),
        # Kinds and times
        "kind_truth": Label("true hoặc false", "true or false"),
        "kind_number": Label("một số nguyên", "a whole number"),
        "kind_choice": Label("một đoạn chữ", "a text"),
        "working_days": Label("{amount} ngày làm việc", "{amount} working days"),
        "calendar_days": Label("{amount} ngày", "{amount} calendar days"),
        "working_hours": Label("{amount} giờ làm việc", "{amount} working hours"),
        "hours": Label("{amount} giờ", "{amount} hours"),
        "and_hours": Label("{days} {hours} giờ", "{days} and {hours} hours"),
        "write_in_calendar_days": Label("ngày (calendar_days) hoặc giờ (hours)", "calendar_days or hours"),
        "write_in_working_hours": Label("giờ làm việc (working_hours) hoặc giờ (hours)", "working_hours or hours"),
        "write_in_hours": Label("giờ (hours)", "hours"),
        # Publishing
        "version_next": Label(
            "phiên bản tiếp theo của '{id}' phải là {version}", "the next version of '{id}' is {version}"
        ),
        "first_day_past": Label(
            "ngày bắt đầu {day} đã qua; sớm nhất là {today}", "the first day, {day}, is past; the earliest is {today}"
        ),
        "id_of_others": Label(
            "mã '{id}' là của quy trình do cơ quan khác công bố; hãy dùng mã riêng",
            "the id '{id}' is that of a procedure which others have published; take one of your own",
        ),
        "published_already": Label("văn bản này đã được công bố", "this document has been published already"),
        "leaves_without": Label(
            "từ ngày {day}, đơn vị {unit} sẽ không còn quy trình nào cho '{type}'",
            "from {day} on the unit {unit} would have no procedure for '{type}'",
        ),
        "any_unit": Label("không có quy trình riêng", "without one of its own"),
        # Books
        "versions_overlap": Label(
            "trùng thời gian với {other}: có những ngày cả hai cùng áp dụng cho '{type}'",
            "overlaps with {other}: on some days both apply to '{type}'",
        ),
        "version_twice": Label("phiên bản này có hai lần", "this version stands twice"),
    }
)
