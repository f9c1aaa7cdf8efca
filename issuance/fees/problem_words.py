"""What is wrong with a policy document, in Vietnamese and English: one table, by code. Nobody else words a problem."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from issuance.fees.wording import Label

PROBLEM_WORDS: Mapping[str, Label] = MappingProxyType(
    {
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
        # Keys and forms
        "unknown_key": Label("không có khóa nào tên{near}", "unknown key{near}"),
        # Near words
        "near": Label(" '{word}'; có phải ý là '{near}'?", " '{word}', did you mean '{near}'?"),
        "known": Label(" '{word}' (có thể dùng: {known})", " '{word}' (known: {known})"),
    }
)
_SHOWN_CHARACTERS = 40
_SHOWN_WORDS = 12
_SEARCHED_WORDS = 300


def problem(code: str, **values: object) -> Label:
    """The sentence of a code with its values; a value that is a Label is put into each language by itself."""
    words = PROBLEM_WORDS[code]
    vi = {key: value.vi if isinstance(value, Label) else value for key, value in values.items()}
    en = {key: value.en if isinstance(value, Label) else value for key, value in values.items()}
    return Label(words.vi.format(**vi), words.en.format(**en))


def near(word: str, known: Iterable[str]) -> Label:
    """` 'copys', did you mean 'copies'?` - or the known words, when none is near."""
    shown = word if len(word) <= _SHOWN_CHARACTERS else word[:_SHOWN_CHARACTERS] + "…"
    words = sorted(known)
    # Of very many words no search is made: whoever has that many can look them up faster than we.
    found = difflib.get_close_matches(shown, words[:_SEARCHED_WORDS], n=1)
    if found:
        return problem("near", word=shown, near=found[0])
    listed = ", ".join(words[:_SHOWN_WORDS]) + (", …" if len(words) > _SHOWN_WORDS else "")
    return problem("known", word=shown, known=listed)
