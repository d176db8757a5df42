"""What the server says of tokens: revocation, introspection, user info, keys."""

from __future__ import annotations

from typing import Any

import pytest
from quart.wrappers import Response

from tests.support.dpop import ProgramKey
from tests.support.oauth import CALLBACK, ORIGIN, Program, members, program_of, service_of
from tests.support.site import Site, SoftBrowser

REVOKE, INTROSPECT, USERINFO = "/oauth/revoke", "/oauth/introspect", "/oauth/userinfo"


@pytest.fixture
async def user_id(site: Site, owner: SoftBrowser) -> str:
    user = await site.services.store.user_by_name("alice")
    assert user is not None
    return user.id


@pytest.fixture
async def program(site: Site, user_id: str) -> Program:
    return await program_of(site, user_id)


@pytest.fixture
async def service(site: Site, user_id: str) -> Program:
    return await service_of(site)


async def told(service: Program, token: str, **fields: str) -> dict[str, Any]:
    response = await service.plain(INTROSPECT, token=token, **fields)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    return await members(response)


async def ask(program: Program, token: str, *, key: ProgramKey | None = None, scheme: str = "DPoP") -> Response:
    """GET /oauth/userinfo with a token and a proof."""
    key = key or program.key
    proof = key.proof(url=ORIGIN + USERINFO, now=program.site.clock(), method="GET", nonce=program.nonce, token=token)
    headers = {"Host": "localhost:8443", "Authorization": f"{scheme} {token}", "DPoP": proof}
    return await program.site.app.test_client().get(USERINFO, headers=headers)


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [{}, {"token_type_hint": "access_token"}, {"token_type_hint": "junk"}])
async def test_revoking_either_token_ends_the_family(
    program: Program, service: Program, which: str, hint: dict[str, str]
) -> None:
    first = await program.tokens()
    response = await program.plain(REVOKE, token=first[which], **hint)
    assert (response.status_code, await members(response)) == (200, {})
    refused = await program.refresh(first["refresh_token"])
    assert (await members(refused))["error"] == "invalid_grant"
    assert await told(service, first["access_token"]) == {"active": False}
    assert (await ask(program, first["access_token"])).status_code == 401


@pytest.mark.parametrize("token", ["unknown", "a.b.c", "x" * 10_000, "ünï", "\N{GRINNING FACE}", "."])
async def test_revoking_what_is_no_token_is_no_error(program: Program, token: str) -> None:
    response = await program.plain(REVOKE, token=token)
    assert (response.status_code, await members(response)) == (200, {})


async def test_revocation_takes_a_token_and_its_own_client(site: Site, program: Program, user_id: str) -> None:
    first = await program.tokens()
    other = await program_of(site, user_id, name="other")
    none = await program.plain(REVOKE)
    assert (none.status_code, (await members(none))["error"]) == (400, "invalid_request")
    for which in ("access_token", "refresh_token"):
        foreign = await other.plain(REVOKE, token=first[which])
        assert (foreign.status_code, (await members(foreign))["error"]) == (400, "invalid_grant")
    assert (await program.refresh(first["refresh_token"])).status_code == 200


async def test_an_old_copy_of_a_token_revokes_nothing(program: Program) -> None:
    first = await program.tokens()
    second = await members(await program.refresh(first["refresh_token"]))
    program.site.clock.advance(301)
    program.nonce = None
    for which in ("access_token", "refresh_token"):
        assert (await program.plain(REVOKE, token=first[which])).status_code == 200
    assert (await program.refresh(second["refresh_token"])).status_code == 200


async def test_introspection_tells_a_published_client_of_every_token(
    program: Program, service: Program, user_id: str
) -> None:
    now = int(program.site.clock())
    first = await program.tokens(scope="chat offline_access")
    about = await told(service, first["access_token"])
    assert about.pop("jti")
    common = {
        "active": True,
        "iss": ORIGIN,
        "sub": user_id,
        "client_id": program.client.id,
        "scope": "chat offline_access",
        "iat": now,
        "cnf": {"jkt": program.key.jkt},
        "auth_time": now,
        "acr": "phr",
    }
    assert about == common | {"exp": now + 300, "aud": f"{ORIGIN}/v1", "token_type": "DPoP"}
    assert await told(service, first["refresh_token"]) == common | {"exp": now + 14 * 86_400}


async def test_introspection_of_anything_else_says_only_that_it_is_not_active(
    site: Site, program: Program, service: Program
) -> None:
    first = await program.tokens()
    second = await members(await program.refresh(first["refresh_token"]))
    unpublished = await service_of(site, name="unpublished", published=False)
    assert await told(unpublished, second["access_token"]) == {"active": False}
    tampered = first["access_token"][:-4] + "AAAA"
    for token in ("unknown", "a.b.c", tampered, first["id_token"]):
        assert await told(service, token) == {"active": False}
    site.clock.advance(301)
    assert await told(service, first["access_token"]) == {"active": False}
    assert await told(service, first["refresh_token"]) == {"active": False}
    assert (await told(service, second["refresh_token"]))["active"]


async def test_introspection_takes_proof_of_the_client(program: Program) -> None:
    first = await program.tokens()
    response = await program.plain(INTROSPECT, token=first["access_token"])
    assert (response.status_code, (await members(response))["error"]) == (400, "unauthorized_client")


async def test_userinfo_tells_who_the_user_is(program: Program, user_id: str) -> None:
    token = (await program.tokens())["access_token"]
    response = await ask(program, token)
    assert response.status_code == 200
    assert response.headers["DPoP-Nonce"]
    assert await members(response) == {"sub": user_id, "name": "alice", "preferred_username": "alice"}


async def test_userinfo_takes_the_key_the_scope_and_the_scheme(program: Program) -> None:
    token = (await program.tokens())["access_token"]
    thief = await ask(program, token, key=ProgramKey("thief"))
    assert (thief.status_code, (await members(thief))["error"]) == (401, "use_dpop_nonce")
    program.nonce = thief.headers["DPoP-Nonce"]
    thief = await ask(program, token, key=ProgramKey("thief"))
    assert (thief.status_code, (await members(thief))["error"]) == (401, "invalid_dpop_proof")
    assert thief.headers["WWW-Authenticate"].startswith('DPoP error="invalid_dpop_proof"')
    bearer = await ask(program, token, scheme="Bearer")
    assert (bearer.status_code, (await members(bearer))["error"]) == (401, "invalid_token")
    without = await program_scope(program, "chat")
    refused = await ask(program, without)
    assert (refused.status_code, (await members(refused))["error"]) == (403, "insufficient_scope")
    assert 'scope="openid"' in refused.headers["WWW-Authenticate"]
    bare = await program.site.app.test_client().get(USERINFO, headers={"Host": "localhost:8443"})
    assert (bare.status_code, (await members(bare))["error"]) == (401, "invalid_token")


async def program_scope(program: Program, scope: str) -> str:
    program.nonce = None
    return (await program.tokens(scope=scope))["access_token"]


async def test_a_service_is_nobody_to_userinfo(site: Site, user_id: str) -> None:
    service = await service_of(
        site,
        redirect_uris=(CALLBACK,),
        scopes=("openid", "chat"),
        grants=("client_credentials", "authorization_code"),
    )
    answer = await members(await service.post("/oauth/token", grant_type="client_credentials"))
    assert answer["scope"] == "chat"
    response = await ask(service, answer["access_token"])
    assert (response.status_code, (await members(response))["error"]) == (403, "insufficient_scope")


async def test_a_token_signed_by_the_servers_own_key_without_a_record_is_refused(
    site: Site, program: Program, service: Program, user_id: str
) -> None:
    from dataclasses import replace

    first = await program.tokens()
    oauth = site.services.oauth
    claims = oauth.access_tokens.read(first["access_token"])
    family = await oauth.grants.family(claims.family_id)
    assert family is not None
    thief = ProgramKey("thief")
    forged = [
        oauth.access_tokens.issue(replace(family, **change), scope=frozenset(scope))
        for change, scope in (
            ({"id": "no such family"}, {"chat"}),
            ({"jkt": thief.jkt}, {"chat"}),
            ({"user_id": "somebody else"}, {"chat"}),
            ({"client_id": service.client.id}, {"chat"}),
            ({}, {"chat", "console"}),
        )
    ]
    for token in forged:
        assert await told(service, token) == {"active": False}
        response = await ask(program, token, key=thief)
        assert (response.status_code, (await members(response))["error"]) == (401, "invalid_token")
