"""Time and randomness as arguments, so that every rule about them can be tested without waiting."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Returns the current time in seconds since the Unix epoch."""

RandomBytes = Callable[[int], bytes]
"""Returns so many unpredictable bytes."""


# Aliases and not functions around them: a refresh asks for the time ten times.
system_clock: Clock = time.time
"""The server's own clock; what a client says about time is never used."""

system_random: RandomBytes = os.urandom
"""Bytes from the operating system's generator."""


def new_token(random: RandomBytes, *, size_bytes: int = 32) -> str:
    """An unguessable URL-safe token of `size_bytes` bytes of entropy, without padding."""
    return base64.urlsafe_b64encode(random(size_bytes)).rstrip(b"=").decode()
