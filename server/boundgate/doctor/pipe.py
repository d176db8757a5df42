"""The Chrome DevTools Protocol over the debugging pipe: JSON messages, each ended by one NUL octet.

One thread, no loop of its own: whoever waits reads. What arrives in between is kept in `events`, in its order.
"""

from __future__ import annotations

import json
import os
import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from boundgate.chromium import BrowserError

Found = TypeVar("Found")
Message = dict[str, Any]

CALL_SECONDS = 30.0
MAX_BUFFERED = 64 * 1024 * 1024
"""A browser that sends so much without ending its message is not one."""


class CommandRefused(Exception):
    """The browser refused a command; the message is its own."""


class BrowserSilent(BrowserError):
    """The browser did not answer in time."""


class BrowserGone(BrowserError):
    """The browser has closed the pipe: it was closed, or it crashed."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that the browser reported by itself; `target` is the session of the page that it concerns."""

    method: str
    params: Message
    target: str | None


class Pipe:
    """One browser at the other end.

    Args:
        incoming: descriptor that the browser writes to; closed with the pipe.
        outgoing: descriptor that the browser reads from; closed with the pipe.
        clock: seconds, monotonic.
    """

    def __init__(self, incoming: int, outgoing: int, *, clock: Callable[[], float]) -> None:
        self.events: list[Event] = []
        self._incoming, self._outgoing, self._clock = incoming, outgoing, clock
        self._buffer = bytearray()
        self._answers: dict[int, Message] = {}
        self._last_id = 0

    def call(
        self, method: str, params: Message | None = None, *, target: str | None = None, seconds: float = CALL_SECONDS
    ) -> Message:
        """Send one command and wait for its answer.

        Raises:
            CommandRefused: the browser says that it cannot.
            BrowserSilent, BrowserGone.
        """
        number = self.send(method, params, target=target)
        answer = self.wait(lambda: self._answers.pop(number, None), seconds=seconds)
        if answer is None:
            raise BrowserSilent(f"the browser did not answer {method} within {seconds:g} seconds.")
        if "error" in answer:
            raise CommandRefused(str(answer["error"].get("message", "no reason given")))
        result = answer.get("result")
        return result if isinstance(result, dict) else {}

    def send(self, method: str, params: Message | None = None, *, target: str | None = None) -> int:
        """Send one command without waiting; returns the number of the answer. Raises BrowserGone."""
        self._last_id += 1
        message: Message = {"id": self._last_id, "method": method, "params": params or {}}
        if target is not None:
            message["sessionId"] = target
        data = memoryview(json.dumps(message).encode() + b"\0")
        try:
            while data:
                data = data[os.write(self._outgoing, data) :]
        except OSError:
            raise BrowserGone("the browser has closed.") from None
        return self._last_id

    def wait(self, look: Callable[[], Found | None], *, seconds: float) -> Found | None:
        """Read until `look` finds something; None where it has not after so many seconds. Raises BrowserGone."""
        deadline = self._clock() + seconds
        while True:
            found = look()
            if found is not None:
                return found
            left = deadline - self._clock()
            if left <= 0:
                return None
            if select.select([self._incoming], [], [], min(left, 1.0))[0]:
                self._read()

    def close(self) -> None:
        """Close both ends. Chromium leaves when it sees that."""
        os.close(self._outgoing)
        os.close(self._incoming)

    def _read(self) -> None:
        chunk = os.read(self._incoming, 65_536)
        if not chunk:
            raise BrowserGone("the browser has closed.")
        self._buffer += chunk
        if len(self._buffer) > MAX_BUFFERED:
            raise BrowserGone("the browser sends without end.")
        for message in self._whole_messages():
            if "id" in message:
                self._answers[message["id"]] = message
            elif isinstance(message.get("method"), str):
                params = message.get("params")
                self.events.append(
                    Event(message["method"], params if isinstance(params, dict) else {}, message.get("sessionId"))
                )

    def _whole_messages(self) -> Iterator[Message]:
        *whole, rest = self._buffer.split(b"\0")
        self._buffer = bytearray(rest)
        for text in whole:
            try:
                message = json.loads(text)
            except ValueError:
                raise BrowserGone("what the browser sends is no JSON.") from None
            if isinstance(message, dict):
                yield message
