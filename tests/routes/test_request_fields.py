"""Header fields that come twice, in odd shapes, or planted by a sibling host."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import Headers

from tests.support.site import BOUND, Site, SoftBrowser


def jar_text(browser: SoftBrowser) -> str:
    return "; ".join(f"{name}={value}" for name, (value, _) in browser.jar.items())


async def list_models(site: Site, *fields: tuple[str, str]) -> tuple[int, str | None]:
    headers = Headers([("Host", "localhost:8443"), *fields])
    client = site.app.test_client(use_cookies=False)
    scope = {"client": ("127.0.0.1", 40000)}
    response = await client.get("/v1/models", headers=headers, scheme="https", scope_base=scope)
    answer = await response.get_json()
    return response.status_code, answer.get("error", {}).get("code")


@pytest.mark.parametrize(
    "fields",
    [
        [("Authorization", "Bearer x"), ("Authorization", "DPoP y")],
        [("Authorization", "DPoP y"), ("Authorization", "Bearer x")],
        [("Authorization", "Basic x"), ("Authorization", "Bearer x"), ("DPoP", "p")],
        [("Authorization", "Bearer\tx"), ("DPoP", "p")],
        [("Authorization", ""), ("DPoP", "p")],
    ],
    ids=str,
)
async def test_the_strictest_of_several_authorizations_decides(
    site: Site, owner: SoftBrowser, fields: list[tuple[str, str]]
) -> None:
    assert await list_models(site, ("Cookie", jar_text(owner)), *fields) == (401, "invalid_token")


@pytest.mark.parametrize(
    "planted",
    [
        ('a="x; ', '; b=y"'),
        ('"; ', '; "'),
        ("\xa0__Host-bg-login=evil; ", ""),
        ("__host-bg-login=evil; ", ""),
        ("__Host-bg-login; ", ""),
        ("=__Host-bg-login=evil; ", ""),
        ("", "; __Host-bg-login=evil"),
    ],
    ids=str,
)
async def test_cookies_of_a_sibling_host_hide_and_replace_none_of_ours(
    site: Site, owner: SoftBrowser, planted: tuple[str, str]
) -> None:
    assert await list_models(site, ("Cookie", planted[0] + jar_text(owner) + planted[1])) == (200, None)


async def test_cookies_may_come_in_several_fields(site: Site, owner: SoftBrowser) -> None:
    # RFC 9113 §8.2.3: HTTP/2 may split them.
    fields = [("Cookie", f"{name}={value}") for name, (value, _) in owner.jar.items()]
    assert await list_models(site, *fields) == (200, None)


async def test_a_bound_cookie_that_nobody_knows_is_taken_away(site: Site) -> None:
    browser = site.browser()
    browser.jar = {BOUND: (f"v1.x.1.1..aaaaaaaa.{'A' * 43}", float("inf"))}
    assert (await browser.bare_chat()).status_code == 401
    assert browser.jar == {}


async def test_a_method_as_long_as_a_request_head_is_not_kept(site: Site) -> None:
    response = await site.browser().send("A" * 60_000, "/v1/models")
    assert response.status_code == 405
    await site.services.flush()
    assert max(len(call.method) for call in await site.services.usage.calls()) <= 32
