"""Addresses are compared as resources, not as text (RFC 3986 section 6.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.request_address import normalised_address

SAME = [
    # RFC 3986 section 6.2.2: example://a/b/c/%7Bfoo%7D, here as http
    ("HTTP://a/./b/../b/%63/%7bfoo%7d", "http://a/b/c/%7Bfoo%7D"),
    ("http://example.com", "http://example.com/"),
    ("http://example.com:/", "http://example.com/"),
    ("http://example.com:80/", "http://example.com/"),
    ("http://example.com:080/", "http://example.com/"),
    ("https://example.com:443", "https://example.com/"),
    ("https://example.com:80/", "https://example.com:80/"),
    ("https://EXAMPLE.com/A", "https://example.com/A"),
    ("https://ex%41mple.com/%7Euser", "https://example.com/~user"),
    ("https://example.com/%2f%2F", "https://example.com/%2F%2F"),
    ("https://example.com/a%2fb", "https://example.com/a%2Fb"),
    ("https://example.com/%2e%2e/a", "https://example.com/a"),
    ("https://example.com/../../a", "https://example.com/a"),
    ("https://example.com/a/..", "https://example.com/"),
    ("https://example.com/a/b/.", "https://example.com/a/b/"),
    ("https://example.com/a/b/..", "https://example.com/a/"),
    ("https://example.com/a//../b", "https://example.com/a/b"),
    ("https://example.com/a//b", "https://example.com/a//b"),
    ("https://example.com/a/...", "https://example.com/a/..."),
    ("https://example.com/a?b=/../c", "https://example.com/a"),
    ("https://example.com/a#b", "https://example.com/a"),
    ("https://example.com?x", "https://example.com/"),
    ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/"),
    ("https://x%c3%a9.example/", "https://x%C3%A9.example/"),
]

NONE = [
    None,
    7,
    b"https://example.com/",
    "",
    "example.com",
    "/a",
    "//example.com/a",
    "https:/example.com",
    "https:example.com",
    "https://",
    "https:///a",
    "https://:443/",
    "ftp://example.com/",
    "javascript://example.com/",
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://example.com@evil.example/",
    "https://example.com:443:443/",
    "https://example.com:port/",
    "https://example.com:123456/",
    "https://example.com\\a",
    "https://example.com/a b",
    "https://example.com/a\n",
    "\thttps://example.com/a",
    "https://example.com/%",
    "https://example.com/%zz",
    "https://example.com/%e",
    "https://example.com/a?%zz",
    "https://example.com/é",
    "https://éxample.com/",
    "https://example.com:４４３/",
    "https://[::1/",
    "https://[v1.x]/",
    "https://exa[mple.com/",
    'https://example.com/"',
    f"https://example.com/{'a' * 2048}",
]


@pytest.mark.parametrize(("written", "normal"), SAME)
def test_an_address_has_one_normal_form(written: str, normal: str) -> None:
    assert normalised_address(written) == normal


@pytest.mark.parametrize("written", NONE)
def test_what_is_no_web_address_has_none(written: object) -> None:
    assert normalised_address(written) is None


SEGMENT = st.text("ab.%-~", max_size=4) | st.sampled_from([".", "..", "%2e", "%2E.", "%2f", "a%7e"])
ADDRESSES = st.builds(
    lambda host, port, path: f"https://{host}{port}/{'/'.join(path)}",
    st.sampled_from(["example.com", "EXAMPLE.com", "ex%41mple.com", "[::1]"]),
    st.sampled_from(["", ":", ":443", ":80", ":8443"]),
    st.lists(SEGMENT, max_size=6),
)


@given(st.text() | ADDRESSES)
def test_the_normal_form_is_final_and_without_dot_segments(written: str) -> None:
    normal = normalised_address(written)
    if normal is not None:
        assert normalised_address(normal) == normal
        assert not {".", ".."} & set(normal.split("/"))
        assert "?" not in normal
        assert "#" not in normal
