"""What this domain needs from storage."""

from __future__ import annotations

from typing import Protocol

from boundgate.passkeys.model import EnrolmentLink, Notice, Passkey, User


class PasskeyStore(Protocol):
    """Durable users, passkeys, links and notices. `None` means "no such record" and nothing else."""

    async def has_passkeys(self) -> bool:
        """Whether anybody has ever enrolled (decides whether the banner offers the first link)."""

    async def user(self, user_id: str) -> User | None: ...

    async def user_by_name(self, name: str) -> User | None: ...

    async def users(self) -> list[User]:
        """Everybody, in the order of creation."""

    async def create_user(self, user: User) -> bool:
        """False, and nothing changed, where the name is taken."""

    async def passkey(self, credential_id: bytes) -> Passkey | None: ...

    async def passkeys_of(self, user_id: str) -> list[Passkey]:
        """In the order of creation."""

    async def create_link(self, link: EnrolmentLink) -> None:
        """Store a link and close every other open link of the same user."""

    async def open_link(self, token_hash: bytes, *, now: float) -> EnrolmentLink | None:
        """The link, unless unknown, used or expired."""

    async def redeem_link(self, token_hash: bytes, passkey: Passkey, *, now: float) -> bool:
        """Consume the link and store its first passkey in one transaction.

        Of any number of callers at most one gets True; False changes nothing.
        """

    async def add_passkey(self, passkey: Passkey) -> bool:
        """Store one more passkey of a user who has one.

        False, and nothing changed, where that credential id is already known, whoever it belongs to, or where the
        user has no passkey any more: a recovery that came in between must win.
        """

    async def remove_passkey(self, user_id: str, credential_id: bytes) -> bool:
        """Remove one of several; False, and nothing changed, for the last one or an unknown one. Atomic."""

    async def remove_all(self, user_id: str) -> int:
        """Remove every passkey of a user and close their links (recovery). Returns how many passkeys."""

    async def record_use(self, credential_id: bytes, *, sign_count: int, backed_up: bool, at: float) -> bool:
        """Store a new sign count, backup state and time of use.

        False, and nothing changed, where the stored count is not below a non-zero `sign_count`
        (WebAuthn §7.2 step 22): of two clones answering at once, one loses.
        """

    async def add_notice(self, notice: Notice) -> None: ...

    async def notices(self, user_id: str) -> list[Notice]:
        """Newest first, at most 20."""


class Challenges(Protocol):
    """One-time challenges that nobody has to store until they are used."""

    def issue(self, *, purpose: str, context: str) -> str:
        """A fresh challenge for this purpose and context: ASCII, URL-safe. Stores nothing."""

    async def redeem(self, challenge: str, *, purpose: str, context: str, max_age_seconds: float) -> bool:
        """True exactly once, for an unexpired challenge that was issued for this very purpose and context.

        Any text may come in; what was never issued is just False.
        """
