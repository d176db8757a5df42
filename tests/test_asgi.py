"""A refused request's body is read to its end before the answer goes out, within bounds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from boundgate.asgi import DrainRequestBody

ANSWER = [
    {"type": "http.response.start", "status": 401, "headers": []},
    {"type": "http.response.body", "body": b"", "more_body": False},
]


def chunks(*sizes: int) -> list[dict[str, Any]]:
    return [
        {"type": "http.request", "body": b"x" * size, "more_body": index < len(sizes) - 1}
        for index, size in enumerate(sizes)
    ]


async def refuse_at_once(_scope: Any, receive: Any, send: Any) -> None:
    """Answers without looking at the body, while a task of its own reads it, as Quart does."""

    async def read() -> None:
        while True:
            await receive()

    reader = asyncio.create_task(read())
    for message in ANSWER:
        await send(dict(message))
    reader.cancel()


async def run(messages: list[dict[str, Any]], **bounds: Any) -> tuple[list[str], int]:
    """The types sent, and how many messages of the request were read before the answer began."""
    waiting, log = list(messages), []
    read_before_answer = 0

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        nonlocal read_before_answer
        if message["type"] == "http.response.start":
            read_before_answer = len(messages) - len(waiting)
        log.append(message["type"])

    await DrainRequestBody(refuse_at_once, **bounds)({"type": "http"}, receive, send)
    return log, read_before_answer


async def test_the_answer_waits_for_the_end_of_the_body() -> None:
    log, read = await run(chunks(*[1000] * 20))
    assert log == ["http.response.start", "http.response.body"]
    assert read == 20


async def test_a_body_without_end_is_read_up_to_the_bound() -> None:
    _log, read = await run(chunks(*[1000] * 200), max_bytes=10_000)
    assert 10 <= read < 30


async def test_a_body_that_never_comes_is_waited_for_no_longer_than_the_bound() -> None:
    log, read = await run([], max_seconds=0.01)
    assert log == ["http.response.start", "http.response.body"]
    assert read == 0


async def test_a_client_that_goes_away_ends_the_wait() -> None:
    log, _read = await run([{"type": "http.disconnect"}])
    assert log == ["http.response.start", "http.response.body"]


@pytest.mark.parametrize(
    ("messages", "bounds"),
    [([{"type": "http.disconnect"}], {"max_seconds": 60}), ([], {"max_seconds": 0.01})],
    ids=["gone", "silent"],
)
async def test_neither_of_them_is_waited_for_any_longer(
    messages: list[dict[str, Any]], bounds: dict[str, float]
) -> None:
    async with asyncio.timeout(2):
        log, _read = await run(messages, **bounds)
    assert log == ["http.response.start", "http.response.body"]


async def test_other_protocols_pass_untouched() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    scope, receive, send = {"type": "lifespan"}, object(), object()
    await DrainRequestBody(app)(scope, receive, send)  # type: ignore[arg-type]
    assert seen == [(scope, receive, send)]
