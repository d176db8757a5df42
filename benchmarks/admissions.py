"""What every call to `/v1` pays: its cookies are resolved, and the policy decides."""

from __future__ import annotations

from benchmarks.refresh.split import PREFIX, forget
from benchmarks.timing import Case, Group
from boundgate.clock import system_clock, system_random
from boundgate.dbsc import unseal
from boundgate.keyring import KeyringFile
from boundgate.policy.decide import decide
from boundgate.policy.model import Action, Authorization, Facts
from boundgate.sessions.credential import Credential
from boundgate.terms import Tier
from tests.support.site import BOUND, LOGIN, Site, SoftBrowser


async def group(site: Site) -> Group:
    """The cases."""
    owner = await site.owner("carol")
    text, services = owner.cookie(BOUND) or "", site.services
    keys = services.settings.data_dir / "keys.json"
    macs = KeyringFile.load_or_create(keys, clock=system_clock, random=system_random)

    async def resolve(_: object) -> Credential:
        return await _resolve(site, owner)

    async def admit(_: object) -> None:
        found = await _resolve(site, owner)
        assert found.view is not None
        assert found.view.binding is not None
        facts = Facts(
            authorization=Authorization.NONE,
            bound_cookie_present=True,
            state=found.state,
            provenance=found.view.binding.provenance,
            proof_age_seconds=found.proof_age_seconds(services.clock()),
            contested=False,
            tier=Tier.STANDARD,
        )
        assert decide(facts, services.rules).action is Action.ALLOW

    async def read(_: object) -> Credential:
        forget(site, owner.session_id or "")
        return await _resolve(site, owner)

    return Group(
        "admission",
        [
            Case(name="bound cookie's MAC", calls=1000, call=lambda _: unseal(text, macs=macs)),
            Case(name="resolve, session cached", calls=500, wait=resolve),
            Case(name="resolve and decide, session cached", calls=500, wait=admit),
            Case(name="resolve, session in SQLite", calls=50, wait=read),
        ],
    )


async def _resolve(site: Site, browser: SoftBrowser) -> Credential:
    return await site.services.sessions.resolve(
        login_value=browser.jar[LOGIN][0], bound_text=browser.jar[BOUND][0], prefix=PREFIX
    )
