"""Made-up pupils and their marks, by the thousand: the same seed gives the same ones."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from issuance.batches.read_lines import cells_of, columns_of
from issuance.documents.catalogue import DocumentType

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Ngô")
_MIDDLE = ("Thị Minh", "Văn", "Đức", "Thu", "Quỳnh", "Gia", "Hải")
_GIVEN = ("Anh", "Bình", "Châu", "Dũng", "Hương", "Khánh", "Lan", "Sơn", "Tuấn", "Yến", "Phượng")
_MARKED = ("Ngữ văn", "Toán", "Ngoại ngữ 1 (Tiếng Anh)", "Giáo dục công dân", "Khoa học tự nhiên", "Tin học")
_PASSED = ("Giáo dục thể chất", "Nghệ thuật")


def pupils(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """As JSON Lines have them; no two are alike."""
    chance = random.Random(seed)
    for place in range(1, count + 1):
        yield _pupil(chance, place)


def write_lines(file: Path, lines: Iterator[dict[str, Any]], document_type: DocumentType) -> Path:
    """In the form that the file's name says."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        if file.suffix == ".jsonl":
            opened.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        else:
            columns = columns_of(document_type)
            rows = csv.writer(opened, lineterminator="\n")
            rows.writerow(columns)
            rows.writerows(cells_of(line, columns) for line in lines)
    return file


def _pupil(chance: random.Random, place: int) -> dict[str, Any]:
    female = chance.random() < 0.5
    marked = [_subject(chance, name) for name in _MARKED]
    return {
        "personal_id": f"0013{2 if not female else 3}{10 + place % 5:02d}{place:06d}"[:12],
        "full_name": f"{chance.choice(_FAMILY)} {chance.choice(_MIDDLE)} {chance.choice(_GIVEN)}",
        "birth_date": f"{2010 + place % 5}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}",
        "sex": "female" if female else "male",
        "school": f"Trường THCS Thử Nghiệm số {place % 40 + 1}",
        "school_year": "2023-2024",
        "grade": 6 + place % 4,
        "class_name": f"{6 + place % 4}A{place % 9 + 1}",
        "learning_result": chance.choice(("good", "fair", "pass")),
        "training_result": "good",
        "days_absent": chance.randint(0, 9),
        "promotion": "promoted",
        "remarks": "Chăm chỉ, có tinh thần tự học.",
        "homeroom_teacher": "Phạm Thu Mẫu",
        "school_head": "Lê Văn Mẫu",
        "subjects": [
            *marked,
            *({"name": one, "first_term": "Đ", "second_term": "Đ", "whole_year": "Đ"} for one in _PASSED),
        ],
    }


def _subject(chance: random.Random, name: str) -> dict[str, str]:
    first, second, whole = (f"{chance.randint(5, 9)},{chance.randint(0, 9)}" for _ in range(3))
    return {"name": name, "first_term": first, "second_term": second, "whole_year": whole}
