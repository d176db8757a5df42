"""How a user gets a first passkey: by a one-time link, for a start, an invitation or a recovery."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any

from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.errors import BadRequest, Conflict, Gone, NotFound
from boundgate.passkeys import challenges as purposes
from boundgate.passkeys.ceremonies import RelyingParty, creation_options, verify_registration
from boundgate.passkeys.model import EnrolmentLink, LinkPurpose, Notice, User
from boundgate.passkeys.names import passkey_name, user_name
from boundgate.passkeys.ports import Challenges, PasskeyStore
from boundgate.passkeys.wire import parse_registration

FIRST_USER_NAME = "operator"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_RECOVERY_NOTICE = (
    "An operator recovered this account: its passkeys were removed and every session was ended. "
    "If you did not ask for that, tell your operator now."
)


def hash_link_token(token: str) -> bytes:
    """SHA-256 of a link token, as stored. Anything that is no such token gets the hash of nothing that was issued."""
    return hashlib.sha256(token.encode() if _TOKEN.fullmatch(token) else b"").digest()


class EnrolmentService:
    """Users and their one-time links. A token is returned once, by the call that makes it, and stored as a hash.

    Args:
        clock: Unix seconds; links are judged by it.
        random: the source of tokens, ids and WebAuthn user handles.
        first_link_seconds: life of the link that the server prints when nobody has enrolled.
        invitation_seconds: life of an invitation and of a recovery link.
        end_everything: ends all sessions and tokens of a user id, durably, before it returns.
    """

    def __init__(
        self,
        *,
        store: PasskeyStore,
        challenges: Challenges,
        party: RelyingParty,
        clock: Clock,
        random: RandomBytes,
        first_link_seconds: float,
        invitation_seconds: float,
        end_everything: Callable[[str], Awaitable[None]],
    ) -> None:
        self._store = store
        self._challenges = challenges
        self._party = party
        self._clock = clock
        self._random = random
        self._first_link_seconds = first_link_seconds
        self._invitation_seconds = invitation_seconds
        self._end_everything = end_everything

    async def first_link(self) -> str | None:
        """A token for the first user, an operator, or None once anybody has enrolled.

        The user is made where there is none yet; an older open link of theirs is closed.
        """
        if await self._store.has_passkeys():
            return None
        user = next((user for user in await self._store.users() if user.operator), None)
        if user is None:
            user = await self._find_or_create(FIRST_USER_NAME, operator=True)
        return await self._new_link(user, LinkPurpose.ENROL, self._first_link_seconds)

    async def invite(self, name: str, operator: bool = False) -> str:
        """A token for a new user, or a fresh one for a user who has not enrolled yet.

        Raises:
            BadRequest: the name cannot be used.
            Conflict: the user has enrolled already, or was first invited without the operator's rights.
        """
        wanted = user_name(name)
        if wanted == FIRST_USER_NAME and not operator and await self._store.user_by_name(wanted) is None:
            raise BadRequest(
                f"{FIRST_USER_NAME!r} is kept for an operator. Choose another name, or invite with --operator.",
                param="name",
            )
        user = await self._find_or_create(wanted, operator=operator)
        if await self._store.passkeys_of(user.id):
            raise Conflict(
                "This user has enrolled already. If they have lost their passkeys, use `boundgate users recover`."
            )
        if operator and not user.operator:
            raise Conflict(
                "This user was invited without operator rights, and a new link cannot raise them. "
                "Invite the operator under another name."
            )
        return await self._new_link(user, LinkPurpose.ENROL, self._invitation_seconds)

    async def recover(self, name: str) -> str:
        """Take everything from a user (passkeys, links, sessions, tokens), leave them a notice, and return a token.

        Safe to repeat: what an interrupted call left undone, the next one does.

        Raises:
            BadRequest: this can be nobody's name.
            NotFound: nobody has this name.
        """
        user = await self._store.user_by_name(user_name(name))
        if user is None:
            raise NotFound("No user has this name. Check the spelling, or use `boundgate users invite`.")
        # Passkeys first: whoever still holds one must not sign in again behind the end of the sessions.
        await self._store.remove_all(user.id)
        await self._end_everything(user.id)
        await self._store.add_notice(Notice(user_id=user.id, at=self._clock(), text=_RECOVERY_NOTICE))
        return await self._new_link(user, LinkPurpose.RECOVER, self._invitation_seconds)

    async def options(self, token: str) -> dict[str, Any]:
        """`{"publicKey": PublicKeyCredentialCreationOptionsJSON, "user": {"name"}, "purpose": "enrol"|"recover"}`.

        Asking uses nothing up.

        Raises:
            Gone: the link is unknown, used, expired or replaced.
        """
        link, user = await self._open(token)
        challenge = self._challenges.issue(purpose=purposes.ENROL, context=link.token_hash.hex())
        existing = await self._store.passkeys_of(user.id)
        return {
            "publicKey": creation_options(self._party, challenge=challenge, user=user, existing=existing),
            "user": {"name": user.name},
            "purpose": link.purpose.value,
        }

    async def complete(self, token: str, credential_json: str, passkey_name_text: str = "") -> User:
        """Verify an answer to `options` and store the passkey in the transaction that consumes the link.

        Any refusal but `Gone` leaves the link usable.

        Raises:
            Gone: the link is unknown, used, expired or replaced, or another caller was faster.
            BadRequest, TooLarge: the answer or the name cannot be accepted.
            AuthenticationError: `passkey_refused` or `passkey_expired`.
            Conflict: the passkey is registered already.
        """
        link, user = await self._open(token)
        label = passkey_name(passkey_name_text)
        answer = parse_registration(credential_json)
        credential = verify_registration(self._party, answer)
        await purposes.redeem(
            self._challenges,
            answer.client_data.challenge,
            purpose=purposes.ENROL,
            context=link.token_hash.hex(),
            max_age_seconds=self._party.ceremony_seconds,
        )
        now = self._clock()
        passkey = credential.as_passkey(user_id=user.id, name=label, created_at=now)
        if not await self._store.redeem_link(link.token_hash, passkey, now=now):
            await self._open(token)
            raise Conflict("This passkey is registered already. Use another device or password manager.")
        return user

    async def users(self) -> list[User]:
        """Everybody, in the order of creation."""
        return await self._store.users()

    async def _open(self, token: str) -> tuple[EnrolmentLink, User]:
        link = await self._store.open_link(hash_link_token(token), now=self._clock())
        user = await self._store.user(link.user_id) if link else None
        if link is None or user is None:
            raise Gone(
                "This link was used, has expired, or was replaced by a newer one. Ask your operator for a new link "
                "(`boundgate users invite`); if nobody has enrolled yet, restart the server, which makes a new one."
            )
        return link, user

    async def _find_or_create(self, name: str, *, operator: bool) -> User:
        for _ in range(2):
            known = await self._store.user_by_name(name)
            if known is not None:
                return known
            user = User(
                id=new_token(self._random, size_bytes=16),
                name=name,
                handle=self._random(32),
                operator=operator,
                created_at=self._clock(),
            )
            if await self._store.create_user(user):
                return user
        raise Conflict("Somebody else is making the same user at this moment. Try again.")

    async def _new_link(self, user: User, purpose: LinkPurpose, life_seconds: float) -> str:
        token, now = new_token(self._random), self._clock()
        await self._store.create_link(
            EnrolmentLink(
                token_hash=hash_link_token(token),
                user_id=user.id,
                purpose=purpose,
                created_at=now,
                expires_at=now + life_seconds,
            )
        )
        return token
