"""How often a provider is asked."""

from __future__ import annotations

import asyncio

import pytest

from boundgate.oauth.outside.discovery import Discovery
from boundgate.oauth.outside.errors import OutsideUnacceptable, OutsideUnreachable
from boundgate.oauth.outside.model import Provider
from tests.support.keys import FakeClock
from tests.support.outside import SoftProvider, SoftWeb

ACME = Provider(
    id="acme",
    name="Acme",
    issuer="https://id.example",
    client_id="bg",
    client_secret=None,
    scopes=("openid",),
    redirect_uri="https://localhost:8443/sign-in/outside/acme/callback",
)


async def test_of_many_at_once_one_asks_and_the_others_wait() -> None:
    provider, clock = SoftProvider(ACME.issuer), FakeClock()
    discovery = Discovery(web=SoftWeb(provider), clock=clock)
    found = await asyncio.gather(*(discovery.metadata(ACME) for _ in range(8)))
    assert len({id(one) for one in found}) == len(provider.asked) == 1
    clock.advance(3599)
    await discovery.metadata(ACME)
    assert len(provider.asked) == 1
    clock.advance(2)
    await discovery.metadata(ACME)
    assert len(provider.asked) == 2


async def test_a_failure_is_remembered_for_a_moment() -> None:
    provider, clock = SoftProvider(ACME.issuer), FakeClock()
    web = SoftWeb(provider)
    web.down = True
    discovery = Discovery(web=web, clock=clock)
    for _ in range(2):
        with pytest.raises(OutsideUnreachable):
            await discovery.metadata(ACME)
        web.down = False
    clock.advance(11)
    assert (await discovery.metadata(ACME)).issuer == ACME.issuer


async def test_a_provider_that_publishes_nothing_is_no_provider() -> None:
    provider = SoftProvider(ACME.issuer, metadata={"jwks_uri": f"{ACME.issuer}/nowhere"})
    discovery = Discovery(web=SoftWeb(provider), clock=FakeClock())
    with pytest.raises(OutsideUnacceptable, match="does not publish its keys"):
        await discovery.keys(await discovery.metadata(ACME), kid="one")


async def test_keys_are_fetched_anew_for_one_that_is_not_among_them_but_not_at_will() -> None:
    provider, clock = SoftProvider(ACME.issuer), FakeClock()
    discovery = Discovery(web=SoftWeb(provider), clock=clock)
    metadata = await discovery.metadata(ACME)
    provider.asked.clear()
    for kid in ("one", None, "two", "three"):
        await discovery.keys(metadata, kid=kid)
    assert len(provider.asked) == 1
    clock.advance(11)
    for kid in ("one", None, "two", "two"):
        await discovery.keys(metadata, kid=kid)
    assert len(provider.asked) == 2
