"""Bad inputs made from good ones: text, octets, JSON and compact JWS, changed a little, and sometimes a lot.

Everything comes from one `random.Random`, so a seed gives the same inputs on every machine.
"""

from __future__ import annotations

import base64
import binascii
import copy
import json
import re
from collections.abc import Sequence
from random import Random
from typing import Any

LONGEST = 65_536
"""As long as a whole request head may be."""

WORDS = (
    "", " ", "\t", "\r\n", "\0", '"', '\\"', "\\", ";", ",", ".", "..", "=", "==", "(", ")", "*", "?1", ":AA==:", "@1",
    '%"%c3"', "-", "_", "%00", "%2e", "../", "//", "é", "\u0661", "\u2028", "\ufeff", "\ud800", "\U0001f511", "\x7f",
    "\x80", "\xff", "null", "true", "{}", "[]", "NaN", "-0", "1e999", "1e-999", "9" * 400, "9" * 5000, "-1", "0",
    "18446744073709551616", "none", "ES256", "RS256", "HS256", "dbsc+jwt", "jwk", "jti", "__proto__", "__Host-",
    "xn--", "xn--a", "localhost", "[::1]", "127.0.0.1", "0x7f.1", "a" * 64, "A" * 300, "v1.", "Max-Age=0",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**31, 2**64, 10**400, 0.5, -0.0, 1e308, "", "a", "A" * 43, "A" * 5000, "\0", "\ud800",
    "é", "\u2028", [], {}, [[]], {"": ""}, ["a"] * 200, [None] * 50, {"type": "text", "text": "a"}, [0, "a", None],
)  # fmt: skip
_MEMBER = re.compile(r'"[^"\\]{0,40}":')
_ALPHABETS = (
    'ab.=-_A"\\;, ',
    "0123456789",
    '{}[]",:',
    '()*;=,"?:@',
    "".join(map(chr, range(256))),
    "é\u0661\ud800\n\0",
)


class Shaper:
    """Makes inputs. Cheap: some ten microseconds each."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self.random.random() < probability

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of them."""
        return choices[int(self.random.random() * len(choices))]

    def size(self, most: int) -> int:
        """A length: mostly short, now and then `most`."""
        return min(most, int(2 ** (self.random.random() * most.bit_length())) - 1)

    def noise(self, most: int = 64) -> str:
        """Characters of one of several alphabets."""
        return "".join(self.random.choices(self.pick(_ALPHABETS), k=self.size(most)))

    def text(self, seeds: Sequence[str], *, most: int = LONGEST) -> str:
        """One of the seeds with up to four changes, or now and then noise."""
        if self.chance(0.05):
            return self.noise(min(most, 2000))
        text = self.pick(seeds)
        for _ in range(self.size(4)):
            text = self._changed(text, seeds, most)
        return str(text[:most])

    def octets(self, seeds: Sequence[bytes], *, most: int = LONGEST) -> bytes:
        """The same for octets."""
        texts = [self.pick(seeds).decode("latin-1") for _ in range(2)]
        return self.text(texts, most=most).encode("utf-8" if self.chance(0.3) else "latin-1", "replace")

    def json_value(self, seeds: Sequence[Any], *, changes: int = 4) -> Any:
        """One of the JSON values with up to so many of its nodes replaced, removed, renamed, repeated or nested."""
        value = copy.deepcopy(self.pick(seeds))
        for _ in range(self.size(changes)):
            value = self._changed_value(value)
        return value

    def json_text(self, seeds: Sequence[Any], *, most: int = LONGEST) -> str:
        """One of the JSON values changed as a value, as a text, or both."""
        text = json.dumps(self.json_value(seeds), ensure_ascii=self.chance(0.5))
        if self.chance(0.15):
            text = _MEMBER.sub(lambda found: found[0] + self.pick(("null,", "1,", '"a",')) + found[0], text, count=1)
        if self.chance(0.05):
            depth = self.size(5000)
            text = self.pick(("[", '{"a":')) * depth + text + self.pick(("]", "}", "")) * depth
        return self.text([text], most=most) if self.chance(0.3) else text[:most]

    def compact(self, seeds: Sequence[str], sign: Any) -> str:
        """A compact JWS made from others.

        Args:
            sign: makes one of a header and claims, both octets; used for a part of them, since signing is dear.
        """
        if self.chance(0.4):
            return self.text(seeds, most=10_000)
        parts = self.pick(seeds).split(".")
        if len(parts) != 3:
            return self.text(seeds)
        header, claims = (self._json_part(part) for part in parts[:2])
        if self.chance(0.3):
            return str(sign(header, claims))
        signature = parts[2] if self.chance(0.7) else self.text([parts[2]], most=6000)
        return f"{_b64u(header)}.{_b64u(claims)}.{signature}"

    def _json_part(self, part: str) -> bytes:
        try:
            value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except (ValueError, binascii.Error, RecursionError):
            value = {}
        return self.json_text([value], most=6000).encode("utf-8", "surrogatepass")

    def _changed(self, text: str, seeds: Sequence[str], most: int) -> str:
        at = int(self.random.random() * (len(text) + 1))
        to = min(len(text), at + self.size(32))
        kind = self.random.random()
        if kind < 0.25:
            return text[:at] + self.pick(WORDS) + text[to:]
        if kind < 0.4:
            return text[:at] + text[to:]
        if kind < 0.55:
            return text[:at] + self.noise(8) + text[to:]
        if kind < 0.7:
            return text[:to] + text[at:]
        if kind < 0.78:
            return text[:at] + self.pick(seeds)[at:]
        if kind < 0.84:
            return text[:at] + text[at:to].swapcase() + text[to:]
        if kind < 0.9:
            return f'"{text}"'
        piece = text[at:to] or self.pick(WORDS) or "a"
        return text[:at] + piece * (self.size(most) // len(piece)) + text[to:]

    def _changed_value(self, value: Any) -> Any:
        if isinstance(value, dict) and value and self.chance(0.85):
            name = self.pick(list(value))
            kind = self.random.random()
            if kind < 0.55:
                value[name] = self._changed_value(value[name])
            elif kind < 0.7:
                del value[name]
            elif kind < 0.85:
                value[self.pick(WORDS)] = self._value()
            else:
                value[self.text([name], most=300)] = value.pop(name)
            return value
        if isinstance(value, list) and value and self.chance(0.85):
            at = int(self.random.random() * len(value))
            if self.chance(0.6):
                value[at] = self._changed_value(value[at])
            elif self.chance(0.5):
                del value[at]
            else:
                value.extend(copy.deepcopy(value[at]) for _ in range(self.size(300)))
            return value
        if isinstance(value, str) and self.chance(0.6):
            return self.text([value], most=6000)
        return self._nested() if self.chance(0.1) else self._value()

    def _value(self) -> Any:
        return copy.deepcopy(self.pick(VALUES))

    def _nested(self) -> Any:
        value: Any = self._value()
        for _ in range(self.size(60)):
            value = [value] if self.chance(0.5) else {self.pick(WORDS): value}
        return value


def _b64u(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
