"""A JSON body, read strictly into a declared shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from identity.strict_json import NotStrictJson, parse_object

from .errors import MalformedJson, WrongContentType
from .problems import invalid_request
from .whole_examples import whole


class Body(BaseModel):
    """Base of what the routes read: unknown fields are refused, and no type stands in for another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


_UTF_8 = (b"utf-8", b"utf8")

B = TypeVar("B", bound=Body)
_NUL = rb"\u0000"


def body_of(shape: type[B]) -> Callable[[Request], Awaitable[B]]:
    """A dependency that reads the body as `shape`.

    Strict where the framework is lenient: the content type must be JSON's, no name may stand twice, NaN is refused; and
    so are lone surrogates and NUL, which not every database can hold.
    Raises WrongContentType, MalformedJson, InvalidRequest.
    """

    async def read(request: Request) -> B:
        if media_type(request) != "application/json":
            raise WrongContentType
        body = await request.body()
        try:
            found = parse_object(body)
        except NotStrictJson:
            raise MalformedJson from None
        # In JSON, NUL can only stand as its escape.
        if _NUL in body and _holds_nul(found):
            raise MalformedJson
        try:
            return shape.model_validate(found)
        except ValidationError as error:
            raise invalid_request(error.errors(include_url=False, include_context=False, include_input=False)) from None

    return read


def _holds_nul(found: object) -> bool:
    left = [found]
    while left:
        match left.pop():
            case str(text) if "\0" in text:
                return True
            case dict(members):
                left += [*members.keys(), *members.values()]
            case list(entries):
                left += entries
    return False


def media_type(request: Request) -> str:
    """The content type without its parameters, in lower case.

    Raises WrongContentType for a `charset` other than UTF-8: the form reader would hand the bytes to whichever of
    Python's codecs it names, and some of those fail in their own ways or make text that cannot be written again.
    """
    content_type = request.headers.get("content-type", "")
    # The form reader's own parser, so that both see the same.
    _, parameters = parse_options_header(content_type)
    if parameters.get(b"charset", b"utf-8").lower() not in _UTF_8:
        raise WrongContentType
    return content_type.partition(";")[0].strip().lower()


def described_as(shape: type[Body], example: dict[str, Any]) -> dict[str, Any]:
    """The body's place in the API's description; what `body_of` reads, the framework does not see."""
    schema = shape.model_json_schema()
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _in_one_piece(schema, schema), "example": whole(example)}},
        }
    }


def _in_one_piece(part: Any, schema: dict[str, Any]) -> Any:
    """The schema with its own definitions in place of references, which would point into the API's description."""
    if isinstance(part, list):
        return [_in_one_piece(one, schema) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _in_one_piece(schema["$defs"][part["$ref"].removeprefix("#/$defs/")], schema)
    return {name: _in_one_piece(value, schema) for name, value in part.items() if name != "$defs"}
