"""The three cookies of the contract, and the one of whoever is away at an outside provider."""

from __future__ import annotations

from collections.abc import Iterable

from boundgate.dbsc import BoundCredential

LOGIN_COOKIE = "__Host-bg-login"
OUTSIDE_COOKIE = "__Host-bg-outside"
BOUND = BoundCredential("__Host-bg-bound")
FRESH = BoundCredential("__Host-bg-fresh")


def login_cookie(value: str, *, max_age_seconds: int) -> str:
    """The `Set-Cookie` value of the sign-in; an empty value with 0 seconds removes it."""
    return _cookie(LOGIN_COOKIE, value, max_age_seconds)


def outside_cookie(value: str, *, max_age_seconds: int) -> str:
    """The same for a sign-in that is under way elsewhere. Lax: a provider sends its answer by a navigation to here."""
    return _cookie(OUTSIDE_COOKIE, value, max_age_seconds)


def _cookie(name: str, value: str, max_age_seconds: int) -> str:
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}"


def read_cookies(headers: Iterable[str]) -> dict[str, str]:
    """The cookies of a request's `Cookie` fields, by their exact names; of equal names the first.

    Read as browsers write them (RFC 6265bis §5.8.3): nothing is quoted. To readers that honour quotes a sibling host
    could plant `a="` and `b="` around ours and make them part of a value of its own.
    """
    found: dict[str, str] = {}
    for header in headers:
        for pair in header.split(";"):
            name, equals, value = pair.strip(" \t").partition("=")
            if equals:
                found.setdefault(name, value)
    return found
