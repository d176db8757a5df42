"""Collects what the server has issued in confidence, so that a scan can look for it where it must not be."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from playwright.sync_api import BrowserContext

from e2e.support.person import BOUND, LOGIN, OUTSIDE, Person
from e2e.support.server import Server

KEPT_ON_PURPOSE = {"run.json", "keys.json"}
"""The enrolment link and the server's own keys, each 0600."""
_QUOTED = re.compile(r'"([A-Za-z0-9_.-]{20,})"')


class Secrets:
    """Cookie values, offers, challenges, proofs, enrolment tokens, authorization codes, tokens, keys of programs."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def watch(self, someone: Person) -> None:
        """Listen to everything that passes through this page, headers of redirects included."""
        someone.devtools.on("Network.responseReceivedExtraInfo", self._response)
        someone.page.on("framenavigated", lambda frame: self.add_url(frame.url))

    def add_url(self, url: str) -> None:
        """The token in the fragment of an enrolment link; an authorization code, and its request."""
        _, hash_sign, token = url.partition("/enrol#")
        if hash_sign:
            self.found.add(token)
        asked = parse_qs(urlsplit(url).query)
        self.found.update(text for name in ("code", "request_uri") for text in asked.get(name, ()) if len(text) >= 20)

    def add_tokens(self, answer: Mapping[str, Any]) -> None:
        """What the token endpoint has given; of a JWT its signature as well, which is what makes it one."""
        for name in ("access_token", "refresh_token", "id_token"):
            if isinstance(text := answer.get(name), str) and text:
                self.found.update((text, text.rpartition(".")[2]))

    def add_key(self, scalar: int) -> None:
        """The private half of a P-256 key, in the forms in which it would be written down."""
        octets = scalar.to_bytes(32)
        standard = base64.b64encode(octets).rstrip(b"=").decode()
        self.found.update((octets.hex(), standard, standard.translate(str.maketrans("+/", "-_"))))

    def add_state(self, directory: Path) -> None:
        """What the command-line client keeps: its tokens, and its key where that is in a file."""
        login, key = directory / "login.json", directory / "key.json"
        if login.exists():
            self.add_tokens(json.loads(login.read_text()))
        if key.exists() and (pem := json.loads(key.read_text()).get("pem")):
            private = load_pem_private_key(pem.encode(), password=None)
            assert isinstance(private, ec.EllipticCurvePrivateKey)
            self.add_key(private.private_numbers().private_value)
            self.found.update(pem.splitlines()[1:-1])

    def add_cookies(self, context: BrowserContext) -> None:
        """What is in the jar of a context."""
        self.add_jar(context.cookies())

    def add_jar(self, cookies: Iterable[Mapping[str, Any]]) -> None:
        """What is in a jar; of a bound value its MAC, which is what makes it one."""
        for cookie in cookies:
            if cookie["name"] in {LOGIN, OUTSIDE}:
                self.found.add(cookie["value"])
            elif cookie["name"] == BOUND:
                self.found.update((cookie["value"], cookie["value"].rpartition(".")[2]))

    def _response(self, event: dict[str, Any]) -> None:
        for name, value in event["headers"].items():
            if name.lower() in {"secure-session-registration", "secure-session-challenge"}:
                self.found.update(_QUOTED.findall(value))
            elif name.lower() == "set-cookie":
                found = re.findall(rf"(?:{LOGIN}|{BOUND}|{OUTSIDE})=([^;\s]{{20,}})", value)
                self.found.update(found)


def leaks(server: Server, secrets: set[str], *texts: bytes) -> Iterator[tuple[str, str]]:
    """Where any of them stands: (file, first characters)."""
    places: list[tuple[str, bytes]] = [("given text", text) for text in texts]
    places.extend((path.name, path.read_bytes()) for path in files(server.data_dir))
    for place, content in places:
        for secret in secrets:
            if secret.encode() in content:
                yield place, secret[:6]


def files(data_dir: Path) -> list[Path]:
    """Everything under the data directory but the files that exist to hold a secret."""
    return [
        path
        for path in sorted(data_dir.rglob("*"))
        if path.is_file() and path.name not in KEPT_ON_PURPOSE and path.parent.name != "tls"
    ]
