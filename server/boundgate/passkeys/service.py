"""Sign-in, assertions made for one act, and the list of a user's passkeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boundgate.clock import Clock
from boundgate.errors import AuthenticationError, Conflict, NotFound
from boundgate.passkeys import challenges as purposes
from boundgate.passkeys.ceremonies import (
    RelyingParty,
    creation_options,
    is_cloned,
    request_options,
    verify_assertion,
    verify_registration,
)
from boundgate.passkeys.model import Notice, Passkey, User
from boundgate.passkeys.names import passkey_name
from boundgate.passkeys.ports import Challenges, PasskeyStore
from boundgate.passkeys.wire import AssertionAnswer, decode_base64url, parse_assertion, parse_registration


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who signed in, and with which passkey."""

    user: User
    credential_id: bytes


class PasskeyService:
    """Everything a user does with passkeys after enrolment.

    Each challenge answers once, for `party.ceremony_seconds`, and is used up only by an answer whose signature holds.

    Args:
        party: who asks; its origin is the only one accepted.
        clock: Unix seconds, for the times that are stored.
    """

    def __init__(self, *, store: PasskeyStore, challenges: Challenges, party: RelyingParty, clock: Clock) -> None:
        self._store = store
        self._challenges = challenges
        self._party = party
        self._clock = clock

    def sign_in_options(self) -> dict[str, Any]:
        """`{"publicKey": PublicKeyCredentialRequestOptionsJSON}` that any discoverable passkey may answer."""
        challenge = self._challenges.issue(purpose=purposes.SIGN_IN, context="")
        return {"publicKey": request_options(self._party, challenge=challenge)}

    async def sign_in(self, credential_json: str) -> SignedIn:
        """Verify an answer to `sign_in_options`, sent as the JSON text of an `AuthenticationResponseJSON`.

        Raises:
            BadRequest, TooLarge: the text cannot be read.
            AuthenticationError: `passkey_unknown`, `passkey_refused`, `passkey_expired` or `passkey_cloned`.
        """
        answer = parse_assertion(credential_json)
        passkey = await self._store.passkey(answer.credential_id)
        user = await self._store.user(passkey.user_id) if passkey else None
        if passkey is None or user is None:
            raise _unknown()
        # WebAuthn §7.2 step 6: without a user named beforehand, the handle must be there and name the key's owner.
        if answer.user_handle != user.handle:
            raise _not_yours()
        await self._honour(answer, passkey, purpose=purposes.SIGN_IN, context="")
        return SignedIn(user=user, credential_id=passkey.credential_id)

    async def sign_in_options_as(self, user_id: str) -> dict[str, Any]:
        """`{"publicKey": ...}` for a sign-in by one user, to be answered by a passkey of theirs and no other.

        Raises:
            Conflict: there is no such user, or no passkey to answer with.
        """
        passkeys = await self._store.passkeys_of(user_id)
        if not passkeys:
            raise _no_passkey()
        challenge = self._challenges.issue(purpose=purposes.SIGN_IN_AS, context=user_id)
        return {"publicKey": request_options(self._party, challenge=challenge, allowed=passkeys)}

    async def sign_in_as(self, credential_json: str, *, user_id: str) -> SignedIn:
        """Verify an answer to `sign_in_options_as`; one by anybody else's passkey is refused.

        Raises:
            BadRequest, TooLarge: the text cannot be read.
            AuthenticationError: `passkey_unknown`, `passkey_refused`, `passkey_expired` or `passkey_cloned`.
        """
        answer = parse_assertion(credential_json)
        user, passkey = await self._answering(answer, user_id)
        await self._honour(answer, passkey, purpose=purposes.SIGN_IN_AS, context=user_id)
        return SignedIn(user=user, credential_id=passkey.credential_id)

    async def act_options(self, user: User, session_id: str, act: str, target: str) -> dict[str, Any]:
        """`{"publicKey": ...}` for one act on one target by one session, to be answered by a passkey of `user`.

        Raises:
            Conflict: the user has no passkey to answer with.
        """
        passkeys = await self._store.passkeys_of(user.id)
        if not passkeys:
            raise _no_passkey()
        context = purposes.act_context(act, session_id, target)
        challenge = self._challenges.issue(purpose=purposes.ACT, context=context)
        return {"publicKey": request_options(self._party, challenge=challenge, allowed=passkeys)}

    async def confirm_act(self, credential_json: str, *, user_id: str, session_id: str, act: str, target: str) -> None:
        """Verify an answer to `act_options` made for exactly this act; it counts once.

        Raises:
            BadRequest, TooLarge: the text cannot be read.
            AuthenticationError: `passkey_unknown`, `passkey_refused`, `passkey_expired` or `passkey_cloned`.
        """
        answer = parse_assertion(credential_json)
        _, passkey = await self._answering(answer, user_id)
        context = purposes.act_context(act, session_id, target)
        await self._honour(answer, passkey, purpose=purposes.ACT, context=context)

    async def add_options(self, user: User, session_id: str) -> dict[str, Any]:
        """`{"publicKey": PublicKeyCredentialCreationOptionsJSON}` for one more passkey.

        Only for a caller that has just confirmed the act of adding: the challenge is what carries that on to `add`.
        """
        challenge = self._challenges.issue(purpose=purposes.ADD, context=session_id)
        existing = await self._store.passkeys_of(user.id)
        return {"publicKey": creation_options(self._party, challenge=challenge, user=user, existing=existing)}

    async def add(self, credential_json: str, *, user_id: str, session_id: str, name: str = "") -> Passkey:
        """Verify an answer to `add_options` (a `RegistrationResponseJSON`) and store the passkey.

        Raises:
            BadRequest, TooLarge: the text or the name cannot be accepted.
            AuthenticationError: `passkey_refused` or `passkey_expired`.
            Conflict: the passkey is registered already.
        """
        label = passkey_name(name)
        answer = parse_registration(credential_json)
        credential = verify_registration(self._party, answer)
        await self._redeem(answer.client_data.challenge, purpose=purposes.ADD, context=session_id)
        passkey = credential.as_passkey(user_id=user_id, name=label, created_at=self._clock())
        if not await self._store.add_passkey(passkey):
            raise Conflict("This passkey is registered already. Use another device or password manager.")
        return passkey

    async def remove(self, user_id: str, credential_id_b64: str) -> None:
        """Remove one of several passkeys, named by its id in unpadded base64url.

        Raises:
            BadRequest: the id is not base64url.
            NotFound: the user has no such passkey.
            Conflict: it is the last one.
        """
        credential_id = decode_base64url(credential_id_b64, param="credential_id")
        if await self._store.remove_passkey(user_id, credential_id):
            return
        if any(passkey.credential_id == credential_id for passkey in await self._store.passkeys_of(user_id)):
            raise Conflict("This is your only passkey: without it you could not sign in again. Add another one first.")
        raise NotFound("You have no such passkey. Reload the page to see those that you have.")

    async def passkeys_of(self, user_id: str) -> list[Passkey]:
        """The user's passkeys, in the order of creation."""
        return await self._store.passkeys_of(user_id)

    async def notices(self, user_id: str) -> list[Notice]:
        """What the user must be told, such as a recovery, newest first."""
        return await self._store.notices(user_id)

    async def _answering(self, answer: AssertionAnswer, user_id: str) -> tuple[User, Passkey]:
        """The user who was named beforehand and the passkey that answered, where the two belong together."""
        passkey = await self._store.passkey(answer.credential_id)
        user = await self._store.user(user_id)
        if passkey is None or user is None:
            raise _unknown()
        if passkey.user_id != user_id or answer.user_handle not in (None, user.handle):
            raise _not_yours()
        return user, passkey

    async def _honour(self, answer: AssertionAnswer, passkey: Passkey, *, purpose: str, context: str) -> None:
        assertion = verify_assertion(self._party, answer, passkey)
        await self._redeem(answer.client_data.challenge, purpose=purpose, context=context)
        if is_cloned(passkey, assertion):
            raise _cloned()
        used = await self._store.record_use(
            passkey.credential_id, sign_count=assertion.sign_count, backed_up=assertion.backed_up, at=self._clock()
        )
        if not used:
            raise _unknown() if await self._store.passkey(passkey.credential_id) is None else _cloned()

    async def _redeem(self, challenge: str, *, purpose: str, context: str) -> None:
        await purposes.redeem(
            self._challenges,
            challenge,
            purpose=purpose,
            context=context,
            max_age_seconds=self._party.ceremony_seconds,
        )


def _no_passkey() -> Conflict:
    return Conflict("This account has no passkey. Ask your operator to recover it.")


def _unknown() -> AuthenticationError:
    return AuthenticationError(
        "This passkey is not registered here; it may have been removed. Use another one, or ask your operator to "
        "recover your account.",
        code="passkey_unknown",
    )


def _not_yours() -> AuthenticationError:
    return AuthenticationError(
        "This passkey does not belong to the account that it answered for. Start again and choose another one.",
        code="passkey_refused",
    )


def _cloned() -> AuthenticationError:
    return AuthenticationError(
        "This passkey's counter went backwards, as it does when somebody has copied the key. Sign in with another "
        "passkey and remove this one, or ask your operator to recover your account.",
        code="passkey_cloned",
    )
