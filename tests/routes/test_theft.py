"""What a copied cookie jar is worth, with the clock in hand; and that the owner is not disturbed."""

from __future__ import annotations

import pytest

from tests.support.site import BOUND, FRESH, LOGIN, Site, SoftBrowser


async def code(response) -> tuple[int, str]:
    return response.status_code, (await response.get_json())["error"]["code"]


async def test_a_whole_jar_dies_within_ten_seconds_of_the_owners_next_proof(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar()
    site.clock.advance(60)
    assert (await thief.bare_chat()).status_code == 200, "same network, same agent: what the design says it buys"
    assert (await owner.refresh()).status_code == 200
    assert (await owner.chat()).status_code == 200
    site.clock.advance(10.5)
    refused = await thief.bare_chat()
    assert refused.status_code == 307, "asked for a proof"
    assert await code(await thief.bare_chat()) == (401, "proof_required")
    assert (await owner.chat()).status_code == 200


async def test_a_whole_jar_dies_after_three_hundred_seconds_in_any_case(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar()
    thief.jar = {name: (value, float("inf")) for name, (value, _) in thief.jar.items()}
    site.clock.advance(299)
    assert (await thief.bare_chat()).status_code == 200
    site.clock.advance(2)
    assert (await thief.bare_chat()).status_code == 307
    assert await code(await thief.bare_chat()) == (401, "proof_required")
    assert (await owner.chat()).status_code == 200


async def test_a_program_is_told_at_once_and_never_redirected(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar()
    site.clock.advance(301)
    thief.jar = {name: (value, float("inf")) for name, (value, _) in thief.jar.items()}
    headers = {"Content-Type": "application/json"}
    response = await thief.send("POST", "/v1/chat/completions", body=b"{}", headers=headers)
    assert await code(response) == (401, "proof_required")
    assert "DPoP" in response.headers["WWW-Authenticate"]


async def test_a_bound_cookie_is_worth_nothing_from_another_network(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar(address="203.0.113.9")
    assert (await thief.bare_chat()).status_code == 307
    refused = await thief.bare_chat()
    assert await code(refused) == (401, "proof_required")
    assert any(line.startswith(f"{BOUND}=;") for line in refused.headers.getlist("Set-Cookie"))
    assert (await owner.chat()).status_code == 200


async def test_an_owner_who_moves_to_another_network_is_served_for_one_signature(
    site: Site, owner: SoftBrowser
) -> None:
    owner.address = "203.0.113.9"
    assert (await owner.chat()).status_code == 200
    assert await site.events("dbsc.refresh") == [("dbsc.refresh", "ok")]
    assert (await owner.bare_chat()).status_code == 200


async def test_the_login_cookie_alone_buys_nothing(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar()
    del thief.jar[BOUND], thief.jar[FRESH]
    assert await code(await thief.bare_chat()) == (401, "proof_required")
    assert (await thief.page("/account")).status_code == 200, "it shows pages"
    assert (await thief.state())["state"] == "lapsed"


@pytest.mark.parametrize("name", [BOUND, FRESH])
async def test_the_login_cookie_under_another_name_is_worth_nothing(site: Site, owner: SoftBrowser, name: str) -> None:
    thief = owner.copy_jar()
    login = thief.jar[LOGIN]
    thief.jar = {LOGIN: login, name: login, **({BOUND: login} if name == FRESH else {FRESH: login})}
    assert (await thief.bare_chat()).status_code in {307, 401}
    assert await code(await thief.bare_chat()) == (401, "proof_required")


async def test_a_session_id_is_not_a_credential(site: Site, owner: SoftBrowser) -> None:
    thief = site.browser()
    for value in (owner.session_id, f"v1.{owner.session_id}.1.1..aaaaaaaa.{'A' * 43}"):
        thief.jar = {BOUND: (value or "", float("inf")), LOGIN: (value or "", float("inf"))}
        assert await code(await thief.bare_chat()) == (401, "binding_required")


async def test_a_bound_cookie_beside_somebody_elses_sign_in_proves_nothing(site: Site, owner: SoftBrowser) -> None:
    other = await site.owner("mallory")
    other.jar[BOUND] = owner.jar[BOUND]
    other.key = None
    assert (await other.bare_chat()).status_code == 307
    assert await code(await other.bare_chat()) == (401, "proof_required")


async def test_the_rest_of_the_jar_does_not_help_once_signed_out(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar()
    assert (await owner.submit("/sign-out")).status_code == 303
    refused = await thief.bare_chat()
    assert await code(refused) == (401, "session_revoked")
    assert {line.partition("=")[0] for line in refused.headers.getlist("Set-Cookie")} == {BOUND, LOGIN}


async def test_keys_rotate_without_asking_anybody_and_compromised_ones_die_at_once(
    site: Site, owner: SoftBrowser
) -> None:
    keys = site.services.sessions._macs
    keys.rotate()
    site.clock.advance(2)
    assert (await owner.bare_chat()).status_code == 200
    thief = owner.copy_jar()
    keys.rotate(compromised=True)
    site.clock.advance(2)
    assert (await thief.bare_chat()).status_code == 307
    assert (await owner.chat()).status_code == 200, "the browser proves its key and nobody is signed out"


async def test_an_older_value_is_still_good_for_ten_seconds_after_a_newer_one_was_used(
    site: Site, owner: SoftBrowser
) -> None:
    in_flight = owner.copy_jar()
    assert (await owner.refresh()).status_code == 200
    assert (await owner.bare_chat()).status_code == 200
    site.clock.advance(9.5)
    assert (await in_flight.bare_chat()).status_code == 200


async def test_after_a_restart_an_older_value_does_not_come_back_to_life(tmp_path) -> None:
    from tests.support.site import running_site

    async with running_site(tmp_path / "data") as site:
        owner = await site.owner()
        thief = owner.copy_jar()
        site.clock.advance(5)
        assert (await owner.refresh()).status_code == 200
        assert (await owner.chat()).status_code == 200
        site.clock.advance(20)
    async with running_site(tmp_path / "data", clock=site.clock) as site:
        owner.site = thief.site = site
        assert (await thief.bare_chat()).status_code == 307
        assert (await owner.bare_chat()).status_code == 200


async def test_sign_in_as_b_ends_the_session_of_a_in_the_same_browser(site: Site) -> None:
    browser = await site.owner("alice")
    alice = browser.copy_jar()
    bob = site.browser()
    await bob.enrol(await site.services.enrolment.invite("bob"))
    browser.authenticator = bob.authenticator
    assert (await browser.sign_in()).status_code == 303
    assert await code(await alice.bare_chat()) == (401, "session_revoked")
    for name in (BOUND, FRESH):
        browser.jar.pop(name)
    assert (await browser.chat()).status_code == 200
    await site.services.flush()
    admitted = [call for call in await site.services.usage.calls() if call.decision == "allow"]
    user = await site.services.store.user(admitted[0].user_id)
    assert user.name == "bob"
