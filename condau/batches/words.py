"""What the reasons of a batch and of its lines mean, in two languages; never what stood in a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from issuance.batches.errors import BatchRefused, LineRefused
from issuance.fees.wording import Label, Language

LINES: Mapping[str, Label] = {
    "line_too_long": Label("dòng quá dài", "the line is too long"),
    "not_utf8": Label("dòng không phải văn bản UTF-8", "the line is no text in UTF-8"),
    "empty_line": Label("dòng trống", "the line is empty"),
    "malformed": Label("không đọc được dòng này", "the line cannot be read"),
    "other_columns": Label("số cột khác với dòng tiêu đề", "it has another number of columns than the head"),
    "invalid_input": Label("dữ liệu thiếu hoặc sai", "something is missing or wrong"),
    "not_printable": Label("không in được lên giấy", "it cannot be printed on the document"),
    "fee_due": Label(
        "có khoản phải nộp, hoặc phí chưa được quyết định", "something is to be paid, or nobody has decided what"
    ),
    "repeated": Label("dòng này đã có trong một lô", "this very line stands in a batch already"),
    "self_dealing": Label(
        "giấy của người lập, người duyệt lô hoặc của người thân họ",
        "the document of somebody who prepares or approves the batch, or of a relative",
    ),
}

RULES: Mapping[str, Label] = {
    "missing": Label("thiếu", "missing"),
    "unknown_field": Label("trường không biết", "unknown member"),
    "wrong_type": Label("sai kiểu", "of the wrong kind"),
    "not_allowed": Label("giá trị không được phép", "not one of the values allowed"),
    "too_small": Label("quá nhỏ", "too small"),
    "too_big": Label("quá lớn", "too big"),
    "too_short": Label("quá ngắn", "too short"),
    "too_long": Label("quá dài", "too long"),
    "too_few": Label("quá ít", "too few"),
    "too_many": Label("quá nhiều", "too many"),
    "wrong_format": Label("sai dạng", "in the wrong form"),
    "too_deep": Label("lồng quá sâu", "nested too deeply"),
    "invalid": Label("không hợp lệ", "not valid"),
}

BATCHES: Mapping[str, Label] = {
    "unknown_form": Label("{name}: tệp phải là .csv hoặc .jsonl", "{name}: the file must be .csv or .jsonl"),
    "not_utf8": Label("tệp không phải văn bản UTF-8", "the file is no text in UTF-8"),
    "no_head": Label("thiếu dòng tiêu đề", "the head of the file is missing"),
    "unknown_column": Label(
        "không biết cột thứ {place} của dòng tiêu đề; xem `condau issue template`",
        "column {place} of the head is unknown; see `condau issue template`",
    ),
    "column_twice": Label("cột thứ {place} đã có", "column {place} stands there twice"),
    "empty_file": Label("tệp không có dòng nào", "the file has no lines"),
    "too_many_lines": Label("một lô có nhiều nhất {most} dòng", "a batch has {most} lines at most"),
    "too_many_batches": Label(
        "đơn vị {unit} đã dùng hết mã lô trong ngày", "unit {unit} has used up its codes of today"
    ),
    "not_for_batches": Label("loại giấy {type} không cấp theo lô", "{type} is not issued in batches"),
    "no_unit": Label("chưa có đơn vị nào cấp {type}", "no unit issues {type} today"),
    "no_procedure": Label("chưa có quy trình nào cho {type}", "no procedure is in force for {type}"),
    "no_way_through": Label(
        "quy trình {procedure} bản {version} không dẫn đến phê duyệt",
        "procedure {procedure} version {version} leads to no approval",
    ),
    "not_of_unit": Label(
        "{official} không phải cán bộ đang làm việc của {unit} trong danh bạ",
        "the register has {official} as no active official of {unit}",
    ),
    "no_name": Label(
        "danh bạ chưa có họ tên của {official}; xem `condau officials put --name`",
        "the register has no name of {official}; see `condau officials put --name`",
    ),
    "role_missing": Label("{official} không có vai trò {role}", "{official} does not have the role {role}"),
    "same_official": Label(
        "{official} đã lập lô này; người khác phải duyệt",
        "{official} has prepared this batch; somebody else must approve it",
    ),
    "unknown_batch": Label("không có lô {batch}", "there is no batch {batch}"),
    "approved_before": Label("lô {batch} đã được duyệt", "batch {batch} is approved already"),
    "not_approved": Label(
        "lô {batch} chưa được duyệt: `condau issue --approve {batch} --official …`",
        "batch {batch} is not approved: `condau issue --approve {batch} --official …`",
    ),
    "nothing_to_issue": Label("lô {batch} không có dòng nào cấp được", "no line of batch {batch} can be issued"),
    "not_prepared": Label("tệp này chưa được lập thành lô: thêm --prepare", "this file is no batch yet: add --prepare"),
    "several_batches": Label("tệp này có trong nhiều lô: thêm --type", "several batches have this file: add --type"),
    "file_changed": Label(
        "tệp không còn như khi được duyệt (từ dòng {line})", "the file is not what was approved (from line {line})"
    ),
    "at_work": Label("một tiến trình khác đang cấp lô {batch}", "another process is issuing batch {batch}"),
}


def said(refused: BatchRefused, language: Language) -> str:
    return BATCHES[refused.code].in_language(language).format(**refused.facts)


def said_of_line(refused: LineRefused, language: Language) -> str:
    words = LINES[refused.code].in_language(language)
    places = ", ".join(_places(refused.places, language))
    return f"{words}: {places}" if places else words


def _places(places: Iterable[tuple[str, str]], language: Language) -> Iterable[str]:
    for pointer, rule in places:
        # Lists are counted from 1, as the columns of the file are.
        parts = [str(int(part) + 1) if part.isdigit() else part for part in pointer.strip("/").split("/")]
        yield f"{'.'.join(parts)} {RULES[rule].in_language(language)}".strip()
