"""Every writing route, listed from the application itself, so that a new one without its check fails here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.site import BOUND, FRESH, LOGIN, ORIGIN, Site, SoftBrowser

# Bodies that are well formed, so that what refuses them is the check and not the parser.
BODIES: dict[str, dict[str, str]] = {
    "/sign-in/options": {},
    "/sign-in": {"credential": "{}"},
    "/sign-in/outside/start": {"provider": "AAAA"},
    "/sign-in/outside/options": {},
    "/sign-in/outside": {"credential": "{}"},
    "/enrol/options": {"token": "A" * 43},
    "/enrol": {"token": "A" * 43, "credential": "{}"},
    "/sign-out": {},
    "/account/confirm": {"act": "passkey.add"},
    "/account/passkeys/options": {"credential": "{}"},
    "/account/passkeys": {"credential": "{}", "name": "mine"},
    "/account/passkeys/remove": {"id": "AAAA", "credential": "{}"},
    "/account/sessions/end": {"id": "AAAA", "credential": "{}"},
    "/account/tpms/accept": {"id": "AAAA", "credential": "{}"},
    "/account/tpms/forget": {"id": "AAAA", "credential": "{}"},
    "/account/outside/start": {"provider": "AAAA"},
    "/account/outside": {"id": "AAAA", "credential": "{}"},
    "/account/outside/remove": {"id": "AAAA", "credential": "{}"},
    "/account/clients/options": {"name": "mine", "redirect_uris": "http://127.0.0.1/callback"},
    "/account/clients": {"name": "mine", "redirect_uris": "http://127.0.0.1/callback", "credential": "{}"},
    "/account/clients/remove": {"id": "AAAA", "credential": "{}"},
    "/account/authorizations/end": {"id": "AAAA", "credential": "{}"},
    "/oauth/authorize/consent": {"request": "AAAA", "decision": "allow", "credential": "{}"},
    "/oauth/par": {"client_id": "AAAA"},
    "/oauth/token": {"grant_type": "authorization_code", "client_id": "AAAA"},
    "/oauth/revoke": {"client_id": "AAAA", "token": "AAAA"},
    "/oauth/introspect": {"client_id": "AAAA", "token": "AAAA"},
    "/oauth/userinfo": {},
    "/oauth/attestation": {},
    "/oauth/attestation/activate": {},
}
FORMS = {
    *("/sign-in", "/sign-in/outside", "/enrol", "/sign-out", "/oauth/authorize/consent"),
    *("/oauth/par", "/oauth/token", "/oauth/revoke", "/oauth/introspect"),
}
# Hand out request options to anybody who asks; they store nothing and grant nothing.
HARMLESS = {"/sign-in/options", "/account/confirm", "/account/clients/options"}


def writing_routes(site: Site) -> list[tuple[str, str]]:
    return sorted(
        (method, rule.replace("<path:path>", "anything"))
        for method, rule in site.routes()
        if method not in {"GET", "HEAD", "OPTIONS"}
    )


def content(path: str) -> tuple[bytes, dict[str, str]]:
    if path in FORMS:
        from urllib.parse import urlencode

        return urlencode(BODIES[path]).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return json.dumps(BODIES.get(path, {})).encode(), {"Content-Type": "application/json"}


async def write(browser: SoftBrowser, method: str, path: str, headers: dict[str, str]) -> Any:
    body, kind = content(path)
    return await browser.send(method, path, body=body, headers=kind | headers)


def test_the_bodies_cover_every_writing_route_outside_dbsc_and_v1(site: Site) -> None:
    paths = {path for _, path in writing_routes(site) if not path.startswith(("/dbsc/", "/v1"))}
    assert paths == set(BODIES)


async def test_the_login_cookie_alone_changes_nothing(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar()
    del thief.jar[BOUND], thief.jar[FRESH]
    before = await everything(site, owner)
    for method, path in writing_routes(site):
        own = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        response = await write(thief, method, path, own)
        if path in HARMLESS:
            assert response.status_code == 200
        else:
            assert 400 <= response.status_code < 500, (method, path, response.status_code)
        assert "Secure-Session-Registration" not in response.headers
        assert not any(line.startswith(f"{LOGIN}=ey") for line in response.headers.getlist("Set-Cookie"))
    assert await everything(site, owner) == before
    assert (await owner.chat()).status_code == 200


async def everything(site: Site, owner: SoftBrowser) -> Any:
    view = (await site.services.sessions.live(await user_id(site)))[0]
    passkeys = await site.services.store.passkeys_of(view.session.user_id)
    return view.session.id, view.binding.thumbprint, view.binding.contested_at, [key.credential_id for key in passkeys]


async def user_id(site: Site) -> str:
    user = await site.services.store.user_by_name("alice")
    assert user is not None
    return user.id


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://localhost:9999"},
        {"Origin": "https://sub.localhost:8443"},
        {"Origin": "http://localhost:8443"},
        {"Origin": "null"},
        {"Origin": "chrome-extension://abcdefghijklmnop", "Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
async def test_a_write_from_any_other_origin_is_refused(
    site: Site, owner: SoftBrowser, headers: dict[str, str]
) -> None:
    for method, path in writing_routes(site):
        if path.startswith("/dbsc/"):
            continue
        response = await write(owner, method, path, headers)
        answer = await response.get_json()
        code = answer["error"]["code"] if path.startswith("/v1") else answer.get("code", answer.get("error"))
        # RFC 6749 §5.2 has no word of its own for it.
        expected = "invalid_request" if path.startswith("/oauth/") else "foreign_origin"
        assert (response.status_code, code) == (403, expected), (method, path)
    assert (await owner.state())["state"] == "bound"


async def test_a_json_route_takes_no_other_content_type(site: Site, owner: SoftBrowser) -> None:
    for _method, path in writing_routes(site):
        if path in FORMS or path.startswith("/dbsc/") or path in {"/v1/anything", "/v1", "/oauth/userinfo"}:
            continue
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            headers = {"Origin": ORIGIN, "Content-Type": kind}
            response = await owner.send("POST", path, body=b"{}", headers=headers)
            assert response.status_code in {415, 405}, (path, kind)


async def test_the_dbsc_endpoints_need_no_origin(site: Site, owner: SoftBrowser) -> None:
    assert (await owner.refresh()).status_code == 200


async def test_sign_out_takes_the_key_or_a_passkey(site: Site, owner: SoftBrowser) -> None:
    site.clock.advance(301)
    refused = await owner.submit("/sign-out")
    assert refused.status_code == 401
    assertion = await owner.confirm("sign_out")
    assert (await owner.submit("/sign-out", credential=assertion)).status_code == 303
    assert (await owner.state())["state"] == "signed_out"


async def test_sign_out_ends_on_the_server_first_and_then_in_the_browser(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar()
    response = await owner.submit("/sign-out")
    assert response.status_code == 303
    assert response.headers["Clear-Site-Data"] == '"storage"'
    assert owner.jar == {}
    assert (await thief.state())["state"] == "ended"


async def test_an_unbound_session_signs_out_with_its_login_cookie(site: Site) -> None:
    browser = await site.owner(dbsc=False)
    assert (await browser.submit("/sign-out")).status_code == 303
    assert browser.jar == {}


async def test_an_owner_who_has_moved_signs_out_once_the_browser_has_renewed_its_proof(
    site: Site, owner: SoftBrowser
) -> None:
    owner.address = "203.0.113.9"
    assert (await owner.submit("/sign-out")).status_code == 401
    assert BOUND not in owner.jar, "a refused value that stays would never be renewed"
    assert (await owner.fetch("GET", "/session")).status_code == 200
    assert (await owner.submit("/sign-out")).status_code == 303
    assert owner.jar == {}


async def test_a_browser_that_lost_its_login_cookie_finds_the_sign_in_page_and_can_sign_out(
    site: Site, owner: SoftBrowser
) -> None:
    del owner.jar[LOGIN]
    assert (await owner.page("/")).status_code == 200
    thief = owner.copy_jar()
    assert (await owner.submit("/sign-out")).status_code == 303
    assert (await thief.bare_chat()).status_code == 401


async def test_without_login_cookie_and_proof_a_sign_out_ends_nothing(site: Site, owner: SoftBrowser) -> None:
    thief = owner.copy_jar(address="203.0.113.9")
    del thief.jar[LOGIN]
    assert (await thief.submit("/sign-out")).status_code == 303
    assert BOUND not in thief.jar
    assert (await owner.bare_chat()).status_code == 200
