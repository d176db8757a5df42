"""A provider's metadata and keys, fetched when they are needed and kept for a while."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass

from authlib.oidc.discovery import get_well_known_url

from boundgate.clock import Clock
from boundgate.oauth.outside.errors import OutsideError, OutsideUnacceptable
from boundgate.oauth.outside.metadata import ProviderKey, ProviderMetadata, read_keys, read_metadata
from boundgate.oauth.outside.model import Provider
from boundgate.oauth.outside.ports import Web

KEEP_SECONDS = 3_600.0
AGAIN_SECONDS = 10.0
"""Least time between two fetches of the same thing: nobody has us knock at a provider's door at will."""


@dataclass(frozen=True, slots=True)
class _Metadata:
    found: ProviderMetadata | OutsideError
    at: float


@dataclass(frozen=True, slots=True)
class _Keys:
    found: tuple[ProviderKey, ...]
    at: float


class Discovery:
    """Answers from memory where it can; of several callers at once one fetches, and the others wait for it."""

    def __init__(self, *, web: Web, clock: Clock) -> None:
        self._web, self._clock = web, clock
        self._metadata: dict[str, _Metadata] = {}
        self._keys: dict[str, _Keys] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def metadata(self, provider: Provider) -> ProviderMetadata:
        """The provider's metadata.

        Raises:
            OutsideUnreachable, OutsideUnacceptable: a failure is remembered, too, for `AGAIN_SECONDS`.
        """
        async with self._locks[provider.issuer]:
            known = self._metadata.get(provider.issuer)
            if known is None or not self._is_fresh(known):
                known = self._metadata[provider.issuer] = _Metadata(await self._fetch(provider), self._clock())
        if isinstance(known.found, OutsideError):
            raise type(known.found)(known.found.detail)
        return known.found

    async def keys(self, metadata: ProviderMetadata, *, kid: str | None) -> tuple[ProviderKey, ...]:
        """The provider's keys; fetched anew for a `kid` that is not among them (Core §10.1.1).

        Raises:
            OutsideUnreachable, OutsideUnacceptable
        """
        async with self._locks[metadata.issuer]:
            known, now = self._keys.get(metadata.issuer), self._clock()
            if known is None or not self._serves(known, kid, now):
                answer = await self._web.get(metadata.jwks_uri)
                if answer.status != 200:
                    raise OutsideUnacceptable("The sign-in provider does not publish its keys. Tell your operator.")
                known = self._keys[metadata.issuer] = _Keys(read_keys(answer.body), now)
            return known.found

    def _is_fresh(self, known: _Metadata) -> bool:
        kept = AGAIN_SECONDS if isinstance(known.found, OutsideError) else KEEP_SECONDS
        return 0 <= self._clock() - known.at < kept

    @staticmethod
    def _serves(known: _Keys, kid: str | None, now: float) -> bool:
        age = now - known.at
        if not 0 <= age < KEEP_SECONDS:
            return False
        return age < AGAIN_SECONDS or kid is None or any(key.kid == kid for key in known.found)

    async def _fetch(self, provider: Provider) -> ProviderMetadata | OutsideError:
        try:
            answer = await self._web.get(get_well_known_url(provider.issuer, external=True))
            if answer.status != 200:
                return OutsideUnacceptable(f"{provider.name} does not publish its metadata. Tell your operator.")
            return read_metadata(answer.body, expected_issuer=provider.issuer)
        except OutsideError as error:
            return error
