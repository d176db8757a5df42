"""One key for two sites: the provider vouches for it, the relying party accepts no other."""

from __future__ import annotations

import pytest

from boundgate.dbsc.federation import Voucher
from boundgate.dbsc.well_known import WellKnown
from tests.protect.rig import Rig, ask

PROVIDER, RELYING = "https://idp.example.net", "https://app.example.com"


@pytest.fixture
def provider() -> Rig:
    return Rig(origin=PROVIDER, well_known=WellKnown(origin=PROVIDER, relying_origins=(RELYING,)))


@pytest.fixture
def relying() -> Rig:
    return Rig(origin=RELYING, well_known=WellKnown(origin=RELYING, provider_origin=PROVIDER))


class _Bound:
    def __init__(self) -> None:
        self.headers, self.fields = self, {}

    def add(self, name: str, value: str) -> None:
        self.fields.setdefault(name, value)


async def test_only_the_key_that_the_provider_vouched_for_is_accepted(provider: Rig, relying: Rig) -> None:
    at_provider = provider.browser(origin=PROVIDER)
    await at_provider.sign_in("alice")
    assert at_provider.key is not None
    voucher = await provider.dbsc.vouch("sid-1")
    assert voucher == Voucher(
        key_thumbprint=at_provider.key.thumbprint,
        session_id=at_provider.session_id or "",
        provider_url=PROVIDER + "/",
    )
    answer = _Bound()
    relying.dbsc.bind(answer, session_id="here", user="alice", voucher=voucher)
    offer = answer.fields["Secure-Session-Registration"]
    assert f'provider_key="{voucher.key_thumbprint}"' in offer
    stranger, browser = relying.browser(), relying.browser()
    stranger.offer = browser.offer = offer
    refused = await stranger.register()
    assert refused.status == 403
    assert refused.cookies() == {}
    assert (await browser.register(at_provider.key)).status == 200
    assert relying.told()[-1] == "Registered"


async def test_nobody_is_vouched_for_without_a_living_bound_session(provider: Rig) -> None:
    assert await provider.dbsc.vouch("nobody") is None
    await provider.owner(origin=PROVIDER)
    await provider.dbsc.terminate("sid-1")
    assert await provider.dbsc.vouch("sid-1") is None


async def test_a_voucher_of_a_provider_that_no_browser_would_ask_is_refused(rig: Rig, relying: Rig) -> None:
    other = Voucher(key_thumbprint="A" * 43, session_id="x", provider_url="https://other.example.org/")
    for one in (rig, relying):
        with pytest.raises(ValueError, match="only where the well-known document names it"):
            one.dbsc.bind(_Bound(), session_id="here", voucher=other)


async def test_the_well_known_document_is_served_to_everybody(relying: Rig, rig: Rig) -> None:
    response = await ask(relying.app, "GET", "/.well-known/device-bound-sessions")
    assert (response.status, response.header("content-type")) == (200, "application/json")
    assert response.body == b'{"provider_origin":"https://idp.example.net"}'
    assert relying.login_app.ran == []
    await ask(rig.app, "GET", "/.well-known/device-bound-sessions")
    assert rig.login_app.ran == ["/.well-known/device-bound-sessions"], "where there is none it is the application's"
