"""Reads server-sent events (HTML, 9.2.6 Interpreting an event stream) from bytes in any division."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_EVENT_BYTES = 1_048_576

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class SseOverflowError(ValueError):
    """An event, or a line, is longer than the bound."""


class SseParser:
    """Collects the `data` of each event. Names, ids, retry times and comments are read over.

    Args:
        max_event_bytes: the most data of one event, and the longest line.
    """

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._limit = max_event_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._after_cr = False
        self._first_line = True

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The data of each event that this chunk completes, its lines joined by a line feed.

        Must be exhausted before the next chunk is fed. What no empty line has ended is no event.

        Raises:
            SseOverflowError: too long; the events before it have been given out.
        """
        start = 1 if self._after_cr and chunk.startswith(b"\n") else 0
        if chunk:
            self._after_cr = chunk.endswith(b"\r")
        for end in _LINE_END.finditer(chunk, start):
            self._extend(chunk[start : end.start()])
            start = end.end()
            line, self._line = bytes(self._line), bytearray()
            yield from self._take(line)
        self._extend(chunk[start:])

    def _extend(self, piece: bytes) -> None:
        if len(self._line) + len(piece) > self._limit:
            raise SseOverflowError("a line is too long")
        self._line += piece

    def _take(self, line: bytes) -> Iterator[bytes]:
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(_BOM)
        if not line:
            if self._data:
                data, self._data, self._size = b"\n".join(self._data), [], 0
                yield data
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            value = value.removeprefix(b" ")
            self._size += len(value) + 1
            if self._size > self._limit:
                raise SseOverflowError("an event is too long")
            self._data.append(value)
