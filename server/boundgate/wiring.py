"""Settings turned into what each room takes."""

from __future__ import annotations

from boundgate.clock import Clock, RandomBytes
from boundgate.dbsc import ConfigurationError, Instructions, ProofEndpoints, WellKnown
from boundgate.gateway.embedded import EmbeddedUpstream
from boundgate.gateway.http_upstream import HttpUpstream, UpstreamConfigError, read_api_key
from boundgate.gateway.price_file import PriceFileError, load_prices
from boundgate.gateway.prices import PriceTable
from boundgate.gateway.service import GatewayService
from boundgate.gateway.upstream import Upstream
from boundgate.policy.model import Rule, Rules
from boundgate.routes.dbsc import PATHS
from boundgate.sessions.cookies import BOUND, FRESH
from boundgate.sessions.rules import SessionRules
from boundgate.settings import Settings, SettingsError

EXCLUDED_PATHS = ("/dbsc", "/static", "/sign-out", "/oauth", "/.well-known", "/healthz", "/readyz", "/metrics")
"""Requests that must never wait for a refresh (contract.md)."""


def open_gateway(settings: Settings, *, upstream: Upstream | None, clock: Clock, random: RandomBytes) -> GatewayService:
    """The gateway in front of `upstream`, or of the one that the settings name.

    Raises:
        SettingsError: the price table, the upstream or its key cannot be used.
    """
    try:
        prices = load_prices(settings.prices_file)
        return GatewayService(
            prices,
            upstream or _upstream(settings, prices, clock),
            drain_seconds=settings.upstream_drain_seconds,
            random=random,
        )
    except (PriceFileError, UpstreamConfigError, ValueError) as error:
        raise SettingsError(str(error)) from None


def _upstream(settings: Settings, prices: PriceTable, clock: Clock) -> Upstream:
    if not settings.upstream_base_url:
        return EmbeddedUpstream(prices, clock=clock)
    key = settings.upstream_api_key.get_secret_value() if settings.upstream_api_key else None
    if settings.upstream_api_key_file is not None:
        key = read_api_key(settings.upstream_api_key_file)
    return HttpUpstream(
        settings.upstream_base_url,
        api_key=key,
        connect_timeout_seconds=settings.upstream_connect_timeout_seconds,
        read_timeout_seconds=settings.upstream_read_timeout_seconds,
        max_connections=settings.upstream_max_connections,
    )


def binding_endpoints(origin: str) -> ProofEndpoints:
    """Where proofs go, and what the browser is told to keep."""
    return ProofEndpoints(
        registration_url=origin + PATHS.register,
        refresh_url=origin + PATHS.refresh,
        bound=BOUND,
        fresh=FRESH,
        instructions=Instructions(
            origin=origin,
            refresh_path=PATHS.refresh,
            excluded_paths=EXCLUDED_PATHS,
            credentials=(BOUND, FRESH),
        ),
    )


def well_known(settings: Settings) -> WellKnown | None:
    """The document of `/.well-known/device-bound-sessions`; None where it would say nothing.

    Raises:
        SettingsError: it names an origin that browsers would not honour.
    """
    if not settings.relying_origins:
        return None
    try:
        return WellKnown(origin=settings.origin, relying_origins=settings.relying_origins)
    except ConfigurationError as error:
        raise SettingsError(f"relying_origins: {error}") from None


def session_rules(settings: Settings) -> SessionRules:
    """How long things last."""
    return SessionRules(
        login_seconds=settings.login_seconds,
        login_idle_seconds=settings.login_idle_seconds,
        registration_seconds=settings.registration_seconds,
        bound_cookie_seconds=settings.bound_cookie_seconds,
        challenge_seconds=settings.dbsc_challenge_seconds,
        superseded_grace_seconds=settings.superseded_grace_seconds,
        signature_window_seconds=settings.signature_window_seconds,
        signature_limit=settings.signature_limit,
        cache_seconds=settings.session_cache_seconds,
    )


def policy_rules(settings: Settings) -> Rules:
    """What each tier asks for."""
    return {
        tier: Rule(
            accepted_provenances=frozenset(rule.accepted_provenances),
            proof_max_age_seconds=rule.proof_max_age_seconds,
            step_up=rule.step_up,
        )
        for tier, rule in settings.tiers.items()
    }
