"""Chat completions as a stream of pieces of text (OpenAI's wire: server-sent events)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from demo_client.answers import api_refusal, refusal, sending
from demo_client.errors import NotAServer
from demo_client.session import Session

Message = dict[str, str]


def first_model(session: Session) -> str:
    """The model that the server lists first. Raises ClientError."""
    data = session.get(f"{session.resource}/models").get("data")
    if not isinstance(data, list) or not data or not isinstance(data[0], dict):
        raise NotAServer("the server lists no models.")
    return str(data[0].get("id"))


def stream(session: Session, model: str, messages: Sequence[Message]) -> Iterator[str]:
    """Pieces of the answer, as they come.

    Args:
        session: pays for it.
        model: its name.
        messages: the conversation so far.

    Raises:
        ClientError: refused, or cut off in the middle, as when the login is ended meanwhile.
    """
    url = f"{session.resource}/chat/completions"
    body = {"model": model, "messages": list(messages), "stream": True}
    with sending(url), session.http.stream("POST", url, json=body, auth=session.auth) as response:
        if response.status_code != 200:
            response.read()
            raise api_refusal(response)
        finished = False
        for event in _events(response.iter_lines()):
            finished = finished or event == "[DONE]"
            yield from _pieces(event)
        if not finished:
            raise NotAServer("the answer ended in the middle.", "Ask again; what was streamed is charged.")


def _events(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("data:"):
            yield line[5:].strip()


def _pieces(event: str) -> Iterator[str]:
    if event == "[DONE]":
        return
    try:
        chunk: Any = json.loads(event)
        if error := chunk.get("error"):
            raise refusal(str(error.get("code") or ""), str(error.get("message") or ""), 401)
        for choice in chunk.get("choices") or []:
            if content := choice["delta"].get("content"):
                yield str(content)
    except (ValueError, LookupError, AttributeError, TypeError):
        raise NotAServer("the server's stream cannot be read.") from None
