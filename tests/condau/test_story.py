"""The story as a client: what it makes again, and what ends it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from rich.console import Console

from condau.story import Story, StoryFailed


def story_of(*answers: httpx.Response) -> tuple[Story, list[httpx.Request]]:
    """A story whose service gives these answers, and what it was asked."""
    waiting, asked = list(answers), list[httpx.Request]()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return waiting.pop(0)

    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://service.invalid")
    return Story(service=client, outside_url="", folder=Path(), console=Console(quiet=True)), asked


def test_a_service_that_asks_for_patience_is_asked_again_for_the_same() -> None:
    story, asked = story_of(httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(200))

    assert story.call("POST", "/v1/applications", expect=200, json={"type": "x"}).status_code == 200

    first, second = asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.content == second.content


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(503, headers={"Retry-After": "3600"}),
        httpx.Response(429, headers={"Retry-After": "0"}),
        httpx.Response(500),
    ],
)
def test_another_answer_ends_the_story(answer: httpx.Response) -> None:
    story, asked = story_of(answer)

    with pytest.raises(StoryFailed, match=f"expected 200, got {answer.status_code}"):
        story.call("GET", "/v1/services", expect=200)
    assert len(asked) == 1
