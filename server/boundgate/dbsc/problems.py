"""What can be wrong with session instructions, and what Chromium 156 does about it.

Two kinds. What Chromium *refuses* has the name that it gives in its events (`errorMessage`, `fetchResult` of the
DevTools protocol): a registration comes to nothing, and on a refresh the session ends (`InvalidSessionParams`). What it
*accepts to no good* has no name there: a browser that refreshes before every request until its signing quota is gone,
or one that never refreshes at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    `code` is ours; `chrome` is Chromium's name, None where it refuses nothing; `where` points at the member
    (`scope.origin`, `credentials[1].attributes`); `says` tells what Chromium does, `fix` what to do instead.
    """

    code: str
    chrome: str | None
    where: str
    says: str
    fix: str

    @property
    def refused(self) -> bool:
        """Whether Chromium refuses the whole configuration for it."""
        return self.chrome is not None

    def __str__(self) -> str:
        named = f" ({self.chrome})" if self.chrome else ""
        return f"{self.where}: {self.says}{named}. {self.fix}."


_REFUSED: Mapping[str, tuple[str, str]] = {
    # The document (Chromium session_json_utils).
    "EmptySessionConfig": (
        "Chromium registers nothing from an empty body",
        "Answer a registration with the instructions; only a refresh may be answered with none",
    ),
    "InvalidConfigJson": (
        "Chromium reads RFC 8259 JSON in UTF-8, an object, nested at most five deep, and this is not",
        "Send plain JSON without comments, trailing commas or a prefix",
    ),
    "InvalidSessionId": (
        "Chromium wants a non-empty string here, and reads it before anything else",
        'Name the session in "session_identifier"',
    ),
    "MismatchedSessionId": (
        "Chromium wants the same identifier in a refresh's answer as the session has, and ends the session otherwise",
        "Answer with the identifier of Sec-Secure-Session-Id",
    ),
    "ServerRequestedTermination": (
        'Chromium ends the session, or registers none, on "continue": false',
        'Leave "continue" out unless that is meant',
    ),
    "MissingScope": ("Chromium wants an object here", 'Send "scope" with "include_site" in it'),
    "MissingScopeIncludeSite": (
        "Chromium wants a real boolean here, not a missing member, a string or a number",
        'Write "include_site": false, or true for a session of the whole site',
    ),
    "InvalidScopeSpecification": ("Chromium wants each rule to be an object", "Write rules with type, domain and path"),
    "MissingScopeSpecificationType": (
        "Chromium wants each rule to have a type that is a string",
        'Write "type": "include" or "exclude"',
    ),
    "InvalidScopeSpecificationType": ("Chromium knows no such type of rule", 'Write "include" or "exclude"'),
    "EmptyScopeSpecificationDomain": ("Chromium refuses an empty domain", 'Leave it out, which means "*"'),
    "EmptyScopeSpecificationPath": ("Chromium refuses an empty path", 'Leave it out, which means "/"'),
    "NoCredentials": (
        "Chromium wants a non-empty array of credentials",
        "Name at least one cookie that the session keeps fresh",
    ),
    "InvalidCredentialsConfig": ("Chromium wants each credential to be an object", "Write type, name and attributes"),
    "InvalidCredentialsType": ("Chromium knows only credentials of type cookie", 'Write "type": "cookie"'),
    "InvalidCredentialsEmptyName": ("Chromium wants a name that is a non-empty string", "Name the cookie"),
    "RefreshInitiatorNotString": ("Chromium wants strings here", "Write hosts, such as idp.example.net"),
    # The session (Chromium session.cc, session_inclusion_rules.cc).
    "InvalidScopeOrigin": (
        "Chromium cannot read an origin from it",
        "Write scheme, host and port only, such as https://example.com",
    ),
    "ScopeOriginContainsPath": (
        "Chromium refuses an origin with a path, even with a slash at the end alone",
        "Remove what follows the host and port",
    ),
    "ScopeOriginSameSiteMismatch": (
        "Chromium wants an origin of the same site as the URL that serves the instructions",
        "Name that site's origin, with https, or leave the origin out",
    ),
    "CrossOriginRegistrationSiteNotIncluded": (
        "Chromium wants the very origin, port too, of the serving URL, unless the site is included",
        "Serve them from that origin, or include the site",
    ),
    "InvalidRefreshUrl": ("Chromium wants an https URL, absolute or relative", "Write a path, such as /dbsc/refresh"),
    "RefreshUrlSameSiteMismatch": (
        "Chromium wants a refresh URL of the same site as the URL that serves the instructions",
        "Refresh at a host of your own site",
    ),
    "InvalidScopeIncludeSite": (
        (
            "Chromium includes a site only for an origin whose host is the registrable domain itself: "
            "never a subdomain, localhost, an IP address or a public suffix"
        ),
        "Name https://<registrable domain> as the origin, or do not include the site",
    ),
    "InvalidScopeRulePath": ("Chromium wants a path that begins with a slash", "Begin it with a slash"),
    "InvalidScopeRuleHostPattern": (
        "Chromium knows the host patterns *, a host, and *. before a host; no other star",
        "Write one of these",
    ),
    "ScopeRuleOriginScopedHostPatternMismatch": (
        (
            "Chromium wants the domain of a rule to match the origin's own host where the site is not included; "
            "*.host does not match the host, and a port or scheme matches nothing"
        ),
        "Name the origin's host, or leave the domain out",
    ),
    "ScopeRuleSiteScopedHostPatternMismatch": (
        "Chromium wants the domain of a rule to lie within the site; a port or scheme matches nothing",
        "Name a host of the site",
    ),
    "RefreshInitiatorInvalidHostPattern": (
        "Chromium knows the host patterns *, a host, and *. before a host; no other star, nothing empty",
        "Write one of these",
    ),
    # The cookies (Chromium cookie_craving.cc).
    "InvalidCredentialsCookieName": (
        "Chromium takes no control character, semicolon or equals sign in a cookie's name",
        "Use a token of letters, digits, - and _",
    ),
    "InvalidCredentialsCookieParsing": (
        "Chromium cannot read these attributes as those of a Set-Cookie line",
        "Write them as in Set-Cookie, without control characters, in less than 4096 octets",
    ),
    "InvalidCredentialsCookieUnpermittedAttribute": (
        "Chromium refuses all of it for any attribute but Domain, Path, Secure, HttpOnly and SameSite",
        "Leave Max-Age, Expires, Partitioned and the like to the Set-Cookie line",
    ),
    "InvalidCredentialsCookieInvalidDomain": (
        "Chromium takes a Domain only from a host that lies within it, and never a public suffix",
        "Name the serving host's registrable domain, or leave Domain out",
    ),
    "InvalidCredentialsCookiePrefix": (
        (
            "Chromium holds cookies to their prefix: __Host- wants Secure, Path=/ and no Domain; "
            "__Secure- wants Secure; __Http- wants Secure and HttpOnly"
        ),
        "Add what the prefix wants, or drop the prefix",
    ),
    "InvalidCredentialsCookie": (
        "Chromium through 156 cannot make a credential of a __Host-Http- cookie",
        "Use the prefix __Host-, with HttpOnly",
    ),
    "BoundCookieSetForbidden": (
        "Chromium stores no SameSite=None cookie without Secure, and wants one credential at least that can be stored",
        "Add Secure",
    ),
}

_HARMFUL: Mapping[str, tuple[str, str]] = {
    "serving_url_not_https": (
        "Chromium ignores every header of DBSC that comes without flawless TLS, localhost included, and says nothing",
        "Serve https with a certificate that the browser trusts",
    ),
    "session_identifier_characters": (
        "Chromium sends other characters as raw octets, and then no Secure-Session-Skipped at all",
        "Use 1 to 128 of the characters A-Z a-z 0-9 _ -",
    ),
    "origin_not_canonical": (
        "Chromium reads it, but compares the serialized form elsewhere, as in the well-known document",
        "Write the origin in lower case and ASCII, without whitespace or the scheme's own port",
    ),
    "refresh_url_covers_scope": (
        (
            "Chromium leaves the refresh URL's whole path prefix out of scope, and here that is everything: "
            "it would never refresh"
        ),
        "Give refreshes a path of their own, such as /dbsc/refresh",
    ),
    "scope_is_empty": (
        "Chromium finds nothing in scope, since the last matching rule excludes every path: it would never refresh",
        "Remove that rule or include paths after it",
    ),
    "rule_never_matches": (
        "Chromium compares a rule's path with a URL's path alone and octet by octet, so that this matches nothing",
        "Write a plain path prefix: no query, fragment, wildcard, dot segment or space",
    ),
    "initiator_never_matches": (
        "Chromium compares the pattern with a bare host in lower case, so that this matches nothing",
        "Write the host alone: no scheme, port, path or capital letter",
    ),
    "credential_twice": (
        (
            "Chromium can satisfy at most one of two credentials for the same cookie: it would refresh before every "
            "request until its signing quota is gone"
        ),
        "Name each cookie once",
    ),
    "credential_not_storable": (
        (
            "Chromium stores no SameSite=None cookie without Secure: it would refresh before every request until its "
            "signing quota is gone"
        ),
        "Add Secure",
    ),
    "cookie_missing": (
        (
            "Chromium does not get the cookie with the instructions: it refreshes before the next request, and so on "
            "until its signing quota is gone"
        ),
        "Set the cookie in the very answer that carries the instructions",
    ),
    "cookie_mismatch": (
        (
            "Chromium compares this cookie with its credential and finds a difference: it refreshes before "
            "every request until its signing quota is gone"
        ),
        "Write the Set-Cookie line and the attributes from one source",
    ),
    "cookie_life_too_short": (
        (
            "Chromium refreshes ahead for a cookie with 120 s or less to live, so that every request would start a "
            "refresh and its quota of six signatures in nine minutes would be gone at once"
        ),
        "Let the bound cookie live for 300 s or more",
    ),
}


def problem(code: str, where: str, detail: str = "") -> Problem:
    """The problem of this name: one of Chromium's (`InvalidScopeOrigin`) or one of ours (`cookie_mismatch`).

    Args:
        code: its name.
        where: the member it is about.
        detail: what exactly, put behind what Chromium does; public.
    """
    refused = code in _REFUSED
    says, fix = (_REFUSED if refused else _HARMFUL)[code]
    own = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", code).lower() if refused else code
    return Problem(own, code if refused else None, where, f"{says}: {detail}" if detail else says, fix)


REFUSALS = tuple(_REFUSED)
"""Chromium's names for everything that `check_instructions` can tell to be refused."""
