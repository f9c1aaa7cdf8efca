"""Lists of reasons: the shipped ones, an agency's own in their place, and files that are refused with the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.reasons import MAX_FILE_BYTES, MOST_LETTERS, ReasonsRefused, read_reasons, words_chosen

OWN = """
[stop]
moved_away.vi = "Công dân đã chuyển đi."
moved_away.en = "The citizen has moved away."

[papers]
"""


def test_an_agency_replaces_the_lists_that_it_names(tmp_path: Path) -> None:
    file = tmp_path / "reasons.toml"
    file.write_text(OWN, encoding="utf-8")
    shipped, own = read_reasons(None), read_reasons(file)
    assert list(shipped) == list(own) == ["refuse", "stop", "return", "papers", "paper", "apology"]
    assert all(shipped.values())
    assert own["refuse"] == shipped["refuse"]
    assert list(own["stop"]) == ["moved_away"]
    assert own["papers"] == {}
    assert words_chosen(own["stop"], "moved_away", " Theo đơn. ") == "Công dân đã chuyển đi. Theo đơn."
    assert words_chosen(own["stop"], "papers_never_came", "") == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[refusal]\na.vi = "x"\na.en = "x"', "no list 'refusal'"),
        ("stop = 1", "'stop' is no list"),
        ('[stop]\na.vi = "x"', "stop.a: needs words in `vi` and in `en`"),
        ('[stop]\na.vi = "x"\na.en = "x"\na.fr = "x"', "stop.a: needs"),
        ('[stop]\na = "x"', "stop.a: needs"),
        ('[stop]\na.vi = " "\na.en = "x"', "on one line"),
        ('[stop]\na.vi = "x\\ny"\na.en = "x"', "on one line"),
        ('[stop]\na.vi = "x\\u202ey"\na.en = "x"', "on one line"),
        (f'[stop]\na.vi = "{"x" * (MOST_LETTERS + 1)}"\na.en = "x"', "on one line"),
        ('[stop]\n"A b".vi = "x"\n"A b".en = "x"', "stop.A b: a name"),
        ("[stop", "no TOML"),
        ("\xff", "no TOML"),
        ("#" * (MAX_FILE_BYTES + 1), "larger than"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "reasons.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ReasonsRefused) as refused:
        read_reasons(file)
    assert said in str(refused.value)
    assert str(refused.value).startswith(str(file))
