"""A token is worth what the server's record says at the moment of the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from boundgate.dpop import DpopNonces, DpopProofs, InvalidDpopProof
from boundgate.oauth.access_tokens import AccessTokens
from boundgate.oauth.errors import InvalidToken
from boundgate.oauth.keys import TokenKeys
from boundgate.oauth.model import Family
from boundgate.resource.families import FamilyCache
from boundgate.resource.journal import FamilyJournal
from boundgate.resource.service import ResourceService
from boundgate.resource.verified import VerifiedTokens
from tests.contract.oauth_builders import a_client, a_family
from tests.resource.test_families import Records
from tests.resource.test_journal import Store
from tests.resource.test_verified import RULES, Keys
from tests.support.dpop import ProgramKey
from tests.support.keys import FakeClock, MemoryUsed, StaticMacs, counting_random

URL = "https://a.example/v1/models"
CLIENT = ProgramKey("owner")


class Desk:
    """A resource over records that a test may change."""

    def __init__(self) -> None:
        self.clock, self.records, self.used = FakeClock(), Records(), MemoryUsed()
        self.records.clients["c"] = a_client("c", owner_id="u")
        self.family = a_family("one", client_id="c", user_id="u", jkt=CLIENT.jkt, scope=frozenset({"chat", "models"}))
        self.records.families["one"] = self.family
        keys = Keys("one")
        self.tokens = AccessTokens(keys=TokenKeys(keys), rules=RULES, clock=self.clock, random=counting_random())
        self.families = FamilyCache(families=self.records, clients=self.records, clock=self.clock, seconds=10)
        nonces = DpopNonces(macs=StaticMacs(), used=self.used, clock=self.clock)
        self.proofs = DpopProofs(nonces=nonces, used=self.used, clock=self.clock)
        self.journal = FamilyJournal(Store())
        self.service = ResourceService(
            tokens=VerifiedTokens(self.tokens, keys=keys, clock=self.clock),
            families=self.families,
            proofs=self.proofs,
            journal=self.journal,
            clock=self.clock,
        )

    def change(self, **fields: Any) -> None:
        self.records.families["one"] = replace(self.records.families["one"], **fields)
        self.families.drop(["one"])

    def token(self, family: Family | None = None, scope: Sequence[str] = ("chat",)) -> str:
        return self.tokens.issue(family or self.family, scope=frozenset(scope))

    async def resolve(self, token: str, client: ProgramKey = CLIENT) -> Any:
        nonce = self.proofs.nonce(client.jkt)
        proof = client.proof(method="GET", url=URL, now=self.clock(), nonce=nonce, token=token)
        return await self.service.resolve(token=token, fields=[proof], method="GET", url=URL)


async def test_a_subject_is_the_record_and_not_the_claims() -> None:
    desk = Desk()
    token = desk.token()
    subject = await desk.resolve(token)
    assert (subject.family, subject.client, subject.user_id) == (desk.family, desk.records.clients["c"], "u")
    assert subject.scope == {"chat"}
    desk.change(acr="another", attestation=None)
    assert (await desk.resolve(token)).family.acr == "another"
    assert desk.journal.last_proof("one") == desk.clock()


async def test_the_key_is_that_of_the_record() -> None:
    desk, thief = Desk(), ProgramKey("thief")
    forged = desk.token(replace(desk.family, jkt=thief.jkt))
    with pytest.raises(InvalidToken):
        await desk.resolve(forged, thief)
    with pytest.raises(InvalidToken):
        await desk.resolve(forged, CLIENT)
    with pytest.raises(InvalidDpopProof):
        await desk.resolve(desk.token(), thief)


async def test_an_end_that_comes_while_the_proof_is_checked_wins() -> None:
    desk = Desk()
    token = desk.token()
    consume = desk.used.consume

    async def ending(challenge: Any, *, now: float) -> bool:
        desk.change(ended_at=now)
        return await consume(challenge, now=now)

    desk.used.consume = ending  # type: ignore[method-assign]
    with pytest.raises(InvalidToken) as refused:
        await desk.resolve(token)
    assert refused.value.public_code == "session_revoked"
    assert desk.journal.last_proof("one") is None


@pytest.mark.parametrize(
    "change",
    [{"ended_at": 1.0}, {"jkt": "another"}, {"user_id": "another"}, {"client_id": "d"}, {"scope": frozenset()}],
    ids=str,
)
async def test_a_token_that_was_good_is_refused_once_its_record_differs(change: dict[str, Any]) -> None:
    desk = Desk()
    token = desk.token()
    desk.records.clients["d"] = a_client("d")
    await desk.resolve(token)
    desk.change(**change)
    for _ in range(2):
        with pytest.raises(InvalidToken):
            await desk.resolve(token)


async def test_a_user_whose_client_is_no_longer_published_is_refused() -> None:
    desk = Desk()
    token = desk.token()
    desk.records.clients["c"] = a_client("c", owner_id="somebody else", published=True)
    assert (await desk.resolve(token)).user_id == "u"
    desk.records.clients["c"] = a_client("c", owner_id="somebody else")
    desk.families.drop_all()
    with pytest.raises(InvalidToken, match="ended"):
        await desk.resolve(token)


async def test_scopes_that_the_client_has_lost_are_lost() -> None:
    desk = Desk()
    desk.records.clients["c"] = a_client("c", owner_id="u", scopes=frozenset({"models"}))
    assert (await desk.resolve(desk.token(scope=("chat", "models")))).scope == {"models"}


async def test_a_subject_is_looked_at_again_after_a_wait() -> None:
    desk = Desk()
    subject = await desk.resolve(desk.token())
    assert await desk.service.still(subject) is subject
    desk.change(ended_at=1.0)
    with pytest.raises(InvalidToken):
        await desk.service.still(subject)


def test_tokens_of_ours_are_known_and_others_are_not() -> None:
    desk = Desk()
    assert desk.service.is_ours(desk.token())
    assert not desk.service.is_ours("sk-of-another")
    assert not desk.service.is_ours(desk.token()[:-4] + "AAAA")
