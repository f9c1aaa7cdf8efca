"""A person is counted by an index that tells nobody who it is."""

from __future__ import annotations

import hashlib

from condau.person_index import person_index

SECRET = b"a passphrase of thirty letters"


def test_the_same_in_every_process_and_another_for_everybody_else() -> None:
    one, again, other = person_index(SECRET), person_index(SECRET), person_index(SECRET + b".")
    assert one("001195000001") == again("001195000001") != other("001195000001")
    assert one("001195000001") != one("001195000002")


def test_it_is_no_digest_of_the_number_alone() -> None:
    index = person_index(SECRET)("001195000001")
    assert len(index) == 64
    assert index == index.lower()
    assert "001195000001" not in index
    assert index != hashlib.sha256(b"001195000001").hexdigest()
