"""The proofs of `chromium_negatives.json`: what Chromium signed, with one thing changed that voids it.

No key is at hand, so every change either breaks the signature or leaves it valid and breaks something else; the name
says which. Deterministic: the same captures give the same file.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

Case = dict[str, Any]
MALFORMED, REFUSED, KEY_REFUSED = "proof_malformed", "proof_refused", "key_refused"
_SESSIONS = {("with authorization",), ("without authorization", "with the aud feature")}
OTHER = {"ES256": "RS256", "RS256": "ES256"}


def negative_cases(captures: Path) -> list[Case]:
    """All of them, from both proofs of four sessions: for each algorithm one with authorization and one with aud."""
    captured = json.loads(captures.read_text(encoding="ascii"))
    entries = [entry for entry in captured if _words(entry) in _SESSIONS]
    found = []
    for entry in entries:
        changes = (_signatures, _encodings, _headers, _payloads, _registrations, _refreshes)
        for name, proof, error, replaced in (case for change in changes for case in change(_Captured(entry, entries))):
            given = entry["input"] | {"proof": proof} | replaced
            found.append({"name": f"{entry['name']}: {name}", "input": given, "expected": {"error": error}})
    return found


class _Captured:
    """One captured proof and its parts; `others` are proofs of the same kind and algorithm by other keys."""

    def __init__(self, entry: Case, entries: list[Case]) -> None:
        self.given: Case = entry["input"]
        self.kind: str = self.given["kind"]
        self.proof: str = self.given["proof"]
        self.head, self.body, self.mac = self.proof.split(".")
        self.header, self.claims, self.signature = map(_octets, (self.head, self.body, self.mac))
        self.algorithm: str = json.loads(self.header)["alg"]
        self.host = self.given["audience"].rpartition("/dbsc/")[0]
        same = [other["input"] for other in entries if _alg(other) == self.algorithm]
        self.others = [it for it in same if it["kind"] == self.kind and it["proof"] != self.proof]
        self.partner = next(it for it in same if it["kind"] != self.kind and it["audience"].startswith(f"{self.host}/"))

    def with_header(self, header: bytes) -> str:
        return f"{_b64u(header)}.{self.body}.{self.mac}"

    def with_members(self, **members: Any) -> str:
        """The header with other members; None takes one out."""
        changed = json.loads(self.header) | members
        return self.with_header(_json({name: value for name, value in changed.items() if value is not None}))

    def with_claims(self, claims: bytes) -> str:
        return f"{self.head}.{_b64u(claims)}.{self.mac}"

    def with_signature(self, signature: bytes) -> str:
        return f"{self.head}.{self.body}.{_b64u(signature)}"


Change = Iterator[tuple[str, str, str, Case]]


def _signatures(it: _Captured) -> Change:
    first, last = bytearray(it.signature), bytearray(it.signature)
    first[0] ^= 0x80
    last[-1] ^= 0x01
    yield "first bit of the signature flipped", it.with_signature(bytes(first)), REFUSED, {}
    yield "last bit of the signature flipped", it.with_signature(bytes(last)), REFUSED, {}
    yield "signature of zeros", it.with_signature(bytes(len(it.signature))), REFUSED, {}
    yield "signature cut off by an octet", it.with_signature(it.signature[:-1]), REFUSED, {}
    yield "signature with a leading zero", it.with_signature(b"\0" + it.signature), REFUSED, {}
    partner = it.partner["proof"].split(".")[2]
    yield "signature of the session's other proof", f"{it.head}.{it.body}.{partner}", REFUSED, {}
    other = it.others[0]["proof"].split(".")[2]
    yield "signature of another session", f"{it.head}.{it.body}.{other}", REFUSED, {}
    if it.algorithm == "ES256":
        half = len(it.signature) // 2
        r, s = (int.from_bytes(part) for part in (it.signature[:half], it.signature[half:]))
        yield "signature in DER", it.with_signature(encode_dss_signature(r, s)), REFUSED, {}
        yield (
            "halves of the signature exchanged",
            it.with_signature(it.signature[half:] + it.signature[:half]),
            REFUSED,
            {},
        )


def _encodings(it: _Captured) -> Change:
    yield "padding added", f"{it.proof}==", MALFORMED, {}
    yield "padding added to the header", f"{it.head}=.{it.body}.{it.mac}", MALFORMED, {}
    yield "no signature", f"{it.head}.{it.body}.", MALFORMED, {}
    yield "two parts", f"{it.head}.{it.body}", MALFORMED, {}
    yield "four parts", f"{it.proof}.{it.mac}", MALFORMED, {}
    yield "payload cut off", f"{it.head}.{it.body[:-4]}.{it.mac}", MALFORMED, {}
    yield "header cut off", f"{it.head[:-4]}.{it.body}.{it.mac}", MALFORMED, {}
    yield "a line break at the end", f"{it.proof}\n", MALFORMED, {}
    yield "in quotes with the quotes kept", f'"{it.proof}"', MALFORMED, {}
    standard = it.mac.replace("-", "+").replace("_", "/")
    if standard != it.mac:
        yield "signature in the other base64 alphabet", f"{it.head}.{it.body}.{standard}", MALFORMED, {}


def _headers(it: _Captured) -> Change:
    swapped = KEY_REFUSED if it.kind == "registration" else REFUSED
    yield "alg of the other algorithm", it.with_members(alg=OTHER[it.algorithm]), swapped, {}
    yield "alg none with the signature kept", it.with_members(alg="none"), REFUSED, {}
    yield "alg none without a signature", it.with_members(alg="none").rpartition(".")[0] + ".", MALFORMED, {}
    yield "alg HS256", it.with_members(alg="HS256"), REFUSED, {}
    yield "alg in lower case", it.with_members(alg=it.algorithm.lower()), REFUSED, {}
    yield "alg missing", it.with_members(alg=None), REFUSED, {}
    yield "typ JWT", it.with_members(typ="JWT"), REFUSED, {}
    yield "typ missing", it.with_members(typ=None), REFUSED, {}
    yield "crit", it.with_members(crit=["exp"], exp=1), REFUSED, {}
    twice = b'{"alg":"none",' + it.header[1:]
    yield "alg twice", it.with_header(twice), MALFORMED, {}
    yield "header with something behind it", it.with_header(it.header + b"{}"), MALFORMED, {}


def _payloads(it: _Captured) -> Change:
    claims = json.loads(it.claims)
    yield "another challenge", it.with_claims(_json(claims | {"jti": "another"})), REFUSED, {}
    yield "a claim added", it.with_claims(_json(claims | {"iat": 1})), REFUSED, {}
    yield "jti twice", it.with_claims(b'{"jti":"another",' + it.claims[1:]), MALFORMED, {}
    yield "a space added to the payload", it.with_claims(it.claims[:-1] + b" }"), REFUSED, {}
    if "aud" in claims:
        elsewhere = it.partner["audience"]
        yield "posted to the other endpoint, signature valid", it.proof, REFUSED, {"audience": elsewhere}
        yield (
            "posted to another host, signature valid",
            it.proof,
            REFUSED,
            {"audience": "https://evil.test/dbsc/register"},
        )
        without = {name: value for name, value in claims.items() if name != "aud"}
        yield "aud taken out", it.with_claims(_json(without)), REFUSED, {"audience": elsewhere}


def _registrations(it: _Captured) -> Change:
    if it.kind != "registration":
        return
    jwk = json.loads(it.header)["jwk"]
    thief = json.loads(_octets(it.others[0]["proof"].split(".")[0]))["jwk"]
    yield "key of another session", it.with_members(jwk=thief), REFUSED, {}
    yield "no key", it.with_members(jwk=None), MALFORMED, {}
    yield "key in the payload", _moved_key(it, jwk), REFUSED, {}
    yield "key with a private member", it.with_members(jwk=jwk | {"d": "AQAB"}), KEY_REFUSED, {}
    offered = {"algorithms": [OTHER[it.algorithm]]}
    yield "algorithm that was not offered, signature valid", it.proof, REFUSED, offered
    yield "a refresh proof in its place, signature valid", it.partner["proof"], MALFORMED, {}


def _moved_key(it: _Captured, jwk: Case) -> str:
    # Chromium before 142 had it there; the signature over the new octets is what is missing here.
    header = {name: value for name, value in json.loads(it.header).items() if name != "jwk"}
    return f"{_b64u(_json(header))}.{_b64u(_json(json.loads(it.claims) | {'key': jwk}))}.{it.mac}"


def _refreshes(it: _Captured) -> Change:
    if it.kind != "refresh":
        return
    own, other = it.given["key"]["jwk"], it.others[0]["key"]
    yield "checked with another session's key", it.proof, REFUSED, {"key": other}
    yield "own key put into the header", it.with_members(jwk=own), REFUSED, {}
    yield "another key put into the header", it.with_members(jwk=other["jwk"]), REFUSED, {}
    yield "the registration's proof in its place, signature valid", it.partner["proof"], REFUSED, {}


def _words(entry: Case) -> tuple[str, ...]:
    return tuple(str(entry["name"]).split(", ")[1:])


def _alg(entry: Case) -> str:
    alg: str = json.loads(_octets(entry["input"]["proof"].split(".")[0]))["alg"]
    return alg


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _octets(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _b64u(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
