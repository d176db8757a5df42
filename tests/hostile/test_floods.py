"""A hundred thousand hostile refreshes that name a victim's session: nothing is evicted, used up, or grows."""

from __future__ import annotations

import gc
import resource
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boundgate.policy.decide import decide
from boundgate.policy.model import Authorization, Facts
from boundgate.terms import Provenance, SessionState, Tier
from tests.support.asgi import request
from tests.support.site import ORIGIN, Site, SoftBrowser, running_site
from tests.support.soft_browser import SoftDbsc, read_challenge, read_offers, refresh_headers, registration_headers

HOSTILE = 100_000
ATTACKERS = 200
WINDOW_SECONDS = 540.0
GROWTH_MAX_KIB = 64 * 1024
DATABASE_MAX_BYTES = 4 * 1024 * 1024


class Attack:
    """What somebody who knows the victim's session id, and has listened to one refresh, may send."""

    def __init__(self, victim: SoftBrowser, stranger: SoftBrowser, captured: str) -> None:
        assert victim.session_id
        assert stranger.key
        self.session_id, key = victim.session_id, SoftDbsc()
        challenge = victim.challenge or ""
        self.proofs: list[Callable[[int], str | None]] = [
            lambda _: None,
            lambda _: captured,
            lambda number: f"junk.{number}.proof",
            lambda _: key.refresh_proof(challenge),
            lambda _: key.registration_proof(challenge, "guess"),
            lambda number: f"{'A' * (number % 4000)}.e30.AAAA",
        ]
        # Signing costs more than all else here, so each forged proof is made once.
        other = stranger.key.refresh_proof(stranger.challenge)
        own = key.refresh_proof("A" * 64)
        self.proofs += [lambda _: other, lambda _: own]
        self._made: dict[int, str | None] = {}

    def headers(self, number: int) -> list[tuple[bytes, bytes]]:
        kind = number % len(self.proofs)
        if kind in {3, 4} and kind not in self._made:
            self._made[kind] = self.proofs[kind](number)
        proof = self._made[kind] if kind in self._made else self.proofs[kind](number)
        fields = {"host": "localhost:8443", "content-length": "0"} | refresh_headers(
            self.session_id, proof, origin=ORIGIN
        )
        return [(name.lower().encode(), value.encode()) for name, value in fields.items()]


def sizes(site: Site) -> dict[str, int]:
    """How much the hot state holds."""
    hot: Any = site.services.sessions._hot
    return {name: len(getattr(hot, name)) for name in ("_consumed", "_activity", "_consumed_until", "_activity_until")}


def octets_in(directory: Path) -> int:
    """Of all files, the database's own journal included."""
    return sum(path.stat().st_size for path in directory.iterdir() if path.is_file())


@pytest.mark.timeout(300)
async def test_a_hundred_thousand_hostile_refreshes_change_nothing_for_the_victim(site: Site) -> None:
    victim, stranger = await site.owner("victim"), await site.owner("stranger")
    assert victim.key
    captured = victim.key.refresh_proof(victim.challenge)
    used = await victim.send(
        "POST", "/dbsc/refresh", headers=refresh_headers(victim.session_id or "", captured, origin=ORIGIN)
    )
    assert used.status_code == 200
    victim.challenge = read_challenge(used.headers["Secure-Session-Challenge"], victim.session_id or "")
    hot, session_id = site.services.sessions._hot, victim.session_id or ""
    before = await hot.signatures(session_id, now=site.clock(), window_seconds=WINDOW_SECONDS)
    attack, app, held = Attack(victim, stranger, captured), site.app.asgi_app, sizes(site)
    gc.collect()
    memory, statuses = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, Counter[int]()
    for number in range(HOSTILE):
        client = (f"203.0.113.{number % ATTACKERS}", 40_000)
        answer = await request(app, "POST", "/dbsc/refresh", headers=attack.headers(number), client=client)
        assert b"set-cookie" not in dict(answer.headers)
        statuses[answer.status] += 1
        if number % 10_000 == 0:
            await site.services.flush()
    assert statuses == {403: HOSTILE}, "each is told to try again, for the victim may be behind it"
    assert sizes(site) == held, "nothing is remembered of what proves nothing"
    assert await hot.signatures(session_id, now=site.clock(), window_seconds=WINDOW_SECONDS) == before
    assert (await victim.refresh()).status_code == 200, "in one round trip, with the challenge of before"
    assert (await victim.chat()).status_code == 200
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    assert grown < GROWTH_MAX_KIB, f"{grown} KiB"
    await site.services.flush()
    events = await site.services.usage.events(kind_prefix="dbsc.", limit=100_000)
    assert len(events) < 4 * ATTACKERS * 2, "equal refusals of one address in one minute share a row"
    assert sum(event.count for event in events if event.outcome != "ok") == HOSTILE
    assert octets_in(site.services.settings.data_dir) < DATABASE_MAX_BYTES


async def test_a_replay_after_a_restart_proves_nothing(tmp_path: Path) -> None:
    async with running_site(tmp_path / "data") as site:
        owner = await site.owner()
        assert owner.key
        captured = owner.key.refresh_proof(owner.challenge)
        headers = refresh_headers(owner.session_id or "", captured, origin=ORIGIN)
        assert (await owner.send("POST", "/dbsc/refresh", headers=headers)).status_code == 200
    async with running_site(tmp_path / "data") as site:
        owner.site = site
        for _ in range(20):
            answer = await owner.send("POST", "/dbsc/refresh", headers=headers)
            assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (403, [])


async def test_junk_registrations_in_bulk_contest_nothing_and_a_real_second_key_does_so_once(site: Site) -> None:
    owner = await site.owner()
    offer = read_offers(owner.offer or "")[0]
    assert offer.challenge
    key = SoftDbsc()
    for number in range(200):
        proof = [
            f"junk.{number}.x",
            key.registration_proof("guess", offer.authorization),
            key.registration_proof(offer.challenge, f"guess {number}"),
            key.registration_proof(offer.challenge, offer.authorization, signer=SoftDbsc()),
        ][number % 4]
        answer = await owner.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
        assert 400 <= answer.status_code < 500
    assert (await owner.chat()).status_code == 200
    for _ in range(3):
        second = SoftDbsc().registration_proof(offer.challenge, offer.authorization)
        answer = await owner.send("POST", "/dbsc/register", headers=registration_headers(second, origin=ORIGIN))
        assert answer.status_code == 409
    view = await site.services.sessions._store.view(owner.session_id or "")
    assert view is not None
    assert view.binding is not None
    assert (view.binding.contested_at, view.binding.thumbprint) == (site.clock(), owner.key and owner.key.thumbprint)


async def test_a_program_with_a_key_file_registers_as_browser_and_gains_nothing_by_it(site: Site) -> None:
    program = site.browser(dbsc=False)  # what follows is all that it does, with a key of its own
    await program.enrol(await site.services.enrolment.invite("program"))
    offer, key = read_offers(program.offer or "")[0], SoftDbsc()
    proof = key.registration_proof(offer.challenge, offer.authorization)
    answer = await program.send("POST", "/dbsc/register", headers=registration_headers(proof, origin=ORIGIN))
    assert answer.status_code == 200
    assert (await program.state())["provenance"] == Provenance.BROWSER
    for tier, rule in site.services.rules.items():
        assert rule.accepted_provenances >= {Provenance.SOFTWARE, Provenance.BROWSER}, tier
    for tier in (*Tier, None):
        facts = {
            provenance: Facts(
                authorization=Authorization.NONE,
                bound_cookie_present=True,
                state=SessionState.BOUND,
                provenance=provenance,
                proof_age_seconds=1.0,
                contested=False,
                tier=tier,
            )
            for provenance in (Provenance.SOFTWARE, Provenance.BROWSER)
        }
        decisions = [decide(each, site.services.rules) for each in facts.values()]
        assert decisions[0] == decisions[1], tier
