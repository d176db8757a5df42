"""`/v1` with `Authorization: DPoP`: what a token is worth, to its owner and to whoever found it.

The cases are those of the OpenID conformance suite's FAPI 2 DPoP tests at the resource, each with its exact error.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from boundgate.clock import system_random
from boundgate.keyring import KeyringFile
from boundgate.oauth.access_tokens import AccessTokens
from boundgate.oauth.model import FamilyEnd
from boundgate.storage import MemoryHotState
from boundgate.terms import Provenance
from boundgate.usage.recorder import session_hash
from tests.gateway.fakes import ScriptedUpstream, chunk
from tests.support.dpop import LEFT_OUT, ProgramKey
from tests.support.keys import FakeClock, b64u, counting_random
from tests.support.oauth import Program, program_of, service_of
from tests.support.site import BOUND, HELLO, ORIGIN, Site, SoftBrowser, running_site
from tests.support.token_calls import CHAT, MODELS, TokenCaller, code_of

INVALID_PROOF, INVALID_TOKEN = (401, "invalid_dpop_proof"), (401, "invalid_token")
NEW_NONCE = (401, "use_dpop_nonce")


@pytest.fixture
async def program(site: Site, owner: SoftBrowser) -> Program:
    return await alices(site)


@pytest.fixture
async def caller(program: Program) -> TokenCaller:
    """Has a token and a nonce."""
    return await (await TokenCaller.of(program)).with_nonce()


async def alices(site: Site, **changes: Any) -> Program:
    user = await site.services.store.user_by_name("alice")
    assert user is not None
    return await program_of(site, user.id, **changes)


def challenge(response: Any) -> str:
    return response.headers["WWW-Authenticate"]


# The good ones


async def test_a_token_with_its_proof_lists_models_and_chats(caller: TokenCaller) -> None:
    models = await caller.models()
    assert models.status_code == 200
    assert (await models.get_json())["data"]
    assert (await caller.chat()).status_code == 200


async def test_a_stream_comes_to_its_end(caller: TokenCaller) -> None:
    response = await caller.chat(stream=True)
    assert (await response.get_data(as_text=True)).endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("name", ["DPoP", "DPOP", "dpop"])
@pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
async def test_header_and_scheme_are_read_in_any_case(caller: TokenCaller, name: str, scheme: str) -> None:
    response = await caller.models(name=name, authorization=[f"{scheme} {caller.token}"])
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/v1/models", ORIGIN + "/v1/models?with=query#and-fragment"),
        ("/v1/models?page=1", ORIGIN + "/v1/models"),
        ("/v1/models?page=1", ORIGIN + "/v1/models?page=1"),
        ("/v1/models", "HTTPS://LOCALHOST:8443/v1/models"),
        ("/v1/models/gpt-5.2-mini", ORIGIN + "/v1/models/gpt%2D5.2-mini"),
    ],
)
async def test_the_url_is_compared_without_query_and_in_one_spelling(caller: TokenCaller, path: str, url: str) -> None:
    assert (await caller.send(path, proofs=[caller.proof(url=url)])).status_code == 200


@pytest.mark.parametrize("url", ["https://gateway.example/v1/models", "https://gateway.example:443/v1/models"])
async def test_the_default_port_may_be_named(tmp_path: Path, url: str) -> None:
    async with running_site(tmp_path / "data", public_origin="https://gateway.example") as site:
        caller = TokenCaller(site, await a_token(site), ProgramKey())
        await caller.send(proofs=[caller.proof(url=url)], host="gateway.example")
        response = await caller.send(proofs=[caller.proof(url=url)], host="gateway.example")
        assert response.status_code == 200


async def a_token(site: Site) -> str:
    """Of a service, without any request."""
    service, oauth = await service_of(site), site.services.oauth
    scope = frozenset({"models", "chat"})
    family = await oauth.families.of_service(service.client.id, jkt=ProgramKey().jkt, scope=scope)
    assert await oauth.grants.service_family(family)
    return oauth.access_tokens.issue(family, scope=scope)


@pytest.mark.parametrize("seconds", [-10, 8, 10, 60, -60])
async def test_a_clock_that_is_a_little_off_does_no_harm(caller: TokenCaller, seconds: int) -> None:
    now = caller.site.clock() + seconds
    assert (await caller.models(proofs=[caller.proof(now=now)])).status_code == 200


async def test_more_than_is_needed_is_ignored(caller: TokenCaller) -> None:
    proof = caller.proof(header={"kid": "k", "more": {"a": 1}}, more=[1], sub="x", exp=2**40)
    assert (await caller.models(proofs=[proof])).status_code == 200


# The wrong ones: the proof


def bad_proofs(caller: TokenCaller) -> dict[str, tuple[list[str], tuple[int, str]]]:
    """Every way to get a proof wrong, with the answer."""
    good = caller.proof()
    signed, _, signature = good.rpartition(".")
    thief = ProgramKey("thief")
    private = caller.key.private.private_numbers().private_value.to_bytes(32)
    symmetric = {"kty": "oct", "k": b64u(bytes(32))}
    now = caller.site.clock()
    wrong: dict[str, str | list[str]] = {
        "no proof": [],
        "an empty proof": "",
        "two proofs": [good, caller.proof()],
        "the same twice": [good, good],
        "two in one field": f"{good}, {caller.proof()}",
        "not well formed": "this is no proof",
        "16 KB": caller.proof(padding="A" * 16_384),
        "no typ": caller.proof(header={"typ": LEFT_OUT}),
        "no alg": caller.proof(header={"alg": LEFT_OUT}),
        "no jwk": caller.proof(header={"jwk": LEFT_OUT}),
        "no jti": caller.proof(jti=LEFT_OUT),
        "no htm": caller.proof(htm=LEFT_OUT),
        "no htu": caller.proof(htu=LEFT_OUT),
        "no iat": caller.proof(iat=LEFT_OUT),
        "no ath": caller.proof(token=None),
        "wrong typ": caller.proof(header={"typ": "jwt"}),
        "RS256": caller.proof(header={"alg": "RS256"}),
        "none": caller.proof(header={"alg": "none"}),
        "none, unsigned": caller.proof(header={"alg": "none"}).rpartition(".")[0] + ".",
        "HS256": caller.proof(header={"alg": "HS256"}),
        "HS256 with a symmetric key": caller.proof(header={"alg": "HS256", "jwk": symmetric}),
        "a symmetric key": caller.proof(header={"jwk": symmetric}),
        "bad signature": f"{signed}.{signature[:-6]}AAAAAA",
        "a private key": caller.proof(header={"jwk": caller.key.jwk | {"d": b64u(private)}}),
        "critical members": caller.proof(header={"crit": ["exp"], "exp": 1}),
        "wrong htm": caller.proof(method="PUT"),
        "another path": caller.proof(url=ORIGIN + "/v1/chat/completions"),
        "another host": caller.proof(url="https://other.example:8443/v1/models"),
        "another port": caller.proof(url="https://localhost/v1/models"),
        "http": caller.proof(url="http://localhost:8443/v1/models"),
        "one hour ahead": caller.proof(now=now + 3600),
        "one hour behind": caller.proof(now=now - 3600),
        "61 seconds ahead": caller.proof(now=now + 61),
        "61 seconds behind": caller.proof(now=now - 61),
        "expired": caller.proof(exp=int(now) - 61),
        "not yet valid": caller.proof(nbf=int(now) + 61),
        "wrong ath": caller.proof(token=caller.token + "x"),
        "signed by another key": thief.proof(
            url=ORIGIN + MODELS, method="GET", now=now, token=caller.token, header={"jwk": caller.key.jwk}
        ),
    }
    nonceless: dict[str, str | list[str]] = {
        "no nonce": caller.proof(nonce=None),
        "a nonce of nobody": caller.proof(nonce="n" * 43),
        "a nonce of another key": caller.proof(nonce=caller.site.services.oauth.proofs.nonce(thief.jkt)),
        "another key": TokenCaller(caller.site, caller.token, thief, nonce=caller.nonce).proof(),
    }
    answers = {name: (proofs, INVALID_PROOF) for name, proofs in wrong.items()}
    answers |= {name: (proofs, NEW_NONCE) for name, proofs in nonceless.items()}
    return {
        name: ([proofs] if isinstance(proofs, str) else proofs, answer) for name, (proofs, answer) in answers.items()
    }


async def test_every_wrong_proof_has_its_answer_and_a_right_one_works_still(caller: TokenCaller) -> None:
    for name, (proofs, expected) in bad_proofs(caller).items():
        response = await caller.models(proofs=proofs)
        assert await code_of(response) == expected, name
        assert challenge(response).startswith(f'DPoP error="{expected[1]}"'), name
        assert 'algs="ES256"' in challenge(response), name
        assert f'resource_metadata="{ORIGIN}/.well-known/oauth-protected-resource/v1"' in challenge(response), name
        assert response.headers["Cache-Control"] == "no-store"
    # The last nonce went to another key.
    await caller.with_nonce()
    assert (await caller.models()).status_code == 200


async def test_no_refusal_shows_anything_of_a_token_or_a_proof(caller: TokenCaller) -> None:
    parts = {part for text in (caller.token, caller.proof()) for part in text.split(".")}
    for name, (proofs, _) in bad_proofs(caller).items():
        response = await caller.models(proofs=proofs)
        shown = await response.get_data(as_text=True) + "".join(f"{key}: {value}" for key, value in response.headers)
        parts |= {part for proof in proofs for part in proof.split(".") if len(part) > 20}
        assert not [part for part in parts if part in shown], name


async def test_a_proof_by_another_key_is_refused_with_a_nonce_of_its_own(caller: TokenCaller) -> None:
    thief = TokenCaller(caller.site, caller.token, ProgramKey("thief"))
    assert await code_of(await thief.models()) == NEW_NONCE
    for call in (thief.models, thief.chat):
        assert await code_of(await call()) == INVALID_PROOF


async def test_the_same_proof_twice_is_refused(caller: TokenCaller) -> None:
    proof = caller.proof()
    assert (await caller.models(proofs=[proof])).status_code == 200
    assert await code_of(await caller.models(proofs=[proof])) == INVALID_PROOF
    same_jti = caller.proof(jti="one"), caller.proof(jti="one", now=caller.site.clock() + 1)
    assert (await caller.models(proofs=same_jti[:1])).status_code == 200
    assert await code_of(await caller.models(proofs=same_jti[1:])) == INVALID_PROOF


async def test_a_call_that_arrives_twice_at_once_is_made_once(caller: TokenCaller) -> None:
    proof = caller.proof(CHAT, method="POST")
    calls = [caller.send(CHAT, method="POST", value=HELLO, proofs=[proof]) for _ in range(8)]
    answers = [await code_of(response) for response in await asyncio.gather(*calls)]
    assert sorted(answers) == sorted([(200, ""), *[INVALID_PROOF] * 7])


async def test_a_proof_for_one_call_is_none_for_another(caller: TokenCaller) -> None:
    assert await code_of(await caller.send(CHAT, method="POST", value=HELLO, proofs=[caller.proof()])) == INVALID_PROOF


# Nonces


async def test_every_answer_to_a_proof_brings_the_next_nonce(caller: TokenCaller) -> None:
    for response in (await caller.models(), await caller.chat(), await caller.chat(model="no such model")):
        nonce = response.headers["DPoP-Nonce"]
        assert (await caller.models(proofs=[caller.proof(nonce=nonce)])).status_code == 200
    refused = await caller.models(proofs=[caller.proof(now=1)])
    assert refused.headers["DPoP-Nonce"]
    expired = await caller.models(authorization=["DPoP x.y.z"])
    assert await code_of(expired) == INVALID_TOKEN
    assert expired.headers["DPoP-Nonce"]


async def test_an_answer_to_whoever_shows_no_key_brings_none(site: Site, owner: SoftBrowser) -> None:
    assert "DPoP-Nonce" not in (await owner.chat()).headers
    stranger = site.browser()
    assert "DPoP-Nonce" not in (await stranger.bare_chat()).headers


async def test_a_nonce_lives_a_minute(caller: TokenCaller) -> None:
    nonce = caller.nonce
    caller.site.clock.advance(60)
    assert (await caller.models(proofs=[caller.proof(nonce=nonce)])).status_code == 200
    caller.site.clock.advance(0.1)
    assert await code_of(await caller.models(proofs=[caller.proof(nonce=nonce)])) == NEW_NONCE


@pytest.mark.parametrize("used", [True, False])
async def test_a_call_recorded_before_a_crash_is_refused_after_it(tmp_path: Path, used: bool) -> None:
    clock = FakeClock()
    async with running_site(tmp_path / "data", clock=clock) as site:
        await site.owner()
        caller = await (await TokenCaller.of(await alices(site))).with_nonce()
        recorded = caller.proof()
        if used:
            assert (await caller.models(proofs=[recorded])).status_code == 200
        token, key = caller.token, caller.key
    # Everything that was in memory is gone, as after kill -9; the keys and the database are the same.
    async with running_site(tmp_path / "data", clock=clock, hot=MemoryHotState(counting_random())) as site:
        thief = TokenCaller(site, token, key)
        assert await code_of(await thief.models(proofs=[recorded])) == NEW_NONCE
        assert (await thief.models()).status_code == 200


# The wrong ones: the token


async def test_a_token_that_is_bound_to_a_key_is_worth_nothing_as_a_bearer_token(caller: TokenCaller) -> None:
    for proofs in ([], None):
        response = await caller.models(authorization=[f"Bearer {caller.token}"], proofs=proofs)
        assert await code_of(response) == INVALID_TOKEN
    assert (await caller.models()).status_code == 200


async def test_a_bearer_token_of_ours_is_refused_beside_a_bound_cookie_and_anothers_is_ignored(
    owner: SoftBrowser, caller: TokenCaller
) -> None:
    assert (await owner.bare_chat(Authorization="Bearer sk-of-the-openai-package")).status_code == 200
    assert (await owner.bare_chat(Authorization="Bearer a.b.c")).status_code == 200
    response = await owner.bare_chat(Authorization=f"Bearer {caller.token}")
    assert await code_of(response) == INVALID_TOKEN
    assert owner.cookie(BOUND) is not None


async def test_a_token_decides_alone_whatever_cookies_come_along(owner: SoftBrowser, caller: TokenCaller) -> None:
    cookies = "; ".join(f"{name}={value}" for name, (value, _) in owner.jar.items())
    good = await caller.models(headers=[("Cookie", cookies)])
    assert good.status_code == 200
    assert "Secure-Session-Challenge" not in good.headers
    response = await caller.models(headers=[("Cookie", cookies)], proofs=[caller.proof(now=1)])
    assert await code_of(response) == INVALID_PROOF
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "authorization",
    [
        ["DPoP"],
        ["DPoP "],
        ["DPoP a b"],
        ["DPoP a,b"],
        ["DPoP \u00e9"],
        ["DPoP x"],
        ["DPoP a.b.c"],
        ["DPoP " + "A" * 5000],
        ["DPoP {token}x"],
        ["DPoP {token}", "DPoP {token}"],
        ["DPoP {token}", "Bearer sk-1"],
        ["Bearer sk-1", "DPoP {token}"],
        ["DPoP {token}, DPoP {token}"],
    ],
    ids=str,
)
async def test_what_is_no_single_token_of_ours_is_refused(caller: TokenCaller, authorization: list[str]) -> None:
    texts = [text.replace("{token}", caller.token) for text in authorization]
    response = await caller.models(authorization=texts)
    assert await code_of(response) == INVALID_TOKEN
    assert challenge(response).startswith('DPoP error="invalid_token"')


async def test_an_expired_token_is_refused(caller: TokenCaller) -> None:
    caller.site.clock.advance(299)
    await caller.with_nonce()
    assert (await caller.models()).status_code == 200
    caller.site.clock.advance(1)
    assert await code_of(await caller.models()) == INVALID_TOKEN


async def test_a_token_of_our_own_key_without_a_record_that_agrees_is_refused(caller: TokenCaller, site: Site) -> None:
    oauth = site.services.oauth
    known = oauth.access_tokens.read(caller.token)
    family = await oauth.grants.family(known.family_id)
    assert family is not None
    thief = ProgramKey("thief")
    forged = {
        "no such family": {"id": "nobody's"},
        "another key": {"jkt": thief.jkt},
        "another client": {"client_id": "other"},
        "another user": {"user_id": "other"},
        "a service": {"user_id": None},
    }
    for name, change in forged.items():
        record = dataclasses.replace(family, **change)
        token = oauth.access_tokens.issue(record, scope=family.scope)
        key = thief if "jkt" in change else caller.key
        with_it = TokenCaller(site, token, key)
        for _ in range(2):
            response = await with_it.models()
        assert await code_of(response) == INVALID_TOKEN, name
    for scope in ({"models", "admin"}, {"openid", "models", "chat", "offline_access", "more"}):
        wider = TokenCaller(site, oauth.access_tokens.issue(family, scope=frozenset(scope)), caller.key)
        for _ in range(2):
            response = await wider.models()
        assert await code_of(response) == INVALID_TOKEN, scope


async def test_a_token_for_another_issuer_or_resource_is_refused(caller: TokenCaller, site: Site) -> None:
    oauth = site.services.oauth
    family = await oauth.grants.family(oauth.access_tokens.read(caller.token).family_id)
    assert family is not None
    for change in ({"issuer": "https://other.example"}, {"resource": ORIGIN}, {"access_seconds": -1}):
        rules = dataclasses.replace(oauth.rules, **change)
        maker = AccessTokens(keys=oauth.keys, rules=rules, clock=site.clock, random=counting_random())
        other = TokenCaller(site, maker.issue(family, scope=family.scope), caller.key, nonce=caller.nonce)
        assert await code_of(await other.models()) == INVALID_TOKEN, change


async def test_an_id_token_is_no_access_token(program: Program) -> None:
    tokens = await program.tokens(nonce="n")
    with_it = TokenCaller(program.site, tokens["id_token"], program.key, nonce=program.nonce)
    assert await code_of(await with_it.models()) == INVALID_TOKEN


# Theft


async def test_a_stolen_token_is_worth_nothing(caller: TokenCaller) -> None:
    thief = TokenCaller(caller.site, caller.token, ProgramKey("thief"), address="203.0.113.9")
    for _ in range(3):
        assert (await thief.chat()).status_code == 401
    assert (await caller.chat()).status_code == 200


async def test_whoever_fails_to_prove_a_key_leaves_no_trace_in_its_owners_records(caller: TokenCaller) -> None:
    thief = TokenCaller(caller.site, caller.token, ProgramKey("thief"), address="203.0.113.9")
    await thief.chat()
    await thief.chat()
    await caller.site.services.flush()
    calls = await caller.site.services.usage.calls(limit=2)
    assert [(call.decision, call.user_id, call.session_hash, call.key_thumbprint) for call in calls] == [
        ("invalid_dpop_proof", None, None, None),
        ("use_dpop_nonce", None, None, None),
    ]
    assert {call.address for call in calls} == {"203.0.113.9"}


async def test_what_a_proxy_says_about_the_url_counts_for_nothing(tmp_path: Path) -> None:
    async with running_site(tmp_path / "data", trusted_proxies=["127.0.0.0/8"]) as site:
        await site.owner()
        caller = await (await TokenCaller.of(await alices(site))).with_nonce()
        forwarded = [
            ("X-Forwarded-For", "203.0.113.9"),
            ("X-Forwarded-Host", "inside.example"),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Port", "8080"),
            ("Forwarded", "host=inside.example;proto=http"),
        ]
        for url in ("http://inside.example:8080/v1/models", "http://inside.example/v1/models", "http://localhost:8443"):
            refused = await caller.models(proofs=[caller.proof(url=url)], headers=forwarded)
            assert await code_of(refused) == INVALID_PROOF
        assert (await caller.models(headers=forwarded)).status_code == 200


# Scopes, tiers, provenance


@pytest.mark.parametrize(
    ("scope", "models", "chat"),
    [
        ("models", (200, ""), (403, "insufficient_scope")),
        ("chat", (403, "insufficient_scope"), (200, "")),
        ("openid", (403, "insufficient_scope"), (403, "insufficient_scope")),
    ],
)
async def test_a_token_is_good_for_its_scopes(program: Program, scope: str, models: Any, chat: Any) -> None:
    caller = await (await TokenCaller.of(program, scope=scope)).with_nonce()
    for response, expected, needed in ((await caller.models(), models, "models"), (await caller.chat(), chat, "chat")):
        assert await code_of(response) == expected
        if expected[0] == 403:
            assert challenge(response).startswith(f'DPoP error="insufficient_scope", scope="{needed}"')


@pytest.mark.parametrize("premium", ["gpt-5.2", "gpt-5.2-mini"])
async def test_a_token_without_a_person_never_reaches_a_tier_that_needs_a_touch(site: Site, premium: str) -> None:
    service = await service_of(site)
    answer = await service.post("/oauth/token", grant_type="client_credentials", scope="models chat")
    token = json.loads(await answer.get_data(as_text=True))["access_token"]
    caller = await TokenCaller(site, token, service.key).with_nonce()
    model = site.services.gateway.parse_chat(json.dumps(HELLO | {"model": premium}).encode()).model
    response = await caller.chat(model=premium)
    expected = (403, "model_forbidden") if site.services.rules[model.tier].step_up else (200, "")
    assert await code_of(response) == expected


async def test_a_person_is_asked_for_a_touch_where_the_tier_needs_one(caller: TokenCaller) -> None:
    response = await caller.chat(model="gpt-5.2")
    assert await code_of(response) == (401, "step_up_required")
    assert challenge(response).startswith('DPoP error="insufficient_user_authentication"')


async def test_a_tier_that_takes_attested_keys_alone_takes_no_other(tmp_path: Path) -> None:
    tiers = {
        "standard": {"accepted_provenances": ["attested"], "proof_max_age_seconds": 300, "step_up": False},
        "premium": {"accepted_provenances": ["attested"], "proof_max_age_seconds": 300, "step_up": True},
    }
    async with running_site(tmp_path / "data", tiers=tiers) as site:
        await site.owner()
        program = await alices(site)
        caller = await (await TokenCaller.of(program)).with_nonce()
        assert await code_of(await caller.chat()) == (403, "model_forbidden")
        ids = await site.services.oauth.grants.set_provenance(
            user_id=program.client.owner_id,
            client_id=program.client.id,
            jkt=program.key.jkt,
            provenance=Provenance.ATTESTED,
            attestation=None,
        )
        assert len(ids) == 1
        site.clock.advance(site.services.settings.session_cache_seconds)
        assert (await caller.chat()).status_code == 200


# Records


async def test_a_call_is_booked_on_the_family_its_key_and_its_provenance(caller: TokenCaller, site: Site) -> None:
    claims = site.services.oauth.access_tokens.read(caller.token)
    await caller.chat()
    await site.services.flush()
    (call,) = [call for call in await site.services.usage.calls() if call.decision == "allow"]
    assert call.session_hash == session_hash(claims.family_id)
    assert call.user_id == claims.subject
    assert call.key_thumbprint == caller.key.jkt
    assert call.provenance is Provenance.SOFTWARE
    assert call.cost_micro_usd > 0
    assert (await site.services.usage.spend(session_hash(claims.family_id))).calls == 1


async def test_a_proof_is_noted_in_the_familys_record(caller: TokenCaller, site: Site) -> None:
    family_id = site.services.oauth.access_tokens.read(caller.token).family_id
    site.clock.advance(30)
    await caller.models()
    await site.services.flush()
    family = await site.services.oauth.grants.family(family_id)
    assert family is not None
    assert family.last_proof_at == site.clock()


# The end


@pytest.mark.parametrize("how", ["owner", "recovery", "revoked", "client removed"])
async def test_the_end_of_a_family_is_in_force_at_once(program: Program, how: str) -> None:
    caller = await (await TokenCaller.of(program)).with_nonce()
    assert (await caller.models()).status_code == 200
    await end(program, caller, how)
    for call in (caller.models, caller.chat):
        response = await call()
        assert await code_of(response) in {(401, "session_revoked"), INVALID_TOKEN}
        assert challenge(response).startswith('DPoP error="invalid_token"')


async def end(program: Program, caller: TokenCaller, how: str) -> None:
    oauth = program.site.services.oauth
    if how == "owner":
        await oauth.families.end([oauth.access_tokens.read(caller.token).family_id], FamilyEnd.ENDED_BY_OWNER)
    elif how == "recovery":
        await program.site.services.enrolment.recover("alice")
    elif how == "revoked":
        assert (await program.post("/oauth/revoke", token=caller.token)).status_code == 200
    else:
        await oauth.registry.remove(program.client.id)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "plain"])
async def test_the_end_of_a_family_cuts_its_calls_and_nobody_elses(tmp_path: Path, stream: bool) -> None:
    silent = asyncio.Event()
    upstream = ScriptedUpstream(chunk("first "), silent, chunk("second"), b"data: [DONE]\n\n")
    async with running_site(tmp_path / "data", upstream=upstream) as site:
        browser = await site.owner()
        one, other = await alices(site), await alices(site, name="other")
        cut, kept = await (await TokenCaller.of(one)).with_nonce(), await (await TokenCaller.of(other)).with_nonce()
        call = asyncio.create_task(cut.chat(stream=stream))
        bystanders = [asyncio.create_task(kept.chat(stream=True)), asyncio.create_task(browser.chat(stream=True))]
        for _ in range(10_000):
            if upstream.answer.taken == 3:
                break
            await asyncio.sleep(0.001)
        await end(one, cut, "owner")
        response = await asyncio.wait_for(call, 5)
        text = await response.get_data(as_text=True)
        assert "session_revoked" in text
        assert "second" not in text
        assert not any(bystander.done() for bystander in bystanders)
        silent.set()
        for bystander in bystanders:
            assert "second" in await (await bystander).get_data(as_text=True)


async def test_a_family_that_ends_while_the_body_arrives_uses_no_model(caller: TokenCaller, site: Site) -> None:
    oauth = site.services.oauth
    body = json.dumps(HELLO).encode()
    headers = {
        "Host": "localhost:8443",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Authorization": f"DPoP {caller.token}",
        "DPoP": caller.proof(CHAT, method="POST"),
    }
    async with site.app.test_client().request(CHAT, method="POST", headers=headers, scheme="https") as connection:
        await connection.send(body[:10])
        await asyncio.sleep(0.05)
        await oauth.families.end([oauth.access_tokens.read(caller.token).family_id], FamilyEnd.ENDED_BY_OWNER)
        await connection.send(body[10:])
        await connection.send_complete()
    response = await connection.as_response()
    assert await code_of(response) == (401, "session_revoked")


async def test_a_key_that_was_stolen_from_the_server_signs_nothing_any_more(caller: TokenCaller, site: Site) -> None:
    assert (await caller.models()).status_code == 200
    path = site.services.settings.data_dir / "keys.json"
    KeyringFile.load_or_create(path, clock=site.clock, random=system_random).rotate(compromised=True)
    site.clock.advance(2)
    await caller.with_nonce()
    assert await code_of(await caller.models()) == INVALID_TOKEN
