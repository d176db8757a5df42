"""The gateway's front: errors in the OpenAI envelope, decisions recorded, credentials kept from the upstream."""

from __future__ import annotations

import json

import pytest

from tests.support.site import BOUND, HELLO, ORIGIN, Site, SoftBrowser, running_site


async def error_of(response) -> tuple[int, str]:
    body = await response.get_json()
    assert set(body["error"]) == {"message", "type", "param", "code"}
    return response.status_code, body["error"]["code"]


async def test_a_bound_session_chats(site: Site, owner: SoftBrowser) -> None:
    response = await owner.chat()
    answer = await response.get_json()
    assert response.status_code == 200
    assert answer["choices"][0]["message"]["content"]
    assert answer["usage"]["completion_tokens"] > 0


async def test_a_stream_ends_with_done(site: Site, owner: SoftBrowser) -> None:
    response = await owner.chat(stream=True)
    text = await response.get_data(as_text=True)
    assert response.content_type.startswith("text/event-stream")
    assert text.startswith("data: {")
    assert text.endswith("data: [DONE]\n\n")


async def test_a_call_is_recorded_with_its_cost_and_without_its_prompt(site: Site, owner: SoftBrowser) -> None:
    await owner.chat(messages=[{"role": "user", "content": "a-very-secret-prompt"}])
    await site.services.flush()
    call = (await site.services.usage.calls(limit=1))[0]
    assert (call.decision, call.status, call.model, call.route) == (
        "allow",
        200,
        "gpt-5.2-mini",
        "/v1/chat/completions",
    )
    assert call.cost_micro_usd > 0
    assert call.latency_ms is not None
    assert owner.key is not None
    assert (call.key_thumbprint, call.provenance, call.address) == (owner.key.thumbprint, "browser", "127.0.0.1")
    assert owner.session_id not in repr(call)
    assert "secret" not in repr(call)
    spend = await (await owner.fetch("GET", "/playground/spend")).get_json()
    assert spend == {"calls": 1, "cost_micro_usd": call.cost_micro_usd}


async def test_premium_waits_for_step_up(site: Site, owner: SoftBrowser) -> None:
    response = await owner.chat(model="gpt-5.2")
    assert await error_of(response) == (401, "step_up_required")
    assert "insufficient_user_authentication" in response.headers["WWW-Authenticate"]
    assert (await site.decisions())[-1] == "step_up_required"


async def test_without_a_session_binding_is_required(site: Site) -> None:
    for path in ("/v1/models", "/v1/chat/completions", "/v1/embeddings", "/v1/"):
        response = await site.browser().send("GET" if "models" in path else "POST", path)
        assert await error_of(response) == (401, "binding_required")
        assert "WWW-Authenticate" in response.headers


async def test_an_unbound_sign_in_is_told_what_to_do(site: Site) -> None:
    browser = await site.owner(dbsc=False)
    assert await error_of(await browser.chat()) == (401, "binding_required")
    site.clock.advance(31)
    response = await browser.chat()
    assert await error_of(response) == (401, "binding_required")
    assert "Device Bound Session Credentials" in (await response.get_json())["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Authorization": "Bearer sk-anything"}, (200, "")),
        ({"Authorization": "DPoP abc"}, (401, "invalid_token")),
        ({"Authorization": "Bearer abc", "DPoP": "eyJ"}, (401, "invalid_token")),
        ({"DPoP": "eyJ"}, (401, "invalid_token")),
    ],
    ids=str,
)
async def test_which_credential_decides(site: Site, owner: SoftBrowser, headers, expected) -> None:
    response = await owner.bare_chat(**headers)
    if expected[0] == 200:
        assert response.status_code == 200
    else:
        assert await error_of(response) == expected


async def test_a_bearer_token_without_a_bound_cookie_is_an_invalid_token(site: Site, owner: SoftBrowser) -> None:
    owner.jar.pop(BOUND)
    response = await owner.bare_chat(Authorization="Bearer sk-stolen")
    assert await error_of(response) == (401, "invalid_token")
    assert "sk-stolen" not in await response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "invalid_request")),
        (b"{", (400, "invalid_request")),
        (b"[]", (400, "invalid_request")),
        (b"\xff\xfe", (400, "invalid_request")),
        (b"[" * 100_000, (400, "invalid_request")),
        (b'{"model": "gpt-5.2-mini", "model": "gpt-5.2", "messages": []}', (400, "invalid_request")),
        (json.dumps(HELLO | {"model": "gpt-9"}).encode(), (404, "model_not_found")),
        (json.dumps(HELLO | {"model": 7}).encode(), (400, "invalid_request")),
        (json.dumps(HELLO | {"surprise": 1}).encode(), (400, "unknown_parameter")),
        (json.dumps(HELLO | {"n": 1e400}).encode(), (400, "invalid_request")),
        (b" " * 1_048_577, (413, "request_too_large")),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_bad_bodies_get_a_clear_error(site: Site, owner: SoftBrowser, body: bytes, expected) -> None:
    headers = {"Content-Type": "application/json", "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    response = await owner.send("POST", "/v1/chat/completions", body=body, headers=headers)
    assert await error_of(response) == expected
    assert (await site.decisions())[-1] == expected[1]
    assert (await owner.chat()).status_code == 200


async def test_an_unpriced_route_is_refused_never_passed_through(site: Site, owner: SoftBrowser) -> None:
    for path in ("/v1/embeddings", "/v1/files", "/v1/", "/v1/chat/completions/x"):
        response = await owner.fetch("POST", path, {})
        assert await error_of(response) == (404, "route_unpriced")


async def test_the_models_are_listed_with_their_tiers(site: Site, owner: SoftBrowser) -> None:
    listed = await (await owner.fetch("GET", "/v1/models")).get_json()
    tiers = {model["id"]: model["boundgate"]["tier"] for model in listed["data"]}
    assert tiers == {"gpt-5.2": "premium", "gpt-5.2-mini": "standard"}
    assert (await owner.fetch("GET", "/v1/models/gpt-5.2-mini")).status_code == 200
    assert await error_of(await owner.fetch("GET", "/v1/models/other")) == (404, "model_not_found")


async def test_a_tier_may_ask_for_a_fresher_proof(tmp_path) -> None:
    tiers = {"standard": {"proof_max_age_seconds": 5}}
    async with running_site(tmp_path / "data", tiers=tiers) as site:
        owner = await site.owner()
        site.clock.advance(6)
        value = owner.cookie(BOUND)
        assert (await owner.chat()).status_code == 200
        assert owner.cookie(BOUND) != value
        assert await site.events("dbsc.refresh") == [("dbsc.refresh", "ok")]


async def test_at_the_signature_limit_a_demand_becomes_step_up_and_destroys_nothing(tmp_path) -> None:
    tiers = {"standard": {"proof_max_age_seconds": 5}}
    async with running_site(tmp_path / "data", tiers=tiers) as site:
        owner = await site.owner()
        for _ in range(3):
            site.clock.advance(12)
            assert (await owner.chat()).status_code == 200
        site.clock.advance(12)
        jar = dict(owner.jar)
        refused = await owner.chat()
        assert await error_of(refused) == (401, "step_up_required")
        assert owner.jar == jar
        assert (await owner.state())["state"] == "bound"
        site.clock.advance(540)
        assert (await owner.chat()).status_code == 200


async def test_a_stale_request_that_crossed_a_refresh_costs_no_second_signature(tmp_path) -> None:
    tiers = {"standard": {"proof_max_age_seconds": 5}}
    async with running_site(tmp_path / "data", tiers=tiers) as site:
        owner = await site.owner()
        site.clock.advance(6)
        stale = owner.copy_jar()
        assert (await owner.chat()).status_code == 200
        crossed = await stale.bare_chat()
        assert crossed.status_code == 307
        assert all("__Host-bg-bound" not in line for line in crossed.headers.getlist("Set-Cookie"))
        assert "Max-Age=300" in crossed.headers["Set-Cookie"]
        back = await stale.bare_chat()
        assert await error_of(back) == (401, "proof_required")


async def test_a_cross_site_document_gets_the_interstitial(tmp_path) -> None:
    async with running_site(tmp_path / "data") as site:
        owner = await site.owner()
        site.clock.advance(301)
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        response = await owner.send("GET", "/v1/models?x=1", headers=headers)
        page = await response.get_data(as_text=True)
        assert response.status_code == 200
        assert 'http-equiv="refresh"' in page
        assert "/v1/models?x=1" in page


async def test_skipped_headers_grant_nothing(site: Site, owner: SoftBrowser) -> None:
    site.clock.advance(301)
    thief = owner.copy_jar()
    for reason in ("quota_exceeded", "unreachable", "server_error"):
        header = f'{reason};session_identifier="{owner.session_id}"'
        response = await thief.bare_chat(**{"Secure-Session-Skipped": header})
        assert await error_of(response) == (401, "proof_required")
    assert (await owner.chat()).status_code == 200


async def test_the_root_of_the_routes_answers_in_the_envelope_too(site: Site, owner: SoftBrowser) -> None:
    for path in ("/v1", "/v1/"):
        assert await error_of(await owner.fetch("GET", path)) == (404, "route_unpriced")
