"""Session instructions and the cookies they speak of, from one source (DBSC §9.2).

Chromium compares the attributes of the cookie in its jar with those that the instructions name, and refreshes before
every request, silently, until its quota is gone, where they differ. So both are written by the same object here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class BoundCredential:
    """One `__Host-` cookie that the session keeps fresh: Secure, HttpOnly, host-only, for the whole host."""

    name: str

    def __post_init__(self) -> None:
        if not self.name.startswith("__Host-"):
            raise ValueError(f"{self.name}: a bound cookie needs the __Host- prefix, or a sibling host could plant it")

    @property
    def attributes(self) -> str:
        """As in the instructions. No Max-Age: Chromium refuses the whole configuration where it sees one."""
        return "Path=/; Secure; HttpOnly; SameSite=Lax"

    def set_cookie(self, value: str, *, max_age_seconds: int) -> str:
        """A `Set-Cookie` value with the very same attributes."""
        return f"{self.name}={value}; {self.attributes}; Max-Age={max_age_seconds}"

    def expire(self) -> str:
        """A `Set-Cookie` value that removes it."""
        return self.set_cookie("", max_age_seconds=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """Everything a browser needs to keep a session of one origin.

    Args:
        origin: the server's origin, from the settings, never from a Host header; no trailing slash.
        refresh_path: where proofs are posted; Chromium keeps it out of scope by itself.
        excluded_paths: path prefixes whose requests never wait for a refresh.
        credentials: the cookies; all of them must be in the jar, else the browser refreshes first.
    """

    origin: str
    refresh_path: str
    excluded_paths: Sequence[str]
    credentials: Sequence[BoundCredential]

    def __post_init__(self) -> None:
        if not self.credentials:
            raise ValueError("no credentials: Chromium would answer NoCredentials and drop the session")
        parts = urlsplit(self.origin)
        if not parts.hostname or self.origin != f"https://{parts.netloc}":
            raise ValueError("the origin is not https://host[:port] alone: Chromium would refuse all of it")
        if not all(path.startswith("/") for path in (self.refresh_path, *self.excluded_paths)):
            raise ValueError("a path does not start with a slash: Chromium would answer InvalidScopeRulePath")

    def body(self, session_id: str) -> bytes:
        """The JSON document for one session."""
        host = urlsplit(self.origin).hostname
        document = {
            "session_identifier": session_id,
            "refresh_url": self.refresh_path,
            "scope": {
                "origin": self.origin,
                "include_site": False,
                "scope_specification": [
                    {"type": "exclude", "domain": host, "path": path} for path in self.excluded_paths
                ],
            },
            "credentials": [
                {"type": "cookie", "name": credential.name, "attributes": credential.attributes}
                for credential in self.credentials
            ],
        }
        return json.dumps(document, separators=(",", ":")).encode()

    def ended(self, session_id: str) -> bytes:
        """The document that ends a session in the browser (DBSC §9.2, `continue`)."""
        return json.dumps({"session_identifier": session_id, "continue": False}, separators=(",", ":")).encode()
