"""Changes to an account: each takes an assertion made for that very act."""

from __future__ import annotations

import json

from tests.support.site import Site, SoftBrowser


async def passkey_ids(browser: SoftBrowser) -> list[str]:
    from base64 import urlsafe_b64encode

    store = browser.site.services.store
    user = await store.user_by_name("alice")
    assert user is not None
    return [
        urlsafe_b64encode(passkey.credential_id).rstrip(b"=").decode() for passkey in await store.passkeys_of(user.id)
    ]


async def add_passkey(browser: SoftBrowser, name: str) -> int:
    from tests.support.authenticator import SoftAuthenticator
    from tests.support.site import ORIGIN

    assertion = await browser.confirm("passkey.add")
    options = await (await browser.fetch("POST", "/account/passkeys/options", {"credential": assertion})).get_json()
    created = SoftAuthenticator(ORIGIN).create(options["publicKey"])
    response = await browser.fetch("POST", "/account/passkeys", {"credential": json.dumps(created), "name": name})
    return response.status_code


async def test_a_passkey_is_added_and_removed_but_never_the_last(site: Site, owner: SoftBrowser) -> None:
    assert await add_passkey(owner, "phone") == 201
    first, second = await passkey_ids(owner)
    assertion = await owner.confirm("passkey.remove", second)
    removed = await owner.fetch("POST", "/account/passkeys/remove", {"id": second, "credential": assertion})
    assert removed.status_code == 200
    assertion = await owner.confirm("passkey.remove", first)
    last = await owner.fetch("POST", "/account/passkeys/remove", {"id": first, "credential": assertion})
    assert last.status_code == 409
    assert await passkey_ids(owner) == [first]


async def test_an_assertion_for_one_act_is_worth_no_other(site: Site, owner: SoftBrowser) -> None:
    assert await add_passkey(owner, "phone") == 201
    first, second = await passkey_ids(owner)
    for act, target in (("passkey.remove", first), ("passkey.add", None), ("session.end", second)):
        assertion = await owner.confirm(act, target)
        body = {"id": second, "credential": assertion}
        refused = await owner.fetch("POST", "/account/passkeys/remove", body)
        assert refused.status_code == 401, act
    assert len(await passkey_ids(owner)) == 2


async def test_an_assertion_is_worth_one_act_once(site: Site, owner: SoftBrowser) -> None:
    assertion = await owner.confirm("passkey.add")
    first = await owner.fetch("POST", "/account/passkeys/options", {"credential": assertion})
    again = await owner.fetch("POST", "/account/passkeys/options", {"credential": assertion})
    assert (first.status_code, again.status_code) == (200, 401)


async def test_another_users_passkey_confirms_nothing(site: Site, owner: SoftBrowser) -> None:
    mallory = await site.owner("mallory")
    options = await (await owner.fetch("POST", "/account/confirm", {"act": "passkey.add", "target": None})).get_json()
    options["publicKey"].pop("allowCredentials")
    forged = json.dumps(mallory.authenticator.get(options["publicKey"]))
    refused = await owner.fetch("POST", "/account/passkeys/options", {"credential": forged})
    assert refused.status_code == 401


async def test_another_session_is_ended_and_dead_at_once(site: Site, owner: SoftBrowser) -> None:
    second = site.browser()
    second.authenticator = owner.authenticator
    await second.sign_in()
    assert (await second.chat()).status_code == 200
    assertion = await owner.confirm("session.end", second.session_id)
    body = {"id": second.session_id, "credential": assertion}
    assert (await owner.fetch("POST", "/account/sessions/end", body)).status_code == 200
    assert (await second.bare_chat()).status_code == 401
    assert (await second.state())["state"] == "signed_out", "the refusal took the dead cookies away"
    assert (await owner.chat()).status_code == 200


async def test_a_session_of_another_user_cannot_be_ended(site: Site, owner: SoftBrowser) -> None:
    mallory = await site.owner("mallory")
    assertion = await mallory.confirm("session.end", owner.session_id)
    body = {"id": owner.session_id, "credential": assertion}
    assert (await mallory.fetch("POST", "/account/sessions/end", body)).status_code == 404
    assert (await owner.chat()).status_code == 200


async def test_the_account_page_shows_sessions_with_their_keys(site: Site, owner: SoftBrowser) -> None:
    page = await (await owner.page("/account")).get_data(as_text=True)
    assert owner.key is not None
    assert owner.key.thumbprint in page
    assert "laptop" in page
    assert owner.cookie("__Host-bg-login") not in page


async def test_pages_need_a_sign_in(site: Site) -> None:
    for path in ("/account", "/playground"):
        response = await site.browser().page(path)
        assert (response.status_code, response.headers["Location"]) == (303, "/")


async def test_recovery_ends_everything_and_tells_the_owner(site: Site, owner: SoftBrowser) -> None:
    token = await site.services.enrolment.recover("alice")
    assert (await owner.bare_chat()).status_code == 401
    again = site.browser()
    await again.enrol(token)
    page = await (await again.page("/account")).get_data(as_text=True)
    assert "recovered" in page
    assert (await owner.sign_in()).status_code == 401


async def test_enrolment_links_work_once(site: Site) -> None:
    token = await site.services.enrolment.invite("carol")
    first, second = site.browser(), site.browser()
    assert (await first.enrol(token)).status_code == 303
    response = await second.fetch("POST", "/enrol/options", {"token": token})
    assert (response.status_code, (await response.get_json())["code"]) == (410, "gone")


async def test_enrolment_links_expire(site: Site) -> None:
    token = await site.services.enrolment.invite("carol")
    site.clock.advance(86_401)
    response = await site.browser().fetch("POST", "/enrol/options", {"token": token})
    assert response.status_code == 410


async def test_of_raced_enrolments_one_wins(site: Site) -> None:
    import asyncio

    token = await site.services.enrolment.invite("carol")
    browsers = [site.browser() for _ in range(10)]
    prepared = []
    for browser in browsers:
        options = await (await browser.fetch("POST", "/enrol/options", {"token": token})).get_json()
        prepared.append(json.dumps(browser.authenticator.create(options["publicKey"])))
    answers = await asyncio.gather(
        *(
            browser.submit("/enrol", token=token, credential=credential)
            for browser, credential in zip(browsers, prepared, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 9
