"""Records `chromium.json` and `chromium_requests.json` anew: `PYTHONPATH=server python -m tests.vectors.dbsc.capture`.

It starts the Chromium of this machine and lets it register and refresh against a recorder. The verdicts are those of
this script, from what was offered and RFC 7638; no code of the package takes part in them. The keys are made by the
browser in a throw-away profile and guard nothing. Run `generate` afterwards: the negatives are derived from these.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme

from boundgate.certificates import spki_sha256
from boundgate.doctor.browser import Page, Start, open_page
from tests.vectors.dbsc.recorder import COOKIE, Recorder, Request, recording

FOLDER = Path(__file__).parent
AUDIENCE_FEATURE = "DeviceBoundSessionsIncludeAudienceClaim"
WAIT_SECONDS = 20.0
REGISTRATION_CHALLENGE, REFRESH_CHALLENGE = "c1-registration-challenge", "c2-refresh-challenge"
EVERY_CHARACTER = "".join(map(chr, range(0x20, 0x7F)))
PROOF = "Secure-Session-Response"


@dataclass(frozen=True)
class Experiment:
    """One session: what is offered, and how it is called."""

    host: str
    algorithm: str
    authorization: str | None = None
    challenge: str | None = REGISTRATION_CHALLENGE
    refresh_challenge: str = REFRESH_CHALLENGE
    audience: bool = False
    what: str = ""

    @property
    def title(self) -> str:
        parts = [self.what or ("with authorization" if self.authorization is not None else "without authorization")]
        return ", ".join([*parts, *(["with the aud feature"] if self.audience else [])])

    @property
    def offer(self) -> str:
        texts = {"path": "/dbsc/register", "challenge": self.challenge, "authorization": self.authorization}
        given = {name: text for name, text in texts.items() if text is not None}
        return f"({self.algorithm})" + "".join(f";{name}={_quoted(text)}" for name, text in given.items())


def experiments(*, audience: bool) -> Iterator[Experiment]:
    """All that one browser is asked."""
    for algorithm in ("ES256", "RS256"):
        name = algorithm.lower()
        common = {"algorithm": algorithm, "audience": audience}
        yield Experiment(f"{name}-with.test", authorization='one-time "value"', **common)
        yield Experiment(f"{name}-without.test", **common)
        yield Experiment(f"{name}-empty.test", authorization="", what="with an empty authorization", **common)
        if audience:
            continue
        every = {"challenge": EVERY_CHARACTER, "refresh_challenge": EVERY_CHARACTER, "authorization": EVERY_CHARACTER}
        yield Experiment(f"{name}-every.test", what="every printable character", **every, **common)
        yield Experiment(f"{name}-no-challenge.test", challenge="", what="an empty challenge", **common)
        yield Experiment(
            f"{name}-missing.test", challenge=None, authorization="a", what="no challenge, with authorization", **common
        )
        yield Experiment(f"{name}-nothing.test", challenge=None, what="neither challenge nor authorization", **common)


def capture() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The entries of both files."""
    vectors: list[dict[str, Any]] = []
    requests: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        leaf = trustme.CA(organization_name="recorder").issue_cert("*.test")
        leaf.cert_chain_pems[0].write_to_path(folder / "cert.pem")
        leaf.private_key_pem.write_to_path(folder / "key.pem")
        spki = spki_sha256((folder / "cert.pem").read_bytes())
        for audience in (False, True):
            start = Start(
                spki=spki,
                features=[AUDIENCE_FEATURE] if audience else [],
                switches=["--host-resolver-rules=MAP *.test 127.0.0.1"],
            )
            with recording(folder / "cert.pem", folder / "key.pem") as recorder, open_page(start) as page:
                for experiment in experiments(audience=audience):
                    _run(page, recorder, experiment, vectors, requests)
    return vectors, requests


def _run(
    page: Page,
    recorder: Recorder,
    experiment: Experiment,
    vectors: list[dict[str, Any]],
    requests: list[dict[str, Any]],
) -> None:
    recorder.offer, recorder.refresh_challenge = experiment.offer, _escaped(experiment.refresh_challenge)
    recorder.requests.clear()
    origin = f"https://{experiment.host}:{recorder.port}"
    events = _events(page)
    page.call("Page.navigate", {"url": f"{origin}/login"})
    assert page.pipe.wait(lambda: _events(page) > events or None, seconds=WAIT_SECONDS), f"{origin}: no registration"
    browser = page.version.partition("/")[2].partition(".")[0]
    title = f"Chromium {browser}: {experiment.algorithm}"
    # Nothing to sign is not signed: there is no key then, and nothing to refresh with.
    if recorder.requests[0].value(PROOF) is not None:
        page.call("Network.deleteCookies", {"name": COOKIE, "url": origin})
        page.script("fetch('/').then(r => r.status)")
        register, _, refresh = recorder.requests
        vectors += _vectors(title, experiment, register, refresh)
    kinds = zip(("registration", "refresh without a challenge", "refresh"), recorder.requests, strict=False)
    requests += [
        {"name": f"{title} {kind}, {experiment.title}", "method": it.method, "url": it.url, "headers": it.headers}
        for kind, it in kinds
    ]


def _events(page: Page) -> int:
    """How many registrations have ended."""
    events = page.events("Network.deviceBoundSessionEventOccurred")
    return sum("creationEventDetails" in event for event in events)


def _vectors(title: str, experiment: Experiment, register: Request, refresh: Request) -> Iterator[dict[str, Any]]:
    proof = str(register.value(PROOF))
    jwk = json.loads(_octets(proof.split(".", maxsplit=1)[0]))["jwk"]
    said = {
        "challenge": experiment.challenge,
        "authorization": experiment.authorization,
        "algorithm": experiment.algorithm,
        "thumbprint": _thumbprint(jwk),
    }
    # A proof over nothing can be replayed for ever, so a server that lets one in has no proof at all.
    yield {
        "name": f"{title} registration, {experiment.title}",
        "input": {
            "kind": "registration",
            "proof": proof,
            "algorithms": ["ES256", "RS256"],
            "audience": register.url,
        },
        "expected": {"ok": said} if experiment.challenge else {"error": "proof_malformed"},
    }
    yield {
        "name": f"{title} refresh, {experiment.title}",
        "input": {
            "kind": "refresh",
            "proof": str(refresh.value(PROOF)),
            "key": {"algorithm": experiment.algorithm, "jwk": jwk},
            "audience": refresh.url,
        },
        "expected": {"ok": {"challenge": experiment.refresh_challenge}},
    }


def _thumbprint(jwk: dict[str, str]) -> str:
    # RFC 7638 §3.2: the required members only, sorted, without whitespace.
    required = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}[jwk["kty"]]
    text = json.dumps({name: jwk[name] for name in required}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def _octets(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _write(name: str, entries: list[dict[str, Any]]) -> None:
    (FOLDER / name).write_text(json.dumps(entries, indent=1, ensure_ascii=True) + "\n", encoding="ascii")


if __name__ == "__main__":
    proofs, seen = capture()
    _write("chromium.json", proofs)
    _write("chromium_requests.json", seen)
    print(f"{len(proofs)} proofs in {len(seen)} requests", file=sys.stderr)
