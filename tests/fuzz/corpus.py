"""Good inputs, and the bad ones that somebody thought of: the shared vectors, and a few of each kind beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey

from boundgate.attestation import EndorsementRoots
from boundgate.dbsc import BoundValue, Challenges, PublicKey, read_public_key, seal
from boundgate.dpop import DpopNonces, token_hash
from boundgate.oauth.outside.carried import Carried, cookie_value
from boundgate.oauth.outside.metadata import read_keys
from tests.attestation.certificates import NOW, Authority, certificate
from tests.support.dpop import ProgramKey
from tests.support.keys import FakeClock, MemoryUsed, StaticMacs, b64u, counting_random, ec_key, rsa_key
from tests.support.outside import SoftProvider
from tests.support.soft_browser import SoftDbsc
from tests.support.soft_tpm import ATTESTATION_KEY, SoftKey, attest

_VECTORS = Path(__file__).parents[1] / "vectors" / "dbsc"
AUDIENCE = "https://gateway.example/dbsc/refresh"
PORT = "8443"


def _inputs(name: str) -> list[dict[str, Any]]:
    text = (_VECTORS / name).read_text(encoding="ascii").replace("{port}", PORT)
    return [entry["input"] for entry in json.loads(text)]


KEYS = {
    "ES256": SoftDbsc("ES256", key=ec_key("owner")),
    "RS256": SoftDbsc("RS256", key=rsa_key(2048)),
    "RS256, 4096 bits": SoftDbsc("RS256", key=rsa_key(4096)),
}
PUBLIC_KEYS: dict[str, PublicKey] = {name: read_public_key(key.jwk, algorithm=key.alg) for name, key in KEYS.items()}

_proofs = _inputs("chromium.json") + _inputs("proofs.json")
REGISTRATIONS = [given["proof"] for given in _proofs if given["kind"] == "registration"]
REGISTRATIONS += [key.registration_proof("challenge", "authorization") for key in KEYS.values()]
REFRESHES = {
    name: [
        *(given["proof"] for given in _proofs if given["kind"] == "refresh" and given["key"]["algorithm"] == key.alg),
        *(key.refresh_proof(challenge) for challenge in ("challenge", "A" * 62, "é", "")),
    ]
    for name, key in KEYS.items()
}
JWKS = [(given["algorithm"], given["jwk"]) for given in _inputs("jwks.json") if isinstance(given["jwk"], dict)]
_headers = [given for given in _inputs("headers.json") if "value" in given]


def header_values(name: str) -> list[str]:
    """The vectors of one header field."""
    return [given["value"] for given in _headers if given["header"] == name]


_OFFER = {"algorithms", "path", "challenge", "authorization"}
OFFERS = [given["fields"] for given in _inputs("headers.json") if given.get("fields", {}).keys() == _OFFER]
ANNOUNCEMENTS = [given["fields"] for given in _inputs("headers.json") if "session_id" in given.get("fields", {})]

_instructions = _inputs("instructions.json")
DOCUMENTS = [given["document"] for given in _instructions if isinstance(given.get("document"), dict)]
SERVING_URL = f"https://app.example.test:{PORT}/dbsc/register"
SERVING_URLS = sorted({given["serving_url"] for given in _instructions})
SET_COOKIES = sorted({line for given in _instructions for line in given.get("set_cookies") or ()})
HOSTS = ["example.test", "app.example.test", "*.example.test", "localhost", "127.0.0.1", "[::1]", "bücher.example", "*"]

PROVIDER, RELYING_PARTY = "https://idp.example", "https://app.example.test"
WELL_KNOWN: list[Any] = [
    {"registering_origins": [RELYING_PARTY, "https://www.example.test"]},
    {"relying_origins": [RELYING_PARTY]},
    {"provider_origin": PROVIDER},
    {"registering_origins": [f"https://{letter}.example" for letter in "abcdefgh"]},
]

CLOCK = FakeClock()
MACS = StaticMacs()
CHALLENGES = Challenges(macs=MACS, used=MemoryUsed(), clock=CLOCK, random=counting_random())
ISSUED = [CHALLENGES.issue(purpose="dbsc.refresh", context="session") for _ in range(4)]
SEALED = [
    seal(BoundValue("A" * 22, mint, CLOCK(), prefix), macs=MACS)
    for mint, prefix in ((1, b""), (2, b"\x04\x7f\0\0"), (10**17, b"\x06" + b"\xff" * 16))
]

NONCES = DpopNonces(macs=MACS, used=MemoryUsed(), clock=CLOCK)
DPOP_URL, DPOP_TOKEN_HASH = "https://gateway.example/v1/chat/completions", token_hash("access.token.x")
_DPOP = ProgramKey("owner")
DPOP_NONCES = [NONCES.issue(_DPOP.jkt), "n" * 43, ""]
DPOP_PROOFS = [
    _DPOP.proof(method="POST", url=url, now=CLOCK(), nonce=nonce, token="access.token.x", **claims)
    for url in (DPOP_URL, "HTTPS://GATEWAY.example:443/v1/ch%61t/completions?a#b")
    for nonce in DPOP_NONCES[:2]
    for claims in ({}, {"exp": CLOCK() + 5, "nbf": CLOCK(), "more": [{"a": None}]})
]
URLS = [
    DPOP_URL,
    "http://[::1]:080/%7e?x",
    "https://a.example",
    "https://u@a.example:65536/../b",
    "//a/b",
    "https://a/\u00e9",
]

CHATS: list[dict[str, Any]] = [
    {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]},
    {
        "model": "gpt-5.2-mini",
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "be brief"}], "name": "operator"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "1", "content": "42"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_completion_tokens": 100,
        "temperature": 0.5,
        "n": 2,
        "stop": ["a", "b"],
        "logit_bias": {"50256": -100},
        "metadata": {"a": "b"},
        "seed": 7,
        "user": "u",
    },
]

_CLIENT_DATA = (
    '{"type":"webauthn.get","challenge":"QUJDREVGR0hJSktMTU5PUA","origin":"https://localhost:8443","crossOrigin":false}'
)
CLIENT_DATA: list[Any] = [json.loads(_CLIENT_DATA), json.loads(_CLIENT_DATA) | {"topOrigin": "https://a.example"}]
_B64U_CLIENT_DATA = (
    "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiUVVKRFJFVkdSMGhKU2t0TVRVNVBVQSIsIm9yaWdpbiI6Imh0dHBzOi8vbG9jYWxob3"
    "N0Ojg0NDMiLCJjcm9zc09yaWdpbiI6ZmFsc2V9"
)
PASSKEY_ANSWERS: list[Any] = [
    {
        "id": "AAECAw",
        "rawId": "AAECAw",
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {"clientDataJSON": _B64U_CLIENT_DATA, **response},
    }
    for response in (
        {"attestationObject": "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA", "transports": ["internal", "hybrid"]},
        {"authenticatorData": "AAAA", "signature": "MEUCIQ", "userHandle": "AAECAw"},
        {"authenticatorData": "AAAA", "signature": "MEUCIQ", "userHandle": None},
    )
]
COOKIE_FIELDS = [
    f"__Host-bg-login={'A' * 43}; __Host-bg-bound={SEALED[0]}; __Host-bg-fresh=",
    'a="; __Host-bg-login=x; b="',
    "__Host-bg-fresh=d12; ; =; a",
]
FORWARDED = [
    "203.0.113.9",
    "203.0.113.9, 10.0.0.1",
    "[2001:db8::1]:443, 10.0.0.1:80",
    "unknown, _hidden",
    "::ffff:1.2.3.4",
]

_MAKER = Authority("maker", key=ec_key("maker of TPMs"))
_ISSUER = Authority("issuer", by=_MAKER, key=ec_key("issuer of TPMs"))
MAKERS = EndorsementRoots.from_pem(_MAKER.pem)
AUTHORITIES = [_ISSUER.der, _MAKER.der]
ENDORSEMENTS = [
    certificate(_ISSUER, key.public_key()).public_bytes(Encoding.DER) for key in (rsa_key(2048), ec_key("endorsement"))
]
ENDORSED_AT = NOW

_TPM_KEYS = [SoftKey(ec_key("owner")), SoftKey(rsa_key(2048), attributes=ATTESTATION_KEY)]
PUBLIC_AREAS = [key.public for key in _TPM_KEYS]
CERTIFICATIONS = [attest(name=key.name, extra_data=b"n" * 32) for key in _TPM_KEYS]
CERTIFICATION_SIGNATURES = [key.sign(said) for key, said in zip(_TPM_KEYS, CERTIFICATIONS, strict=True)]
_OCTETS = {
    "ek_certificate": b"0\x82",
    "attestation_key": PUBLIC_AREAS[1],
    "key": PUBLIC_AREAS[0],
    "secret": bytes(32),
    "certification": CERTIFICATIONS[0],
    "signature": CERTIFICATION_SIGNATURES[0],
}
ATTESTATION_BODIES: list[Any] = [
    {name: b64u(octets) for name, octets in _OCTETS.items()} | {"nonce": ISSUED[0], "ek_chain": chain}
    for chain in ([], ["AAAA", "AA"])
]

FORMS = [
    b"grant_type=authorization_code&code=A-_&redirect_uri=http%3A%2F%2F127.0.0.1%3A5000%2Fcb&code_verifier=~.&a=",
    b"state=%E2%82%AC+x&state=2&&=&%00",
]
REDIRECTS = [
    *("http://127.0.0.1:5000/cb", "http://[::1]/cb?x=1", "https://app.example:8443/cb", "com.example.app:/cb"),
    *("http://localhost/cb", "https://user@app.example/#x", "https://[::1", "javascript:alert(1)"),
]
_CLAIMS: dict[str, Any] = {"iss": "client", "sub": "client", "aud": "https://gate.example", "exp": 1060, "jti": "one"}
ASSERTIONS = [KEYS["ES256"].sign(b'{"alg":"ES256"}', json.dumps(_CLAIMS).encode())]
_ACCESS = _CLAIMS | {"iat": 1000, "client_id": "c", "scope": "chat", "cnf": {"jkt": "j"}, "fam": "f"}
ACCESS_TOKENS = [
    KEYS["ES256"].sign(b'{"alg":"ES256","typ":"at+jwt","kid":"one"}', json.dumps(_ACCESS).encode()),
]


def _provider_key() -> ECKey:
    key = ec_key("a provider").private_numbers()
    octets = {"d": key.private_value, "x": key.public_numbers.x, "y": key.public_numbers.y}
    members = {name: b64u(value.to_bytes(32)) for name, value in octets.items()}
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "kid": "one", **members})


PROVIDER = SoftProvider("https://id.example", clock=lambda: NOW, key=_provider_key())
PROVIDER_DOCUMENTS: list[Any] = [PROVIDER.published()]
PROVIDER_KEY_SETS: list[Any] = [{"keys": [PROVIDER.key.as_dict(private=False) | {"use": "sig", "alg": "ES256"}]}]
PROVIDER_KEYS = read_keys(json.dumps(PROVIDER_KEY_SETS[0]).encode())
_ASKED = {"client_id": "bg", "nonce": "nonce"}
ID_TOKENS = [PROVIDER.id_token(_ASKED), PROVIDER.id_token(_ASKED | {"client_id": "other"})]
CARRIED = [cookie_value(Carried(("sign_in", *"abcdef"), "token")), cookie_value(Carried((), "token")), "..", ""]
