"""What goes out in place of the application's answer: demands for proof and refusals, for people and for programs."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from dataclasses import dataclass

from boundgate.errors import AuthenticationError, StorageUnavailable, problem_document

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `code` is what events say about it; None for a demand, which refuses nothing yet."""

    status: int
    headers: Headers
    body: bytes
    code: str | None = None


_STYLE = (
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}"
    "body{min-height:100vh;margin:0;display:grid;place-items:center;background:Canvas;color:CanvasText}"
    "main{max-width:26rem;padding:2rem}h1{font-size:1.4rem;margin:0 0 .5rem}p{margin:.5rem 0}a{color:LinkText}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"
_COMMON: Headers = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_PAGE: Headers = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    *_COMMON,
)
_PROBLEM: Headers = ((b"content-type", b"application/problem+json"), *_COMMON)


def redirect_to_itself(target: str, cookies: Sequence[str]) -> Answer:
    """307: the browser proves its key before it follows, with method and body as they were (RFC 9110 §15.4.8)."""
    return Answer(307, ((b"location", target.encode()), *_COMMON, *_set(cookies)), b"")


def see_other(target: str, code: str) -> Answer:
    """303: somebody who looks for a page and is not signed in is shown where that is done."""
    return Answer(303, ((b"location", target.encode()), *_COMMON), b"", code)


def interstitial(target: str, cookies: Sequence[str]) -> Answer:
    """A page of this origin that comes straight back: browsers prove nothing for who comes from another site."""
    where = html.escape(target)
    body = _page(
        "One moment",
        "<p>You came from another site, so your browser is asked to prove its key.</p>"
        f'<p><a href="{where}">Continue</a></p>',
        head=f'<meta http-equiv="refresh" content="0;url={where}">',
    )
    return Answer(200, (*_PAGE, *_set(cookies)), body)


def refusal(error: AuthenticationError, *, as_page: bool, sign_in: str | None, cookies: Sequence[str]) -> Answer:
    """401: a page for whoever looks at one, a problem document (RFC 9457) for everybody else.

    Args:
        sign_in: where the page sends people; None for nowhere.
    """
    if not as_page:
        return Answer(401, (*_PROBLEM, *_set(cookies)), problem_document(error, 401), error.public_code)
    link = f'<p><a href="{html.escape(sign_in)}">Sign in</a></p>' if sign_in else ""
    body = _page("Sign in again", f"<p>{html.escape(error.detail)}</p>{link}")
    return Answer(401, (*_PAGE, *_set(cookies)), body, error.public_code)


def unproved(error: AuthenticationError, target: str, *, sign_in: str | None, cookies: Sequence[str]) -> Answer:
    """401 for whoever looks at a page whose proof did not come: an extension that cannot hold requests renews the key
    now and loads the page again; without one the links do."""
    where = html.escape(target)
    link = f'<p><a href="{html.escape(sign_in)}">Sign in again</a></p>' if sign_in else ""
    body = _page(
        "One moment: the key must be proved again",
        "<p>Your sign-in is bound to a key of this browser, and this request came without a recent proof of it. If an "
        "extension keeps that key, it is renewing the proof now, and this page comes back by itself.</p>"
        f'<p><a href="{where}">Try again</a></p>{link}',
    )
    return Answer(401, (*_PAGE, *_set(cookies)), body, error.public_code)


def document(body: bytes) -> Answer:
    """200: a JSON document that never changes while the server runs."""
    return Answer(200, ((b"content-type", b"application/json"), (b"cache-control", b"max-age=300")), body)


def unavailable(error: StorageUnavailable) -> Answer:
    """503: nobody can say now what this request is worth."""
    return Answer(error.status, _PROBLEM, problem_document(error, error.status), error.public_code)


def _set(cookies: Sequence[str]) -> Headers:
    return tuple((b"set-cookie", cookie.encode()) for cookie in cookies)


def _page(title: str, content: str, *, head: str = "") -> bytes:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width">{head}<style>{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{content}</main></body></html>"
    ).encode()
