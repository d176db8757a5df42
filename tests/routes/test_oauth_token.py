"""The token endpoint: how a code becomes tokens, and what each of them is."""

from __future__ import annotations

import asyncio
import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.dpop import ProgramKey
from tests.support.oauth import CALLBACK, ORIGIN, Program, members, program_of, service_of
from tests.support.site import Site, SoftBrowser


@pytest.fixture
async def user_id(site: Site, owner: SoftBrowser) -> str:
    user = await site.services.store.user_by_name("alice")
    assert user is not None
    return user.id


@pytest.fixture
async def program(site: Site, user_id: str) -> Program:
    return await program_of(site, user_id)


async def verified(program: Program, token: str) -> jwt.Token:
    """The token as an independent reader sees it, by the published keys."""
    response = await program.site.app.test_client().get("/oauth/jwks", headers={"Host": "localhost:8443"})
    keys = await members(response)
    assert all(key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in keys["keys"])
    return jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"])


async def test_a_code_gives_bound_tokens(program: Program, user_id: str) -> None:
    program.site.clock.advance(0.25)
    now = int(program.site.clock())
    response = await program.redeem(await program.code(nonce="the nonce"))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert response.headers["DPoP-Nonce"]
    answer = await members(response)
    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (answer["token_type"], answer["expires_in"]) == ("DPoP", 300)
    assert answer["scope"] == "chat models offline_access openid"
    access = await verified(program, answer["access_token"])
    assert access.header["typ"] == "at+jwt"
    jti, fam = access.claims.pop("jti"), access.claims.pop("fam")
    assert jti
    assert access.claims == {
        "iss": ORIGIN,
        "sub": user_id,
        "aud": f"{ORIGIN}/v1",
        "iat": now,
        "exp": now + 300,
        "client_id": program.client.id,
        "scope": answer["scope"],
        "auth_time": now,
        "acr": "phr",
        "amr": ["pop", "user", "mfa"],
        "cnf": {"jkt": program.key.jkt},
    }
    family = await program.site.services.oauth.grants.family(fam)
    assert family is not None
    assert (family.jkt, family.user_id, family.provenance) == (program.key.jkt, user_id, "software")
    identity = await verified(program, answer["id_token"])
    assert identity.claims.items() >= {"iss": ORIGIN, "sub": user_id, "aud": program.client.id}.items()
    assert identity.claims["nonce"] == "the nonce"
    assert identity.claims["auth_time"] == now


async def test_without_openid_and_offline_access_neither_token_is_there(program: Program) -> None:
    answer = await program.tokens(scope="chat")
    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope"}


async def test_a_client_without_the_refresh_grant_gets_no_refresh_token(site: Site, user_id: str) -> None:
    program = await program_of(site, user_id, grants=("authorization_code",))
    assert "refresh_token" not in await program.tokens()


async def test_the_first_request_without_a_nonce_uses_up_nothing(program: Program) -> None:
    code = await program.code()
    assert program.nonce is None
    form = {"grant_type": "authorization_code", "code": code, "client_id": program.client.id}
    response = await program.send("/oauth/token", form, proofs=[program.proof("/oauth/token")])
    assert response.status_code == 400
    assert (await members(response))["error"] == "use_dpop_nonce"
    assert (await program.redeem(code)).status_code == 200


async def test_a_code_bound_by_dpop_jkt_takes_that_key(program: Program) -> None:
    code = await program.code(dpop_jkt=program.key.jkt)
    other = await program.redeem(code, key=ProgramKey("thief"))
    assert (other.status_code, (await members(other))["error"]) == (400, "invalid_grant")
    assert (await program.redeem(code)).status_code == 200


async def test_a_pushed_request_binds_the_code_to_the_key_of_its_proof(program: Program) -> None:
    pushed = await program.post("/oauth/par", **program.request())
    assert pushed.status_code == 201
    answer = await members(pushed)
    assert answer["expires_in"] == 60
    uri = answer["request_uri"]
    assert uri.startswith("urn:ietf:params:oauth:request_uri:")
    back = await program.answered(request_uri=uri, **dict.fromkeys(("redirect_uri", "scope", "state"), None))
    assert back.keys() == {"code", "state", "iss"}
    assert (back["state"], back["iss"]) == ("the state", ORIGIN)
    other = await program.redeem(back["code"], key=ProgramKey("thief"))
    assert (await members(other))["error"] == "invalid_grant"
    assert (await program.redeem(back["code"])).status_code == 200


async def test_a_pushed_request_without_a_proof_may_name_the_key_or_none(program: Program) -> None:
    for jkt in ({}, {"dpop_jkt": program.key.jkt}):
        pushed = await program.plain("/oauth/par", **program.request(), **jkt)
        assert pushed.status_code == 201
        code = await program.code(request_uri=(await members(pushed))["request_uri"])
        assert (await program.redeem(code)).status_code == 200


async def test_a_proof_and_dpop_jkt_of_a_pushed_request_must_agree(program: Program) -> None:
    agreeing = await program.post("/oauth/par", **program.request(dpop_jkt=program.key.jkt))
    assert agreeing.status_code == 201
    other = await program.post("/oauth/par", **program.request(dpop_jkt=ProgramKey("thief").jkt))
    assert (other.status_code, (await members(other))["error"]) == (400, "invalid_request")


async def test_a_second_use_of_a_code_ends_what_the_first_began(program: Program) -> None:
    code = await program.code()
    first = await members(await program.redeem(code))
    again = await program.redeem(code)
    assert (again.status_code, (await members(again))["error"]) == (400, "invalid_grant")
    refused = await program.refresh(first["refresh_token"])
    assert (await members(refused))["error"] == "invalid_grant"
    assert ("oauth.family_ended", "code_reused") in await program.site.events()


async def test_a_used_code_without_its_verifier_ends_nothing(program: Program) -> None:
    code = await program.code()
    first = await members(await program.redeem(code))
    thief = ProgramKey("thief")
    for change in ({"code_verifier": "x" * 43}, {"redirect_uri": CALLBACK + "/other"}):
        refused = await program.redeem(code, key=thief, **change)
        assert (await members(refused))["error"] == "invalid_grant"
    assert (await program.refresh(first["refresh_token"])).status_code == 200


async def test_of_two_uses_of_a_code_at_once_at_most_one_succeeds_and_the_family_ends(program: Program) -> None:
    code = await program.code()
    await program.post("/oauth/token", grant_type="refresh_token", refresh_token="none")  # for a nonce
    answers = await asyncio.gather(*(program.redeem(code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    first = next(answer for answer in answers if answer.status_code == 200)
    refused = await program.refresh((await members(first))["refresh_token"])
    assert (await members(refused))["error"] == "invalid_grant"


async def test_a_refresh_rotates_and_an_old_token_ends_the_family(program: Program) -> None:
    first = await program.tokens()
    second = await members(await program.refresh(first["refresh_token"]))
    assert second.keys() == {"access_token", "token_type", "expires_in", "scope", "refresh_token"}
    assert second["refresh_token"] != first["refresh_token"]
    program.site.clock.advance(31)
    reused = await program.refresh(first["refresh_token"])
    assert (reused.status_code, (await members(reused))["error"]) == (400, "invalid_grant")
    last = await program.refresh(second["refresh_token"])
    assert (await members(last))["error"] == "invalid_grant"
    assert ("oauth.family_ended", "refresh_reused") in await program.site.events()


async def test_a_lost_answer_is_given_again(program: Program) -> None:
    first = await program.tokens()
    lost = await members(await program.refresh(first["refresh_token"]))
    program.site.clock.advance(29)
    again = await members(await program.refresh(first["refresh_token"]))
    assert again["refresh_token"] == lost["refresh_token"]
    assert (await program.refresh(again["refresh_token"])).status_code == 200


async def test_a_rotation_of_the_servers_keys_in_between_leaves_one_live_token(program: Program) -> None:
    first = await program.tokens()
    lost = await members(await program.refresh(first["refresh_token"]))
    keyring = program.site.services.oauth.keys._keys
    keyring.rotate()
    program.nonce = None
    again = await members(await program.refresh(first["refresh_token"]))
    assert again["refresh_token"] != lost["refresh_token"]
    program.site.clock.advance(31)
    assert (await program.refresh(again["refresh_token"])).status_code == 200
    # The one that was replaced is an old one now, and only the holder of the key could present it.
    replaced = await program.refresh(lost["refresh_token"])
    assert (await members(replaced))["error"] == "invalid_grant"


async def test_an_old_token_without_the_familys_key_ends_nothing(program: Program) -> None:
    first = await program.tokens()
    second = await members(await program.refresh(first["refresh_token"]))
    program.site.clock.advance(60)
    for token in (first["refresh_token"], second["refresh_token"]):
        stolen = await program.refresh(token, key=ProgramKey("thief"))
        assert (stolen.status_code, (await members(stolen))["error"]) == (400, "invalid_grant")
    assert (await program.refresh(second["refresh_token"])).status_code == 200


async def test_two_processes_that_refresh_all_the_time_never_lose_the_family(program: Program) -> None:
    """Neither tells the other anything: each knows the token that it was given last, or the first one."""
    shared = (await program.tokens())["refresh_token"]
    family_id = json.loads(_payload((await members(await program.refresh(shared)))["access_token"]))["fam"]

    async def process(rounds: int) -> str:
        token = shared
        for _ in range(rounds):
            response = await program.refresh(token)
            assert response.status_code == 200, await members(response)
            token = (await members(response))["refresh_token"]
        return token

    tokens = await asyncio.gather(process(3), process(5), process(4))
    family = await program.site.services.oauth.grants.family(family_id)
    assert family is not None
    assert family.ended_at is None
    assert await _live_tokens(program, [shared, *tokens]) <= 1
    for token in tokens:
        assert (await program.refresh(token)).status_code == 200


async def _live_tokens(program: Program, tokens: list[str]) -> int:
    from boundgate.oauth.hashes import hash_value

    views = [await program.site.services.oauth.grants.refresh_token(hash_value(token)) for token in set(tokens)]
    return sum(view is not None and view.token.used_at is None for view in views)


async def test_many_refreshes_at_once_give_the_same_successor(program: Program) -> None:
    first = await program.tokens()
    answers = await asyncio.gather(*(program.refresh(first["refresh_token"]) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({(await members(answer))["refresh_token"] for answer in answers}) == 1


async def test_a_refresh_may_narrow_the_scope_for_one_token(program: Program) -> None:
    first = await program.tokens()
    narrow = await members(await program.refresh(first["refresh_token"], scope="chat"))
    assert narrow["scope"] == "chat"
    wide = await program.refresh(narrow["refresh_token"])
    assert (await members(wide))["scope"] == "chat models offline_access openid"


async def test_asking_for_more_scope_uses_up_nothing(program: Program) -> None:
    first = await program.tokens(scope="chat offline_access")
    refused = await program.refresh(first["refresh_token"], scope="chat models")
    assert (await members(refused))["error"] == "invalid_scope"
    assert (await program.refresh(first["refresh_token"])).status_code == 200


async def test_a_refresh_token_lives_fourteen_days_from_its_issue(program: Program) -> None:
    first = await program.tokens()
    program.site.clock.advance(14 * 86_400 - 1)
    program.nonce = None
    second = await members(await program.refresh(first["refresh_token"]))
    program.site.clock.advance(14 * 86_400)
    program.nonce = None
    refused = await program.refresh(second["refresh_token"])
    assert (await members(refused))["error"] == "invalid_grant"


async def test_a_recovery_ends_every_family_and_waiting_code(program: Program, site: Site) -> None:
    first, waiting = await program.tokens(), await program.code()
    await site.services.enrolment.recover("alice")
    for response in (await program.refresh(first["refresh_token"]), await program.redeem(waiting)):
        assert (await members(response))["error"] == "invalid_grant"


async def test_a_client_that_is_no_longer_published_works_for_its_owner_alone(site: Site, user_id: str) -> None:
    stranger = await site.owner("bob")
    assert stranger
    bob = await site.services.store.user_by_name("bob")
    assert bob is not None
    program = await program_of(site, user_id, published=True)
    first = await program.tokens(user_id=bob.id)
    own, waiting = await program.tokens(), await program.code(user_id=bob.id)
    await site.services.oauth.registry.publish(program.client.id, published=False)
    for response in (await program.refresh(first["refresh_token"]), await program.redeem(waiting)):
        assert (await members(response))["error"] == "invalid_grant"
    assert (await program.refresh(own["refresh_token"])).status_code == 200


async def test_a_confidential_client_uses_codes_too(site: Site, user_id: str) -> None:
    service = await service_of(
        site,
        redirect_uris=(CALLBACK,),
        scopes=("openid", "chat", "offline_access"),
        grants=("authorization_code", "refresh_token"),
    )
    first = await members(await service.redeem(await service.code(user_id=user_id)))
    assert (await service.refresh(first["refresh_token"])).status_code == 200
    service.identity = None
    unproved = await service.refresh(first["refresh_token"])
    assert (unproved.status_code, (await members(unproved))["error"]) == (400, "invalid_client")


async def test_a_service_gets_tokens_for_itself_without_a_person(site: Site, owner: SoftBrowser) -> None:
    service = await service_of(site)
    response = await service.post("/oauth/token", grant_type="client_credentials", scope="chat")
    assert response.status_code == 200
    answer = await members(response)
    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope"}
    claims = (await verified(service, answer["access_token"])).claims
    assert claims["sub"] == claims["client_id"] == service.client.id
    assert not claims.keys() & {"acr", "amr", "auth_time"}
    again = await members(await service.post("/oauth/token", grant_type="client_credentials"))
    assert again["scope"] == "chat models"
    assert (await verified(service, again["access_token"])).claims["fam"] == claims["fam"]
    family = await site.services.oauth.grants.family(claims["fam"])
    assert family is not None
    assert (family.user_id, family.acr, family.amr, family.auth_time) == (None, None, (), None)


async def test_tokens_of_before_a_rotation_still_verify(program: Program, site: Site) -> None:
    before = (await program.tokens())["access_token"]
    site.services.oauth.keys._keys.rotate()
    site.clock.advance(2)
    program.nonce = None
    after = (await program.tokens())["access_token"]
    tokens = [await verified(program, token) for token in (before, after)]
    assert len({token.header["kid"] for token in tokens}) == 2
    site.services.oauth.keys._keys.rotate(compromised=True)
    site.clock.advance(2)
    from joserfc.errors import JoseError

    with pytest.raises((JoseError, ValueError)):
        await verified(program, before)


def _payload(token: str) -> bytes:
    import base64

    return base64.urlsafe_b64decode(token.split(".")[1] + "==")
