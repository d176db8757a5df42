"""What no single setting can say about itself: combinations that cannot work, each with a sentence."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qs, urlsplit

if TYPE_CHECKING:
    from boundgate.settings import Settings


_PROVIDER_KEY = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
"""RFC 6749 §3.3."""
EXTENSION_NEEDS_SECONDS = 10
"""In Chromium the companion extension leaves the browser's own DBSC five seconds before it registers."""


def problems(settings: Settings) -> list[str]:
    """One public sentence for each thing that cannot work; empty where all is well."""
    found = [
        *_origin_problems(settings.origin),
        *_upstream_problems(settings),
        *_worker_problems(settings),
        *_provider_problems(settings),
    ]
    if (settings.tls_cert_file is None) != (settings.tls_key_file is None):
        found.append("tls_cert_file and tls_key_file go together: set both, or neither for development")
    if settings.development_tls and not is_loopback_name(settings.host):
        found.append(
            f"host {settings.host} is reachable from outside, and a development certificate must not be: "
            "set tls_cert_file and tls_key_file, or listen on 127.0.0.1"
        )
    if settings.dbsc_challenge_seconds <= settings.bound_cookie_seconds:
        found.append(
            "dbsc_challenge_seconds must exceed bound_cookie_seconds: a challenge sent ahead would be stale "
            "whenever the browser needs it, and every refresh would take two round trips"
        )
    if settings.registration_seconds < EXTENSION_NEEDS_SECONDS:
        found.append(
            f"registration_seconds must be at least {EXTENSION_NEEDS_SECONDS}: in Chromium the companion extension "
            "waits five seconds for the browser's own key before it registers one"
        )
    if settings.login_idle_seconds > settings.login_seconds:
        found.append("login_idle_seconds must not exceed login_seconds")
    if settings.oauth_again_seconds >= settings.oauth_access_seconds:
        found.append(
            "oauth_again_seconds must be below oauth_access_seconds: a client whose answer was lost asks again at "
            "once, and whoever comes when the next token is due has an old copy"
        )
    return found


def _upstream_problems(settings: Settings) -> list[str]:
    found = []
    if settings.upstream_api_key is not None and settings.upstream_api_key_file is not None:
        found.append("set upstream_api_key or upstream_api_key_file, not both")
    if settings.upstream_base_url:
        parts = _split_url(settings.upstream_base_url)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            found.append("upstream_base_url must look like https://api.example.com/v1, without a query")
        elif parts.username or parts.password:
            found.append("upstream_base_url must hold no user name or password: use upstream_api_key_file")
    return found


def _worker_problems(settings: Settings) -> list[str]:
    if not settings.hot_state_url:
        if settings.workers == 1:
            return []
        alone = "each worker would remember used challenges by itself, and accept what another has seen used"
        return [f"workers above 1 need hot_state_url: {alone}. Name a Valkey or Redis, or use one worker"]
    parts = _split_url(settings.hot_state_url)
    place = {"redis": "hostname", "rediss": "hostname", "unix": "path"}.get(parts.scheme) if parts else None
    if parts is None or place is None or not getattr(parts, place):
        return ["hot_state_url must look like redis://host[:port][/number], rediss://... for TLS, or unix:///path"]
    if "password" in parse_qs(parts.query):
        return ["hot_state_url must hold its password before the host, as in redis://user:password@host"]
    return []


def _provider_problems(settings: Settings) -> list[str]:
    found, issuers = [], {settings.origin}
    for key, provider in settings.outside_providers.items():
        where = f"outside_providers.{key}"
        if len(key) > 32 or not _PROVIDER_KEY.fullmatch(key):
            found.append(f"{where}: its key is part of an address: 1 to 32 of a-z, 0-9, and single - or _ between them")
        if provider.name.strip() != provider.name or not provider.name.isprintable():
            found.append(f"{where}.name is shown on a button: no white space around it, nothing invisible")
        parts = _split_url(provider.issuer)
        plain = provider.issuer.isascii() and provider.issuer.isprintable() and not set(provider.issuer) & set(" ?#@")
        if parts is None or parts.scheme != "https" or not parts.hostname or not plain:
            found.append(f"{where}.issuer must look like https://id.example.com, exactly as the provider writes it")
        elif provider.issuer in issuers:
            found.append(f"{where}.issuer is this server, or another provider's: each has one redirect URI of its own")
        issuers.add(provider.issuer)
        if not (provider.client_id.isascii() and provider.client_id.isprintable()):
            found.append(f"{where}.client_id must be printable ASCII (RFC 6749 appendix A)")
        if "openid" not in provider.scopes or not all(map(_SCOPE.fullmatch, provider.scopes)):
            found.append(f"{where}.scopes must hold openid, which makes it a sign-in, and words without spaces")
    return found


def _split_url(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return parts


def _origin_problems(origin: str) -> list[str]:
    parts = _split_url(origin)
    if parts is None or parts.scheme != "https" or not parts.hostname:
        return [f"public_origin must look like https://host[:port], not {origin!r}"]
    if origin != f"https://{parts.netloc}" or origin != origin.lower() or "@" in origin or not origin.isascii():
        return ["public_origin must be an origin only: lower case, ASCII, no path, no trailing slash"]
    if parts.port == 443 or parts.netloc.endswith(":"):
        return ["public_origin must not name port 443: browsers leave it out of the origins that they send"]
    try:
        ipaddress.ip_address(parts.hostname)
    except ValueError:
        return []
    return ["public_origin must not be an IP address: its host is the relying-party id of every passkey"]


def is_loopback_name(host: str) -> bool:
    """Whether `host` names this machine and nothing else."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
