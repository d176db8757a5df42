"""In-memory stand-ins for the ports of `boundgate.passkeys`, and a desk with everything wired for tests."""

from __future__ import annotations

import secrets
from dataclasses import replace

from boundgate.clock import system_random
from boundgate.passkeys.ceremonies import RelyingParty
from boundgate.passkeys.enrolment import EnrolmentService
from boundgate.passkeys.model import EnrolmentLink, Notice, Passkey, User
from boundgate.passkeys.service import PasskeyService

ORIGIN = "https://gate.example:8443"
PARTY = RelyingParty(rp_id="gate.example", origin=ORIGIN, organisation="Example Labs", ceremony_seconds=300)


class ManualClock:
    """Time that moves only when told."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class MemoryChallenges:
    """`Challenges` that remembers what it issued."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.open: dict[str, tuple[str, str, float]] = {}

    def issue(self, *, purpose: str, context: str) -> str:
        challenge = secrets.token_urlsafe(24)
        self.open[challenge] = (purpose, context, self._clock())
        return challenge

    async def redeem(self, challenge: str, *, purpose: str, context: str, max_age_seconds: float) -> bool:
        made_for = self.open.get(challenge)
        if made_for is None or made_for[:2] != (purpose, context) or self._clock() - made_for[2] > max_age_seconds:
            return False
        del self.open[challenge]
        return True


class MemoryPasskeyStore:
    """`PasskeyStore` in dictionaries; atomic because nothing in it awaits."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self._passkeys: dict[bytes, Passkey] = {}
        self._links: dict[bytes, EnrolmentLink] = {}
        self._notices: list[Notice] = []
        self._ever_enrolled = False

    async def has_passkeys(self) -> bool:
        return self._ever_enrolled

    async def user(self, user_id: str) -> User | None:
        return self._users.get(user_id)

    async def user_by_name(self, name: str) -> User | None:
        return next((user for user in self._users.values() if user.name == name), None)

    async def users(self) -> list[User]:
        return list(self._users.values())

    async def create_user(self, user: User) -> bool:
        if await self.user_by_name(user.name) is not None:
            return False
        self._users[user.id] = user
        return True

    async def passkey(self, credential_id: bytes) -> Passkey | None:
        return self._passkeys.get(credential_id)

    async def passkeys_of(self, user_id: str) -> list[Passkey]:
        return [passkey for passkey in self._passkeys.values() if passkey.user_id == user_id]

    async def create_link(self, link: EnrolmentLink) -> None:
        self._close_links(link.user_id)
        self._links[link.token_hash] = link

    async def open_link(self, token_hash: bytes, *, now: float) -> EnrolmentLink | None:
        link = self._links.get(token_hash)
        return link if link is not None and now < link.expires_at else None

    async def redeem_link(self, token_hash: bytes, passkey: Passkey, *, now: float) -> bool:
        if await self.open_link(token_hash, now=now) is None or passkey.credential_id in self._passkeys:
            return False
        del self._links[token_hash]
        return await self.add_passkey(passkey)

    async def add_passkey(self, passkey: Passkey) -> bool:
        if passkey.credential_id in self._passkeys:
            return False
        self._passkeys[passkey.credential_id] = passkey
        self._ever_enrolled = True
        return True

    async def remove_passkey(self, user_id: str, credential_id: bytes) -> bool:
        own = [passkey.credential_id for passkey in await self.passkeys_of(user_id)]
        if credential_id not in own or len(own) == 1:
            return False
        del self._passkeys[credential_id]
        return True

    async def remove_all(self, user_id: str) -> int:
        own = await self.passkeys_of(user_id)
        for passkey in own:
            del self._passkeys[passkey.credential_id]
        self._close_links(user_id)
        return len(own)

    async def record_use(self, credential_id: bytes, *, sign_count: int, backed_up: bool, at: float) -> bool:
        known = self._passkeys.get(credential_id)
        if known is None or (sign_count > 0 and known.sign_count >= sign_count):
            return False
        self._passkeys[credential_id] = replace(known, sign_count=sign_count, backed_up=backed_up, last_used_at=at)
        return True

    async def add_notice(self, notice: Notice) -> None:
        self._notices.append(notice)

    async def notices(self, user_id: str) -> list[Notice]:
        return [notice for notice in reversed(self._notices) if notice.user_id == user_id][:20]

    def _close_links(self, user_id: str) -> None:
        self._links = {key: link for key, link in self._links.items() if link.user_id != user_id}


class PasskeyDesk:
    """Both services over memory, and the user ids whose everything was ended."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = MemoryPasskeyStore()
        self.challenges = MemoryChallenges(self.clock)
        self.ended: list[str] = []
        self.passkeys = PasskeyService(store=self.store, challenges=self.challenges, party=PARTY, clock=self.clock)
        self.enrolment = EnrolmentService(
            store=self.store,
            challenges=self.challenges,
            party=PARTY,
            clock=self.clock,
            random=system_random,
            first_link_seconds=900,
            invitation_seconds=86_400,
            end_everything=self._end_everything,
        )

    async def _end_everything(self, user_id: str) -> None:
        self.ended.append(user_id)
