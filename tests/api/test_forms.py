"""Forms whose header names an encoding: only UTF-8 is read, and no other codec gets a stranger's bytes."""

from __future__ import annotations

import pytest

from tests.api.house import House

CODECS = ["unicode_escape", "raw_unicode_escape", "undefined", "idna", "punycode", "rot13", "utf-7", "utf-16", "a%00b"]
PARTS = (
    b'--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n\\ud800\xff\r\n'
    b'--B\r\nContent-Disposition: form-data; name="%s"; filename="\\ud800\xff"\r\n\r\n\\ud800..\xff\r\n--B--\r\n'
)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("path", ["/v", "/v1/verifications/pdf"])
@pytest.mark.parametrize("spelling", ["; charset={}", '; CharSet="{}"', "; charset=utf-8; charset={}"])
async def test_a_form_in_another_encoding_is_refused(house: House, codec: str, path: str, spelling: str) -> None:
    kind = "multipart/form-data; boundary=B" + spelling.format(codec)
    for names in ((b"number", b"check_code"), (b"other", b"file")):
        answer = await house.client.post(path, content=PARTS % names, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("spelling", ["", "; charset=utf-8", "; charset=UTF-8", '; charset="utf8"'])
async def test_a_form_in_utf_8_is_read(house: House, spelling: str) -> None:
    _, certificate = await house.issued()
    part = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n--B'
    fields = part.format("number", certificate.number), part.format("check_code", certificate.check_code)
    body = "--B\r\n" + "\r\n".join(fields) + "--\r\n"
    kind = "multipart/form-data; boundary=B" + spelling
    answer = await house.client.post("/v", content=body.encode(), headers={"Content-Type": kind})
    typed = f"number={certificate.number}&check_code={certificate.check_code}"
    urlencoded = {"Content-Type": "application/x-www-form-urlencoded" + spelling}
    other = await house.client.post("/v", content=typed.encode(), headers=urlencoded)

    assert 'data-state="valid"' in answer.text
    assert 'data-state="valid"' in other.text


@pytest.mark.parametrize("field", ["number", "check_code"])
async def test_bytes_that_are_not_utf_8_are_answered(house: House, field: str) -> None:
    body = b'--B\r\nContent-Disposition: form-data; name="%s"\r\n\r\n\xed\xa0\x80\xff\r\n--B--\r\n' % field.encode()
    answer = await house.client.post("/v", content=body, headers={"Content-Type": "multipart/form-data; boundary=B"})

    assert answer.status_code in (200, 400)
