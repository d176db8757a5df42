"""The keys of `jwks.json`: two published ones, the fixed ones of these tests, and those that must be refused."""

from __future__ import annotations

from typing import Any

from tests.support.keys import b64u, ec_key, rsa_key
from tests.support.soft_browser import SoftDbsc

Case = dict[str, Any]
P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
RFC_7638_KEY = {
    "alg": "RS256",
    "e": "AQAB",
    "kid": "2011-04-29",
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc"
    "_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQ"
    "R0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bF"
    "TWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
}
RFC_9449_KEY = {
    "crv": "P-256",
    "kty": "EC",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
}
EC = SoftDbsc("ES256", key=ec_key("owner")).jwk
RSA = SoftDbsc("RS256", key=rsa_key(2048)).jwk
RSA_LONG = SoftDbsc("RS256", key=rsa_key(4096)).jwk


def accepted(name: str, algorithm: str, jwk: dict[str, Any], thumbprint: str) -> Case:
    return {"name": name, "input": {"algorithm": algorithm, "jwk": jwk}, "expected": {"ok": {"thumbprint": thumbprint}}}


def refused(name: str, algorithm: str, jwk: dict[str, Any]) -> Case:
    return {"name": name, "input": {"algorithm": algorithm, "jwk": jwk}, "expected": {"error": "key_refused"}}


def number(value: int) -> str:
    """Base64urlUInt (RFC 7518 §2)."""
    return b64u(value.to_bytes((value.bit_length() + 7) // 8))


def without(jwk: dict[str, str], name: str) -> dict[str, str]:
    return {member: value for member, value in jwk.items() if member != name}


def good_keys() -> list[Case]:
    owner, rsa = SoftDbsc("ES256", key=ec_key("owner")), SoftDbsc("RS256", key=rsa_key(2048))
    rsa_long, short = SoftDbsc("RS256", key=rsa_key(4096)), SoftDbsc("ES256", key=ec_key("short-134"))
    described = EC | {"alg": "ES256", "use": "sig", "kid": "mine", "ext": True, "key_ops": ["verify"]}
    return [
        accepted("RFC 7638 section 3.1", "RS256", RFC_7638_KEY, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        accepted("RFC 9449 section 6.1", "ES256", RFC_9449_KEY, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
        accepted("P-256", "ES256", EC, owner.thumbprint),
        accepted("P-256 with a leading zero octet", "ES256", short.jwk, short.thumbprint),
        accepted("RSA, 2048 bits", "RS256", RSA, rsa.thumbprint),
        accepted("RSA, 4096 bits", "RS256", RSA_LONG, rsa_long.thumbprint),
        accepted("descriptive members change nothing", "ES256", described, owner.thumbprint),
    ]


def refused_ec_keys() -> list[Case]:
    x, y = EC["x"], EC["y"]
    y_number = ec_key("owner").public_key().public_numbers().y
    # The first of these names whose point has an x of 31 octets.
    short, short_x = SoftDbsc(key=ec_key("short-134")).jwk, ec_key("short-134").public_key().public_numbers().x
    changes: dict[str, dict[str, Any]] = {
        "point off the curve": {"y": b64u((y_number ^ 1).to_bytes(32))},
        "point (0, 0)": {"x": b64u(bytes(32)), "y": b64u(bytes(32))},
        "coordinate equal to the field's prime": {"x": b64u(P256_PRIME.to_bytes(32))},
        "coordinate without its leading zero octet": short | {"x": b64u(short_x.to_bytes(31))},
        "coordinate with a leading zero octet too many": {"y": b64u(b"\0" + y_number.to_bytes(32))},
        "coordinate of 1025 characters": {"x": "A" * 1025},
        "empty coordinate": {"x": ""},
        "padded coordinate": {"x": f"{x}="},
        "coordinate in standard base64": {"x": f"+/{x[2:]}"},
        "coordinate with a line break": {"x": f"{x}\n"},
        "coordinate of impossible length": {"x": "A" * 41},
        "coordinate that is not canonical base64url": {"x": x[:-1] + chr(ord(x[-1]) + 1)},
        "coordinate outside ASCII": {"x": f"{x[:-1]}\u00e9"},
        "coordinate that is a number": {"x": 1},
        "coordinate that is a list": {"y": [y]},
        "coordinate that is null": {"y": None},
        "kty OKP": {"kty": "OKP"},
        "kty in lower case": {"kty": "ec"},
        "kty that is a list": {"kty": ["EC"]},
        "crv P-384": {"crv": "P-384"},
        "crv secp256k1": {"crv": "secp256k1"},
        "crv that is an object": {"crv": {}},
    }
    cases = [refused(name, "ES256", EC | change) for name, change in changes.items()]
    cases += [refused(f"EC key without {name}", "ES256", without(EC, name)) for name in ("kty", "crv", "x", "y")]
    return cases


def refused_rsa_keys() -> list[Case]:
    modulus = rsa_key(2048).public_key().public_numbers().n
    changes: dict[str, dict[str, Any]] = {
        "512 bits": {"n": number(2**511 + 1)},
        "1024 bits": {"n": number(2**1023 + 1)},
        "2047 bits": {"n": number(2**2046 + 1)},
        "4097 bits": {"n": number(2**4096 + 1)},
        "8192 bits": {"n": number(2**8191 + 1)},
        "even modulus": {"n": number(modulus + 1)},
        "modulus with a leading zero octet": {"n": b64u(b"\0" + modulus.to_bytes(256))},
        "modulus 0": {"n": b64u(b"\0")},
        "exponent 0": {"e": "AA"},
        "exponent 1": {"e": "AQ"},
        "exponent 3": {"e": "Aw"},
        "exponent 65535": {"e": number(65_535)},
        "even exponent": {"e": number(65_538)},
        "exponent above 32 bits": {"e": number(2**32 + 1)},
        "exponent with a leading zero octet": {"e": b64u(b"\0\1\0\1")},
        "exponent that is a number": {"e": 65_537},
        "exponent that is not canonical base64url": {"e": "AQB"},
        "modulus that is not canonical base64url": {"n": RSA["n"][:-1] + chr(ord(RSA["n"][-1]) + 1)},
        "padded modulus": {"n": f"{RSA['n']}=="},
        "modulus that is an object": {"n": {}},
        "kty EC": {"kty": "EC"},
    }
    cases = [refused(f"RSA: {name}", "RS256", RSA | change) for name, change in changes.items()]
    return cases + [refused(f"RSA key without {name}", "RS256", without(RSA, name)) for name in ("kty", "n", "e")]


def refused_mixtures() -> list[Case]:
    symmetric = {"kty": "oct", "k": b64u(bytes(32))}
    cases = [
        refused("RSA key for ES256", "ES256", RSA),
        refused("EC key for RS256", "RS256", EC),
        refused("EC key that also has n and e, for RS256", "RS256", EC | {"n": RSA["n"], "e": RSA["e"]}),
        refused("symmetric key for ES256", "ES256", symmetric),
        refused("Ed25519 key", "ES256", {"kty": "OKP", "crv": "Ed25519", "x": EC["x"]}),
        refused("nothing", "ES256", {}),
    ]
    cases += [refused(f"algorithm {name!r}", name, EC) for name in ("none", "HS256", "ES384", "es256", "PS256", "")]
    for name in ("d", "p", "q", "dp", "dq", "qi", "oth", "k"):
        cases.append(refused(f"EC key with private member {name}", "ES256", EC | {name: "AQ"}))
        cases.append(refused(f"RSA key with private member {name}", "RS256", RSA | {name: None}))
    return cases


def jwk_cases() -> list[Case]:
    return [*good_keys(), *refused_ec_keys(), *refused_rsa_keys(), *refused_mixtures()]
