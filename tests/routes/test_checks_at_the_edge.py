"""Lines that other tests pass by: each of these failed to be missed by them when it was taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from boundgate.terms import EndReason
from tests.support.site import BOUND, FRESH, LOGIN, ORIGIN, Site, SoftBrowser, running_site
from tests.support.soft_browser import SoftDbsc, read_offers, refresh_headers, registration_headers

TLS = {"tls_cert_file": Path("cert.pem"), "tls_key_file": Path("key.pem"), "public_origin": ORIGIN}


async def test_a_superseded_value_that_is_refused_leaves_the_jar(site: Site, owner: SoftBrowser) -> None:
    late = owner.copy_jar()
    site.clock.advance(1)
    assert (await owner.refresh()).status_code == 200
    assert (await owner.bare_chat()).status_code == 200
    site.clock.advance(11)
    assert (await late.bare_chat()).status_code == 307
    refused = await late.bare_chat()
    assert refused.status_code == 401
    assert [line.partition(";")[0] for line in refused.headers.getlist("Set-Cookie")] == [f"{BOUND}="]


async def test_only_a_development_server_redirects_other_names_of_this_machine(tmp_path: Path) -> None:
    async with running_site(tmp_path / "data", **TLS) as site:
        for host in ("127.0.0.1:8443", "localhost:9000", "[::1]:8443"):
            assert (await site.browser().send("GET", "/", headers={"Host": host})).status_code == 421


async def test_strict_transport_security_stands_for_real_certificates_only(tmp_path: Path) -> None:
    async with running_site(tmp_path / "real", **TLS) as site:
        for path in ("/", "/session", "/nowhere", "/static/tokens.css"):
            assert (await site.browser().page(path)).headers["Strict-Transport-Security"].startswith("max-age=")
    async with running_site(tmp_path / "development") as site:
        assert "Strict-Transport-Security" not in (await site.browser().page("/")).headers


async def test_a_sign_in_takes_the_previous_proof_out_of_the_jar(site: Site, owner: SoftBrowser) -> None:
    owner.dbsc = False
    answer = await owner.sign_in()
    lines = {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    assert set(lines) == {LOGIN, BOUND, FRESH}
    assert all(lines[name].startswith(f"{name}=;") and "Max-Age=0" in lines[name] for name in (BOUND, FRESH))
    assert (await owner.state())["state"] == "binding"


@pytest.mark.parametrize("site_value", ["cross-site", "same-site"])
async def test_a_foreign_request_that_is_no_document_gets_no_page(
    site: Site, owner: SoftBrowser, site_value: str
) -> None:
    site.clock.advance(301)
    headers = {"Sec-Fetch-Site": site_value, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Accept": "*/*"}
    response = await owner.send("GET", "/v1/models", headers=headers)
    assert (response.status_code, response.mimetype) == (401, "application/json")


@pytest.mark.parametrize("origin", ["https://evil.example", "https://sub.localhost:8443", "null"])
async def test_a_proof_from_a_page_of_another_origin_is_refused(site: Site, owner: SoftBrowser, origin: str) -> None:
    assert owner.key is not None
    proof = owner.key.refresh_proof(owner.challenge)
    headers = refresh_headers(owner.session_id or "", proof, origin=origin)
    refused = await owner.send("POST", "/dbsc/refresh", headers=headers)
    assert (refused.status_code, (await refused.get_json())["code"]) == (403, "page_script")
    browser = await site.owner("bob", dbsc=False)
    offer = read_offers(browser.offer or "")[0]
    proof = SoftDbsc().registration_proof(offer.challenge, offer.authorization)
    refused = await browser.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=origin))
    assert (refused.status_code, (await refused.get_json())["code"]) == (403, "page_script")
    assert (await browser.state())["state"] == "binding"


async def test_without_the_key_only_an_assertion_for_signing_out_signs_out(site: Site, owner: SoftBrowser) -> None:
    keyless = owner.copy_jar()
    keyless.jar = {LOGIN: keyless.jar[LOGIN]}
    keyless.authenticator = owner.authenticator
    for act, target in (("session.end", ""), ("passkey.add", ""), ("sign_out", "other")):
        assertion = await keyless.confirm(act, target)
        assert (await keyless.submit("/sign-out", credential=assertion)).status_code == 401
    assert (await owner.chat()).status_code == 200
    assert (await keyless.submit("/sign-out", credential=await keyless.confirm("sign_out"))).status_code == 303
    assert (await owner.bare_chat()).status_code == 401


async def test_ending_a_session_takes_an_assertion_for_that_very_session(site: Site, owner: SoftBrowser) -> None:
    second = site.browser()
    second.authenticator = owner.authenticator
    await second.sign_in()
    for assertion in (
        await owner.confirm("session.end", owner.session_id),
        await owner.confirm("session.end", ""),
        await owner.confirm("passkey.remove", second.session_id),
        await second.confirm("session.end", second.session_id),
    ):
        body = {"id": second.session_id, "credential": assertion}
        assert (await owner.fetch("POST", "/account/sessions/end", body)).status_code == 401
    assert (await second.bare_chat()).status_code == 200


async def test_a_bound_cookie_without_the_sign_in_changes_no_account(site: Site, owner: SoftBrowser) -> None:
    """It names its session to programs; pages and acts need the login cookie as well."""
    program = owner.copy_jar()
    del program.jar[LOGIN]
    assert (await program.bare_chat()).status_code == 200
    for path, body in (
        ("/account/confirm", {"act": "passkey.add"}),
        ("/account/passkeys/options", {"credential": "{}"}),
        ("/account/passkeys", {"credential": "{}"}),
    ):
        refused = await program.fetch("POST", path, body)
        assert (refused.status_code, (await refused.get_json())["code"]) == (401, "signed_out")
    assert (await program.page("/account")).status_code == 303
    assert (await program.fetch("GET", "/playground/spend")).status_code == 401


async def test_what_is_over_is_no_longer_under_way(site: Site, owner: SoftBrowser) -> None:
    assert (await owner.chat()).status_code == 200
    assert (await owner.chat(stream=True)).status_code == 200
    assert not site.services.in_flight._handles


async def test_a_long_body_without_a_length_is_refused_all_the_same(site: Site) -> None:
    client = site.app.test_client(use_cookies=False)
    headers = {"Host": "localhost:8443", "Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    async with client.request("/enrol/options", method="POST", headers=headers, scheme="https") as connection:
        await connection.send(b'{"token": "')
        for _ in range(70):
            await connection.send(b"A" * 1024)
        await connection.send(b'"}')
        await connection.send_complete()
    response = await connection.as_response()
    assert response.status_code == 413
    assert "request_too_large" in await response.get_data(as_text=True)


async def test_members_that_an_address_does_not_know_are_refused_by_name(site: Site, owner: SoftBrowser) -> None:
    refused = await owner.fetch("POST", "/account/confirm", {"act": "passkey.add", "surprise": "x"})
    assert (refused.status_code, (await refused.get_json())["param"]) == (400, "surprise")
    form = await owner.submit("/sign-in", credential="{}", surprise="x")
    assert form.status_code == 400


async def test_what_must_never_wait_for_a_refresh_is_out_of_scope(site: Site) -> None:
    browser = await site.owner(dbsc=False)
    scope = (await (await browser.register()).get_json())["scope"]
    excluded = {rule["path"] for rule in scope["scope_specification"] if rule["type"] == "exclude"}
    assert excluded == {
        "/dbsc", "/static", "/sign-out", "/oauth", "/.well-known", "/healthz", "/readyz", "/metrics"
    }  # fmt: skip


async def test_a_proof_made_for_one_endpoint_is_worth_nothing_at_the_other(site: Site, owner: SoftBrowser) -> None:
    urls = {name: f"{ORIGIN}/dbsc/{name}" for name in ("register", "refresh")}
    browser = await site.owner("bob", dbsc=False)
    offer = read_offers(browser.offer or "")[0]
    answers = []
    for aud in (urls["refresh"], urls["register"]):
        proof = SoftDbsc().registration_proof(offer.challenge, offer.authorization, aud=aud)
        response = await browser.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
        answers.append(response.status_code)
    assert answers == [403, 200]
    assert owner.key is not None
    answers = []
    for aud in (urls["register"], urls["refresh"]):
        proof = owner.key.refresh_proof(owner.challenge, aud=aud)
        headers = refresh_headers(owner.session_id or "", proof, origin=ORIGIN)
        answers.append((await owner.send("POST", "/dbsc/refresh", headers=headers)).status_code)
    assert answers == [403, 200]


async def test_a_tier_may_ask_for_a_better_key_than_a_browsers(tmp_path: Path) -> None:
    async with running_site(tmp_path / "data", tiers={"standard": {"accepted_provenances": ["attested"]}}) as site:
        refused = await (await site.owner()).chat()
        error = (await refused.get_json())["error"]
        assert (refused.status_code, error["code"]) == (403, "model_forbidden")
        assert error["message"] == "This model asks for an attested TPM key, and this session has a browser's own key."


async def test_sessions_are_forgotten_after_the_retention_and_not_before(site: Site, owner: SoftBrowser) -> None:
    view = site.services.sessions._store.view
    site.clock.advance(89 * 86_400)
    await site.services.prune()
    assert await view(owner.session_id or "") is not None
    site.clock.advance(2 * 86_400)
    await site.services.prune()
    assert await view(owner.session_id or "") is None


async def test_a_recovery_between_the_assertion_and_the_session_wins(
    site: Site, owner: SoftBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    passkeys = site.services.passkeys
    honest = passkeys.sign_in

    async def overtaken(credential: str):
        signed_in = await honest(credential)
        await site.services.enrolment.recover("alice")
        return signed_in

    monkeypatch.setattr(passkeys, "sign_in", overtaken)
    late = site.browser()
    late.authenticator = owner.authenticator
    response = await late.sign_in()
    assert response.status_code == 401
    assert late.jar == {}
    assert late.offer is None


async def test_idle_sessions_are_no_longer_listed(site: Site, owner: SoftBrowser) -> None:
    second = site.browser()
    second.authenticator = owner.authenticator
    await second.sign_in()
    user = await site.services.store.user_by_name("alice")
    assert user is not None
    assert len(await site.services.sessions.live(user.id)) == 2
    site.clock.advance(3500)
    assert (await owner.chat()).status_code == 200
    await site.services.flush()
    site.clock.advance(200)
    assert [view.session.id for view in await site.services.sessions.live(user.id)] == [owner.session_id]


async def test_nothing_is_told_of_a_session_that_has_ended_or_of_a_value_that_is_worth_nothing(
    site: Site, owner: SoftBrowser
) -> None:
    moved = await owner.copy_jar(address="203.0.113.9").state()
    assert (moved["state"], moved["bound_until"]) == ("lapsed", None)
    assert (await owner.state())["bound_until"] == site.clock() + 300
    await site.services.sessions.end([owner.session_id or ""], EndReason.ENDED_BY_OWNER)
    ended = await owner.state()
    assert (ended["state"], ended["provenance"]) == ("ended", "none")
    assert (ended["key_thumbprint"], ended["proof_age_seconds"]) == (None, None)
