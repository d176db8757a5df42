"""What a program is told about its own key, its spending and what else acts for its user."""

from __future__ import annotations

from typing import Any

import pytest
from quart.wrappers import Response

from tests.support.dpop import ProgramKey
from tests.support.oauth import CALLBACK, ORIGIN, Program, members, program_of, service_of
from tests.support.site import Site, SoftBrowser

WHOAMI, USAGE, DEVICES = "/oauth/whoami", "/oauth/usage", "/oauth/devices"
EVERY = [WHOAMI, USAGE, DEVICES]


@pytest.fixture
async def program(site: Site, owner: SoftBrowser) -> Program:
    user = await site.services.store.user_by_name("alice")
    assert user is not None
    return await program_of(site, user.id)


async def ask(
    program: Program,
    path: str,
    token: str,
    *,
    key: ProgramKey | None = None,
    method: str = "GET",
    body: dict[str, Any] | None = None,
) -> Response:
    proof = (key or program.key).proof(
        url=ORIGIN + path, now=program.site.clock(), method=method, nonce=program.nonce, token=token
    )
    headers = {"Host": "localhost:8443", "Authorization": f"DPoP {token}", "DPoP": proof}
    return await program.site.app.test_client().open(path, method=method, headers=headers, json=body)


async def test_whoami_tells_what_the_server_has_on_record(program: Program) -> None:
    token = (await program.tokens())["access_token"]
    response = await ask(program, WHOAMI, token)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["DPoP-Nonce"]
    told = await members(response)
    assert (told["user"], told["key_thumbprint"], told["provenance"]) == ("alice", program.key.jkt, "software")
    assert told["why_not_attested"]
    assert "openid" in told["scope"].split()
    assert told["ends_at"] == told["created_at"] + 30 * 86_400
    assert set(told) == {
        *("user", "client", "key_thumbprint", "provenance", "why_not_attested"),
        *("last_proof_at", "scope", "auth_time", "created_at", "ends_at"),
    }


async def test_usage_is_that_of_this_login(program: Program) -> None:
    token = (await program.tokens())["access_token"]
    assert await members(await ask(program, USAGE, token)) == {"calls": 0, "cost_micro_usd": 0}
    chat = {"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "hello"}]}
    called = await ask(program, "/v1/chat/completions", token, method="POST", body=chat)
    assert called.status_code == 200
    await called.get_data()
    told = await members(await ask(program, USAGE, token))
    assert told["calls"] == 1
    assert told["cost_micro_usd"] > 0


async def test_devices_are_the_users_programs_and_browsers_without_their_addresses(program: Program) -> None:
    token = (await program.tokens())["access_token"]
    told = (await members(await ask(program, DEVICES, token)))["devices"]
    assert [(one["kind"], one["current"]) for one in told] == [("program", True), ("browser", False)]
    assert told[0]["key_thumbprint"] == program.key.jkt
    assert told[1]["provenance"] == "browser"
    for one in told:
        assert set(one) == {"kind", "name", "current", "key_thumbprint", "provenance", "last_proof_at"}


@pytest.mark.parametrize("path", EVERY)
async def test_it_takes_the_key_the_scope_and_a_person(path: str, program: Program, site: Site) -> None:
    token = (await program.tokens())["access_token"]
    program.nonce = (await ask(program, path, token, key=ProgramKey("thief"))).headers["DPoP-Nonce"]
    thief = await ask(program, path, token, key=ProgramKey("thief"))
    assert (thief.status_code, (await members(thief))["error"]) == (401, "invalid_dpop_proof")
    assert thief.headers["WWW-Authenticate"].startswith("DPoP ")

    program.nonce = None
    chat_only = (await program.tokens(scope="chat"))["access_token"]
    refused = await ask(program, path, chat_only)
    assert (refused.status_code, (await members(refused))["error"]) == (403, "insufficient_scope")
    assert 'scope="openid"' in refused.headers["WWW-Authenticate"]

    service = await service_of(
        site,
        redirect_uris=(CALLBACK,),
        scopes=("openid", "chat"),
        grants=("client_credentials", "authorization_code"),
    )
    nobody = (await members(await service.post("/oauth/token", grant_type="client_credentials")))["access_token"]
    assert (await ask(service, path, nobody)).status_code == 403

    bare = await site.app.test_client().get(path, headers={"Host": "localhost:8443"})
    assert (bare.status_code, (await members(bare))["error"]) == (401, "invalid_token")
