"""The three cookies of the contract."""

from __future__ import annotations

from boundgate.dbsc import BoundCredential

LOGIN_COOKIE = "__Host-bg-login"
BOUND = BoundCredential("__Host-bg-bound")
FRESH = BoundCredential("__Host-bg-fresh")


def login_cookie(value: str, *, max_age_seconds: int) -> str:
    """The `Set-Cookie` value of the sign-in; an empty value with 0 seconds removes it."""
    return f"{LOGIN_COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}"
