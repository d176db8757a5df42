"""The embedded model: what it says. Deterministic, offline, and plainly not a real model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

COUNT_MOST = 10_000
EXCERPT_MOST = 160

_TOKEN = re.compile(r"\s*\w{1,12}|\s*[^\w\s]|\s+")
_ECHO = re.compile(r"```echo[ \t]*\r?\n(.*?)\r?\n?```", re.DOTALL)
_STREAM = re.compile(r"\bstream (\d{1,6}) chunks\b", re.IGNORECASE)
_COUNT = re.compile(r"\bcount to (\d{1,6})\b", re.IGNORECASE)
_OPENINGS = (
    "Here is what I can say about that.",
    "Let us take that one step at a time.",
    "A short answer first, then the reasons.",
    "That is a good thing to ask.",
)
_ADVICE = (
    "Begin with the part that is easiest to check, and write down what you expect before you look.",
    "Name the one assumption that everything else rests on, and test that before anything else.",
    "Split it into two parts that do not depend on each other, and finish the smaller one first.",
    "Ask what would have to be true for the opposite to hold; the difference is usually the answer.",
)
_CLOSING = (
    "I am the embedded model of this gateway: I answer without a network, always the same way, "
    "and what I cost is only counted, never paid."
)


def tokens(text: str) -> list[str]:
    """Cut a text into the model's tokens; joined again they are the text. None is shorter than one byte."""
    return _TOKEN.findall(text)


def reply(prompt: str, choice: int) -> list[str]:
    """The tokens of the answer to a prompt.

    Args:
        prompt: the user's last words. A fenced `echo` block is answered with its content; `stream N chunks` and
            `count to N` with N tokens.
        choice: which of several answers (`n`), from 0.
    """
    if echo := _ECHO.search(prompt):
        return tokens(echo[1])
    if stream := _STREAM.search(prompt):
        total = min(int(stream[1]), COUNT_MOST)
        return [f"chunk {number} of {total}. " for number in range(1, total + 1)]
    if count := _COUNT.search(prompt):
        return [f"{number} " for number in range(1, min(int(count[1]), COUNT_MOST) + 1)]
    digest = hashlib.sha256(f"{choice}\0{prompt}".encode()).digest()
    opening, advice = _OPENINGS[digest[0] % len(_OPENINGS)], _ADVICE[digest[1] % len(_ADVICE)]
    return tokens(f"You asked: “{_excerpt(prompt)}”\n\n{opening} {advice}\n\n{_CLOSING}")


def last_prompt(messages: Sequence[dict[str, Any]]) -> str:
    """The text of the last message of the user, or of the last message at all."""
    users = [message for message in messages if message.get("role") == "user"]
    chosen = (users or list(messages))[-1]
    return "".join(_texts(chosen.get("content")))


def count_input(request: dict[str, Any]) -> int:
    """How many input tokens a request is billed: its texts, tools included, and four for each message."""
    messages = request["messages"]
    return sum(4 + _count(message) for message in messages) + _count(request.get("tools"))


def _count(value: Any) -> int:
    if isinstance(value, str):
        return len(tokens(value))
    if isinstance(value, dict):
        return sum(_count(name) + _count(entry) for name, entry in value.items())
    if isinstance(value, list):
        return sum(map(_count, value))
    return 0 if value is None else 1


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (part["text"] for part in content if part.get("type") == "text")


def _excerpt(prompt: str) -> str:
    line = " ".join(prompt.split())
    return line if len(line) <= EXCERPT_MOST else line[: EXCERPT_MOST - 1] + "…"
