"""Sign-in with outside providers, composed; without any by default."""

from __future__ import annotations

from pathlib import Path

from boundgate.clock import Clock, RandomBytes
from boundgate.oauth.outside.model import Provider
from boundgate.oauth.outside.ports import Challenges, Web
from boundgate.oauth.outside.service import OutsideSignIn
from boundgate.oauth.ports import OutsideLinkStore
from boundgate.private_files import read_secret
from boundgate.settings import Settings, SettingsError

SECRET_MOST_BYTES = 4096


def compose_outside(
    settings: Settings,
    *,
    links: OutsideLinkStore,
    challenges: Challenges,
    web: Web,
    clock: Clock,
    random: RandomBytes,
) -> OutsideSignIn:
    """Join the room to its stores.

    Raises:
        SettingsError: a client secret cannot be read.
    """
    return OutsideSignIn(
        providers=outside_providers(settings),
        links=links,
        challenges=challenges,
        web=web,
        clock=clock,
        random=random,
    )


def outside_providers(settings: Settings) -> list[Provider]:
    """The providers of the settings, with their secrets. Raises SettingsError."""
    return [
        Provider(
            id=key,
            name=provider.name,
            issuer=provider.issuer,
            client_id=provider.client_id,
            client_secret=_secret(provider.client_secret_file, where=f"outside_providers.{key}.client_secret_file"),
            scopes=provider.scopes,
            redirect_uri=f"{settings.origin}/sign-in/outside/{key}/callback",
        )
        for key, provider in settings.outside_providers.items()
    ]


def _secret(path: Path | None, *, where: str) -> str | None:
    if path is None:
        return None
    try:
        # RFC 6749 appendix A.2: what a secret may hold.
        secret = read_secret(path, max_bytes=SECRET_MOST_BYTES)
    except OSError as error:
        raise SettingsError(f"{where}: {path} cannot be read ({type(error).__name__})") from None
    if secret is None:
        raise SettingsError(f"{where}: {path} must hold the secret alone, in printable ASCII")
    return secret
