"""Judging the way to the offer: address, page, sign-in, and the header that makes the offer."""

from __future__ import annotations

from urllib.parse import urlsplit

from boundgate.dbsc.hosts import read_origin
from boundgate.doctor.evidence import Evidence, Visit
from boundgate.doctor.offers import Member, read_offer
from boundgate.doctor.steps import Step, failed, passed, unreached

HEADER = "Secure-Session-Registration"
_SILENT = "and neither reports nor logs that it does"
_NET_ERRORS = {
    "net::ERR_CONNECTION_REFUSED": "nobody listens there",
    "net::ERR_NAME_NOT_RESOLVED": "the name is unknown",
    "net::ERR_ADDRESS_UNREACHABLE": "there is no way to the address",
    "net::ERR_TIMED_OUT": "no answer came in time",
    "net::ERR_CONNECTION_TIMED_OUT": "no answer came in time",
    "net::ERR_SSL_PROTOCOL_ERROR": "what answers there does not speak TLS",
    "net::ERR_EMPTY_RESPONSE": "the connection was closed without an answer",
    "net::ERR_TOO_MANY_REDIRECTS": "it redirects in a circle",
    "net::ERR_CERT_AUTHORITY_INVALID": "nobody whom it trusts has signed it",
    "net::ERR_CERT_COMMON_NAME_INVALID": "it was made for another name",
    "net::ERR_CERT_DATE_INVALID": "it has expired or is not valid yet, or this machine's clock is wrong",
}


def address(seen: Evidence) -> Step:
    """https, or nothing at all."""
    origin = read_origin(seen.order.url)
    if origin is not None and origin.scheme == "https":
        return passed("address", f"{origin} is an https:// address.")
    return failed(
        "address",
        f"{seen.order.url} is no https:// address. Browsers ignore every header of DBSC that comes without TLS,",
        f"from localhost too, {_SILENT}.",
        fix="Serve the application over https, with a certificate that the browser trusts, and examine that address.",
    )


def page(seen: Evidence) -> Step:
    """The first page."""
    if seen.page is None:
        return unreached("page", "the browser opened no page", fix="Run the doctor again.")
    return _visit("page", seen.page, seen)


def login(seen: Evidence) -> Step:
    """The page that signs in, where there is one."""
    if seen.order.window and seen.creation is not None:
        return passed("login", "Somebody signed in in the window.")
    if seen.order.window:
        return passed("login", f"The window was open for {seen.order.wait_seconds:g} seconds.")
    if seen.order.login is None:
        return passed("login", "No --login was given; the page itself is expected to make the offer.")
    if seen.login is None:
        return unreached("login", "the browser opened no login page", fix="Run the doctor again.")
    return _visit("login", seen.login, seen)


def offer(seen: Evidence) -> Step:
    """Whether the header came at all."""
    if seen.offers:
        where = " and ".join(dict.fromkeys(f"{found.url}" for found in seen.offers))
        return passed("offer", f"{HEADER} came with the answer from {where}.")
    if seen.creation is not None:
        return passed("offer", "The browser registered, so an offer came; it did not come in the examined tab.")
    visited = " and ".join(visit.url for visit in (seen.page, seen.login) if visit)
    fix = "Send the header with the answer to a successful sign-in."
    if seen.order.login is None and not seen.order.window:
        fix += " If the server does, say which path signs in with --login PATH, or sign in by hand with --headed."
    elif not seen.order.window:
        fix += " If it takes more than opening that path, give a signed-in cookie with --cookie, or use --headed."
    return failed("offer", f"No answer had a {HEADER} header (opened: {visited}).", fix=fix)


def offer_syntax(seen: Evidence) -> Step:
    """Whether the browser can use what the header says."""
    members = [(found, read_offer(found.value, found.url)) for found in seen.offers]
    if not members:
        return passed("offer_syntax", "The browser could use the offer.")
    every = [member for _, read in members for member in read or ()]
    usable = [member for member in every if member.endpoint is not None]
    ignored = [f"The browser ignores a member of the header: {member.why}." for member in every if member.why]
    unreadable = [found for found, read in members if read is None]
    if unreadable:
        ignored.append("A header value is no structured field list (RFC 9651), so the browser ignores all of it.")
    if usable:
        return _usable(usable, ignored)
    return failed(
        "offer_syntax",
        *ignored or ["The header is empty."],
        f'It does so silently. The value was "{_shown(seen)}".',
        fix=f'Write {HEADER}: (ES256 RS256);path="/dbsc/register";challenge="a fresh nonce".',
    )


def _usable(usable: list[Member], ignored: list[str]) -> Step:
    remarks = [remark for member in usable for remark in member.remarks]
    where = " and ".join(dict.fromkeys(str(member.endpoint) for member in usable))
    say = f"It reads well; the browser registers at {where}."
    if ignored or remarks:
        return failed(
            "offer_syntax",
            say,
            *ignored,
            *remarks,
            fix='List ES256 first, and always give path="…" and challenge="a fresh nonce of at least 128 bits".',
        )
    return passed("offer_syntax", say)


def _visit(name: str, visit: Visit, seen: Evidence) -> Step:
    if visit.error:
        return _network_failure(name, visit.url, visit.error, seen)
    if urlsplit(visit.url).scheme != "https":
        return failed(
            name,
            f"It redirects to {visit.url}, which is not https://; browsers ignore DBSC there, {_SILENT}.",
            fix="Let every redirect lead to https://.",
        )
    if visit.status is not None and visit.status >= 400 and not seen.offers:
        return failed(
            name, f"{visit.url} answered {visit.status}.", fix="Name a page that answers, and look at the server's log."
        )
    return passed(name, f"{visit.url} answered {visit.status or 'without a document'}; its certificate is accepted.")


def _network_failure(name: str, url: str, error: str, seen: Evidence) -> Step:
    reason = _NET_ERRORS.get(error, "this is the browser's own name for it")
    if not error.startswith("net::ERR_CERT"):
        fix = "Start the server, and check host and port of the address."
        return failed(name, f"The browser cannot reach {url}: {reason} ({error}).", error=error, fix=fix)
    fix = "Use a certificate that the browser trusts."
    if seen.served_spki:
        fix += (
            f" For a server of your own, say --trust-spki {seen.served_spki}: that is the key which it shows just now; "
            "compare it with what the server itself says before you trust it."
        )
    return failed(
        name,
        f"The browser does not accept the certificate of {url}: {reason} ({error}). With any certificate error it",
        f"ignores every header of DBSC, {_SILENT}; clicking the warning away or --ignore-certificate-errors",
        "does not change that.",
        error=error,
        fix=fix,
    )


def _shown(seen: Evidence) -> str:
    # An offer holds a challenge that is of no use without the sign-in; still, no more of it than is needed.
    value = seen.offers[0].value
    return value if len(value) <= 120 else f"{value[:120]}…"
