"""The proofs of `proofs.json`: those that must be accepted and every kind that must not."""

from __future__ import annotations

import json
from typing import Any

from tests.support.keys import b64u, ec_key, rsa_key
from tests.support.soft_browser import SoftDbsc

REGISTER_URL = "https://gateway.example/dbsc/register"
REFRESH_URL = "https://gateway.example/dbsc/refresh"
CHALLENGE = "AZX3bEIAqDkY3TgW9zJmQ0tpRC0wMDAxkq7dVbGmT2n8yL4cXr5oHw"
AUTHORIZATION = "8J-RgSBvbmUtdGltZSB2YWx1ZQ"
MALFORMED, REFUSED, KEY_REFUSED = "proof_malformed", "proof_refused", "key_refused"
HEADER = b'{"alg":"ES256","typ":"dbsc+jwt"}'
CLAIMS = b'{"jti":"%s"}' % CHALLENGE.encode()

OWNER = SoftDbsc("ES256", key=ec_key("owner"))
THIEF = SoftDbsc("ES256", key=ec_key("thief"))
RSA_OWNER = SoftDbsc("RS256", key=rsa_key(2048))
RSA_LONG = SoftDbsc("RS256", key=rsa_key(4096))

Case = dict[str, Any]


def registration(
    name: str, proof: str, error: str | None = None, *, algorithms: tuple[str, ...] = ("ES256", "RS256")
) -> Case:
    given = {"kind": "registration", "proof": proof, "algorithms": list(algorithms), "audience": REGISTER_URL}
    return {"name": name, "input": given, "expected": {"error": error}}


def accepted(case: Case, *, by: SoftDbsc = OWNER, authorization: str | None = AUTHORIZATION) -> Case:
    said = {"challenge": CHALLENGE, "authorization": authorization, "algorithm": by.alg, "thumbprint": by.thumbprint}
    return case | {"expected": {"ok": said}}


def refresh(name: str, proof: str, error: str | None = None, *, by: SoftDbsc = OWNER) -> Case:
    given = {"kind": "refresh", "proof": proof, "key": {"algorithm": by.alg, "jwk": by.jwk}, "audience": REFRESH_URL}
    return {"name": name, "input": given, "expected": {"error": error} if error else {"ok": {"challenge": CHALLENGE}}}


def good_registrations() -> list[Case]:
    def register(**extra: Any) -> str:
        return OWNER.registration_proof(CHALLENGE, AUTHORIZATION, **extra)

    rsa, rsa_long = (browser.registration_proof(CHALLENGE, AUTHORIZATION) for browser in (RSA_OWNER, RSA_LONG))
    empty = OWNER.registration_proof(CHALLENGE, "")
    unknown = register(extra_header={"x": 1}, extra_claims={"iat": 1.5})
    return [
        accepted(registration("registration, ES256", register())),
        accepted(registration("registration, RS256, 2048 bits", rsa), by=RSA_OWNER),
        accepted(registration("registration, RS256, 4096 bits", rsa_long), by=RSA_LONG),
        accepted(registration("without authorization", OWNER.registration_proof(CHALLENGE)), authorization=None),
        accepted(registration("with an empty authorization", empty), authorization=""),
        accepted(registration("only ES256 offered", register(), algorithms=("ES256",))),
        accepted(registration("with this aud", register(aud=REGISTER_URL))),
        accepted(registration("with this aud in a list", register(aud=["https://other.example", REGISTER_URL]))),
        accepted(registration("unknown members are ignored", unknown)),
    ]


def good_refreshes() -> list[Case]:
    spaced = OWNER.sign(b'{ "typ":"dbsc+jwt", "alg":"ES256" }', b' {"jti" : "%s"}' % CHALLENGE.encode())
    return [
        refresh("refresh, ES256", OWNER.refresh_proof(CHALLENGE)),
        refresh("refresh, RS256, 2048 bits", RSA_OWNER.refresh_proof(CHALLENGE), by=RSA_OWNER),
        refresh("refresh, RS256, 4096 bits", RSA_LONG.refresh_proof(CHALLENGE), by=RSA_LONG),
        refresh("refresh with this aud", OWNER.refresh_proof(CHALLENGE, aud=REFRESH_URL)),
        refresh("members in another order and with whitespace", spaced),
    ]


def unreadable() -> list[Case]:
    proof = OWNER.refresh_proof(CHALLENGE)
    header, claims, signature = proof.split(".")
    texts = {
        "nothing": "",
        "two parts": f"{header}.{claims}",
        "four parts": f"{proof}.{signature}",
        "no signature": f"{header}.{claims}.",
        "padded base64": f"{header}.{claims}.{signature}==",
        "base64 of the other alphabet": f"{header}.{claims}.{'+/' * 43}",
        "a line break at the end": f"{proof}\n",
        "whitespace before": f" {proof}",
        "not ASCII": f"{proof[:-1]}\u00e9",
        "digits of another script": f"{header}.{claims}.\u0661{signature[1:]}",
        "a part of impossible length": f"{header}.{claims[:5]}.{signature}",
        "more than 8192 characters": OWNER.refresh_proof("c" * 6200),
    }
    parts = {
        "header is a list": (b'["ES256"]', CLAIMS),
        "header is not JSON": (b"{alg:ES256}", CLAIMS),
        "header is not UTF-8": (b'{"alg":"ES256","typ":"dbsc+jwt","x":"\xff"}', CLAIMS),
        "header has a byte-order mark": (b"\xef\xbb\xbf" + HEADER, CLAIMS),
        "header names alg twice": (b'{"alg":"none","alg":"ES256","typ":"dbsc+jwt"}', CLAIMS),
        "header names typ twice, once escaped": (HEADER[:-1] + b',"t\\u0079p":"JWT"}', CLAIMS),
        "header is nested too deep": (HEADER[:-1] + b',"x":[[[[1]]]]}', CLAIMS),
        "payload names jti twice": (HEADER, b'{"jti":"another",' + CLAIMS[1:]),
        "payload is a string": (HEADER, b'"%s"' % CHALLENGE.encode()),
        "payload is null": (HEADER, b"null"),
        "payload has NaN": (HEADER, CLAIMS[:-1] + b',"iat":NaN}'),
        "payload has a number beyond all doubles": (HEADER, CLAIMS[:-1] + b',"iat":1e999}'),
        "payload has half a surrogate pair": (HEADER, CLAIMS[:-1] + b',"x":"\\ud800"}'),
        "payload is cut off": (HEADER, CLAIMS[:-1]),
        "payload goes on": (HEADER, CLAIMS + b"{}"),
    }
    texts |= {name: OWNER.sign(*octets) for name, octets in parts.items()}
    return [refresh(name, text, MALFORMED) for name, text in texts.items()]


def wrong_registration_headers() -> list[Case]:
    def register(**extra: Any) -> str:
        return OWNER.registration_proof(CHALLENGE, AUTHORIZATION, **extra)

    none, over_rsa = register(alg="none"), RSA_OWNER.registration_proof(CHALLENGE, AUTHORIZATION, alg="ES256")
    return [
        registration("registration with alg none and no signature", none, MALFORMED),
        registration("registration with alg none and some signature", f"{none}AA", REFUSED),
        registration("registration with HS256, the public key as secret", register(alg="HS256"), REFUSED),
        registration("alg that was not offered", register(), REFUSED, algorithms=("RS256",)),
        registration("alg RS256 over an EC key", register(alg="RS256"), KEY_REFUSED),
        registration("alg ES256 over an RSA key", over_rsa, KEY_REFUSED),
        registration("crit", register(extra_header={"b64": True, "crit": ["b64"]}), REFUSED),
        registration("typ in a list", register(typ=["dbsc+jwt"]), REFUSED),
        registration("typ missing", register(typ=None), REFUSED),
        registration("typ of the attestation wrapper", register(typ="dbsc+aik"), REFUSED),
        registration("no key", register(jwk=None), MALFORMED),
        registration("a refresh proof as registration", OWNER.refresh_proof(CHALLENGE), MALFORMED),
        registration("key is text", register(jwk="key"), MALFORMED),
        registration("key is empty", register(jwk={}), KEY_REFUSED),
        registration("key has a private member", register(jwk=OWNER.jwk | {"d": b64u(b"\1" * 32)}), KEY_REFUSED),
    ]


def strictly(case: Case) -> Case:
    """The same proof for a server that grants no leniency."""
    return case | {"name": f"{case['name']}, strictly", "input": case["input"] | {"strict": True}}


def old_shapes() -> list[Case]:
    """Proofs of Chrome 135 to 141 and of libraries, which a lenient server takes and a strict one does not."""

    def register(name: str, **shape: Any) -> list[Case]:
        proof = OWNER.registration_proof(CHALLENGE, AUTHORIZATION, **shape)
        return [accepted(registration(name, proof)), strictly(registration(name, proof, REFUSED))]

    def again(name: str, **shape: Any) -> list[Case]:
        proof = OWNER.refresh_proof(CHALLENGE, **shape)
        return [refresh(name, proof), strictly(refresh(name, proof, REFUSED))]

    by_key = OWNER.registration_proof(CHALLENGE, AUTHORIZATION, jwk=None, extra_claims={"key": OWNER.jwk})
    by_jwk = OWNER.registration_proof(CHALLENGE, AUTHORIZATION, jwk=None, extra_claims={"jwk": OWNER.jwk})
    old = {"aud": REGISTER_URL, "iat": 1757000000.25, "key": OWNER.jwk}
    chrome_135 = OWNER.registration_proof(CHALLENGE, AUTHORIZATION, typ="jwt", jwk=None, extra_claims=old)
    chrome_135_rsa = RSA_OWNER.registration_proof(
        CHALLENGE, AUTHORIZATION, typ="jwt", jwk=None, extra_claims=old | {"key": RSA_OWNER.jwk}
    )
    both = OWNER.registration_proof(CHALLENGE, AUTHORIZATION, extra_claims={"key": THIEF.jwk})
    return [
        accepted(registration("Chrome 135, ES256", chrome_135)),
        accepted(registration("Chrome 135, RS256", chrome_135_rsa), by=RSA_OWNER),
        strictly(registration("Chrome 135, ES256", chrome_135, REFUSED)),
        accepted(registration("key in the payload as key", by_key)),
        strictly(registration("key in the payload as key", by_key, MALFORMED)),
        accepted(registration("key in the payload as jwk", by_jwk)),
        strictly(registration("key in the payload as jwk", by_jwk, MALFORMED)),
        accepted(registration("key in the header counts, whatever the payload says", both)),
        *register("registration of type jwt", typ="jwt"),
        *register("registration with iat", extra_claims={"iat": 1757000000.25}),
        *register("registration with aud in a list", aud=[REGISTER_URL]),
        *again("Chrome 135, refresh", typ="jwt", aud=REFRESH_URL, extra_claims={"iat": 1757000000.25, "sub": "sid-1"}),
        *again("refresh of type jwt", typ="jwt"),
        *again("refresh with sub", extra_claims={"sub": "sid-1"}),
        *again("refresh with aud in a list", aud=["https://other.example", REFRESH_URL]),
        strictly(accepted(registration("registration as Chromium 156 sends it", _registered()))),
        strictly(refresh("refresh as Chromium 156 sends it", OWNER.refresh_proof(CHALLENGE))),
        strictly(refresh("refresh with this aud", OWNER.refresh_proof(CHALLENGE, aud=REFRESH_URL))),
    ]


def _registered() -> str:
    return OWNER.registration_proof(CHALLENGE, AUTHORIZATION)


def old_shapes_that_prove_nothing() -> list[Case]:
    def in_payload(key: Any) -> str:
        return OWNER.registration_proof(CHALLENGE, AUTHORIZATION, jwk=None, extra_claims={"key": key})

    wrapped = OWNER.refresh_proof(CHALLENGE, typ="dbsc+aik", extra_claims={"att": {"fmt": "TPM"}})
    return [
        registration("key in the payload is another's", in_payload(THIEF.jwk), REFUSED),
        registration("key in the payload is text", in_payload("key"), MALFORMED),
        registration("key in the payload is private", in_payload(OWNER.jwk | {"d": "AQ"}), KEY_REFUSED),
        registration("typ jwt in capitals", OWNER.registration_proof(CHALLENGE, AUTHORIZATION, typ="JWT"), REFUSED),
        refresh("key in a refresh's payload", OWNER.refresh_proof(CHALLENGE, extra_claims={"key": OWNER.jwk}), REFUSED),
        refresh("jwk in a refresh's payload", OWNER.refresh_proof(CHALLENGE, extra_claims={"jwk": {}}), REFUSED),
        refresh("refresh wrapped in an attestation", wrapped, REFUSED),
    ]


def wrong_refresh_headers() -> list[Case]:
    again = OWNER.refresh_proof
    return [
        refresh("alg none", again(CHALLENGE, alg="none") + "AA", REFUSED),
        refresh("HS256 with the public key as secret", again(CHALLENGE, alg="HS256"), REFUSED),
        refresh("alg in lower case", again(CHALLENGE, alg="es256"), REFUSED),
        refresh("another alg than the stored key's", RSA_OWNER.refresh_proof(CHALLENGE), REFUSED),
        refresh("alg missing", again(CHALLENGE, extra_header={"alg": None}), REFUSED),
        refresh("alg null", OWNER.sign(b'{"alg":null,"typ":"dbsc+jwt"}', CLAIMS), REFUSED),
        refresh("alg in a list", again(CHALLENGE, extra_header={"alg": ["ES256"]}), REFUSED),
        refresh("empty crit", again(CHALLENGE, extra_header={"crit": []}), REFUSED),
        refresh("kid of a wrong type", again(CHALLENGE, extra_header={"kid": 1}), REFUSED),
        refresh("jwk in a refresh, the session's own", again(CHALLENGE, jwk=OWNER.jwk), REFUSED),
        refresh("jwk in a refresh, the thief's", THIEF.refresh_proof(CHALLENGE, jwk=THIEF.jwk), REFUSED),
        refresh("jwk null in a refresh", OWNER.sign(HEADER[:-1] + b',"jwk":null}', CLAIMS), REFUSED),
        refresh("a registration proof as refresh", OWNER.registration_proof(CHALLENGE, AUTHORIZATION), REFUSED),
    ]


def wrong_signatures() -> list[Case]:
    proof, rsa_proof = OWNER.refresh_proof(CHALLENGE), RSA_OWNER.refresh_proof(CHALLENGE)
    head, signature = proof.rsplit(".", 1)
    other_claims = OWNER.refresh_proof("another-challenge").split(".")[1]
    by_thief = OWNER.registration_proof(CHALLENGE, AUTHORIZATION, signer=THIEF)
    der = OWNER.registration_proof(CHALLENGE, AUTHORIZATION, der=True)
    long_rsa = RSA_OWNER.refresh_proof(CHALLENGE, signer=RSA_LONG)
    return [
        registration("registration signed by another key", by_thief, REFUSED),
        registration("registration with a DER signature", der, REFUSED),
        refresh("refresh signed by another key", THIEF.refresh_proof(CHALLENGE), REFUSED),
        refresh("RS256 refresh signed by another key", long_rsa, REFUSED, by=RSA_OWNER),
        refresh("RS256 signature cut off", rsa_proof[:-4], REFUSED, by=RSA_OWNER),
        refresh("refresh with a DER signature", OWNER.refresh_proof(CHALLENGE, der=True), REFUSED),
        refresh("signature cut off", proof[:-4], REFUSED),
        refresh("signature of impossible length", f"{head}.{signature[:-1]}", REFUSED),
        refresh("signature that goes on", f"{head}.{signature}AA", REFUSED),
        refresh("signature of zeros", f"{head}.{b64u(bytes(64))}", REFUSED),
        refresh("signature over another payload", f"{head.split('.')[0]}.{other_claims}.{signature}", REFUSED),
    ]


def wrong_claims() -> list[Case]:
    def register(authorization: Any) -> str:
        return OWNER.registration_proof(CHALLENGE, extra_claims={"authorization": authorization})

    def again(claims: dict[str, Any]) -> str:
        return OWNER.sign(HEADER, json.dumps(claims, separators=(",", ":")).encode())

    wrong_aud = OWNER.registration_proof(CHALLENGE, AUTHORIZATION, aud=REFRESH_URL)
    authorizations = {"a number": 1, "a list": ["a"], "of 1025 characters": "a" * 1025}
    challenges: dict[str, Any] = {
        "empty": "",
        "null": None,
        "a number": 7,
        "true": True,
        "an object": {},
        "too long": "c" * 1025,
    }
    audiences = {"a slash longer": f"{REFRESH_URL}/", "empty": "", "a number": 1, "an empty list": [], "an object": {}}
    audiences |= {"a list of others": [REGISTER_URL, 1], "a list in a list": [[REFRESH_URL]], "null": None}
    return [
        registration("aud of the other endpoint", wrong_aud, REFUSED),
        *(registration(f"authorization is {name}", register(it), MALFORMED) for name, it in authorizations.items()),
        refresh("jti is missing", again({}), MALFORMED),
        *(refresh(f"jti is {name}", again({"jti": it}), MALFORMED) for name, it in challenges.items()),
        *(refresh(f"aud is {name}", again({"aud": it, "jti": CHALLENGE}), REFUSED) for name, it in audiences.items()),
    ]


def proof_cases() -> list[Case]:
    groups = (
        good_registrations,
        good_refreshes,
        unreadable,
        wrong_registration_headers,
        wrong_refresh_headers,
        wrong_signatures,
        wrong_claims,
        old_shapes,
        old_shapes_that_prove_nothing,
    )
    return [case for group in groups for case in group()]
