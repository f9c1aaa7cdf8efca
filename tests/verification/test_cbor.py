import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.formats import cbor

INTEGERS = st.integers(-(2**64), 2**64 - 1)
ITEMS = st.recursive(
    INTEGERS | st.binary(max_size=40) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(INTEGERS, inner, max_size=4),
    max_leaves=8,
)


def _depth(item: cbor.Item) -> int:
    if isinstance(item, dict):
        return 1 + max(map(_depth, item.values()), default=0)
    return 1 + max(map(_depth, item), default=0) if isinstance(item, list) else 0


@given(ITEMS)
def test_reads_back_what_cbor2_writes_deterministically(item: cbor.Item) -> None:
    if _depth(item) <= cbor.MAX_DEPTH:
        assert cbor.decode(_deterministic(item)) == item


@given(st.binary(max_size=60))
def test_whatever_is_accepted_has_one_encoding_only(data: bytes) -> None:
    try:
        item = cbor.decode(data)
    except cbor.CborMalformed:
        return
    assert _deterministic(item) == data


def _deterministic(item: cbor.Item) -> bytes:
    """RFC 8949 section 4.2.1 orders keys by their encoding's bytes; cbor2's canonical form sorts shorter keys first."""
    if isinstance(item, dict):
        pairs = sorted((cbor2.dumps(key), _deterministic(value)) for key, value in item.items())
        return _head(5, len(pairs)) + b"".join(key + value for key, value in pairs)
    if isinstance(item, list):
        return _head(4, len(item)) + b"".join(map(_deterministic, item))
    return bytes(cbor2.dumps(item))


def _head(major: int, count: int) -> bytes:
    assert count < 24
    return bytes([major << 5 | count])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "cbor_truncated"),
        ("19", "cbor_truncated"),
        ("1817", "cbor_not_deterministic"),
        ("1900ff", "cbor_not_deterministic"),
        ("1a0000ffff", "cbor_not_deterministic"),
        ("1b00000000ffffffff", "cbor_not_deterministic"),
        ("1c", "cbor_not_deterministic"),
        ("9fff", "cbor_not_deterministic"),
        ("4401", "cbor_truncated"),
        ("61ff", "cbor_bad_text"),
        ("0000", "cbor_trailing_bytes"),
        ("a201000100", "cbor_keys_not_sorted"),
        ("a202000100", "cbor_keys_not_sorted"),
        ("a1616100", "cbor_key_not_integer"),
        ("c000", "cbor_type_not_allowed"),
        ("f5", "cbor_type_not_allowed"),
        ("f97e00", "cbor_type_not_allowed"),
        ("818181818180", "cbor_too_deep"),
        ("9affffffff", "cbor_truncated"),
    ],
)
def test_every_other_encoding_is_refused(data: str, code: str) -> None:
    with pytest.raises(cbor.CborMalformed) as refused:
        cbor.decode(bytes.fromhex(data))
    assert refused.value.code == code


@given(st.dictionaries(INTEGERS | st.text(max_size=8), INTEGERS | st.binary(max_size=8), max_size=6))
def test_texts_as_keys_are_read_where_the_format_has_them(item: dict[cbor.Key, cbor.Item]) -> None:
    assert cbor.decode(_deterministic(item), text_keys=True) == item


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("a2616100616100", "cbor_keys_not_sorted"),
        ("a2616200616100", "cbor_keys_not_sorted"),
        ("a2616100" + "0000", "cbor_keys_not_sorted"),
        ("a1416100", "cbor_key_not_allowed"),
        ("a1f500", "cbor_type_not_allowed"),
    ],
)
def test_other_keys_are_not(data: str, code: str) -> None:
    with pytest.raises(cbor.CborMalformed) as refused:
        cbor.decode(bytes.fromhex(data), text_keys=True)
    assert refused.value.code == code
