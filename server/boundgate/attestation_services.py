"""Key attestation, composed: roots from the settings, notices among those of passkeys."""

from __future__ import annotations

from collections.abc import Callable, Collection

from boundgate.attestation import AttestationService, AttestationStore, EndorsementRoots, RootsError
from boundgate.clock import Clock, RandomBytes
from boundgate.dbsc import Challenges
from boundgate.keyring import KeyringFile
from boundgate.passkeys.model import Notice
from boundgate.passkeys.ports import PasskeyStore
from boundgate.settings import Settings, SettingsError


class AccountNotices:
    """`attestation.ports.Notices` on the account page."""

    def __init__(self, store: PasskeyStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def tell(self, user_id: str, text: str) -> None:
        await self._store.add_notice(Notice(user_id=user_id, at=self._clock(), text=text))


def compose_attestation(
    settings: Settings,
    *,
    store: AttestationStore,
    passkeys: PasskeyStore,
    challenges: Challenges,
    keyring: KeyringFile,
    clock: Clock,
    random: RandomBytes,
    on_raised: Callable[[Collection[str]], None],
) -> AttestationService:
    """Join the rooms.

    Args:
        on_raised: told which families' provenance has been raised.

    Raises:
        SettingsError: the file of roots cannot be used.
    """
    return AttestationService(
        roots=read_roots(settings),
        store=store,
        nonces=challenges,
        macs=keyring,
        notices=AccountNotices(passkeys, clock),
        clock=clock,
        random=random,
        on_raised=on_raised,
    )


def read_roots(settings: Settings) -> EndorsementRoots:
    """The makers that the settings list; none by default. Raises SettingsError."""
    file = settings.attestation_roots_file
    if file is None:
        return EndorsementRoots()
    try:
        return EndorsementRoots.from_pem(file.read_bytes())
    except OSError as error:
        raise SettingsError(f"attestation_roots_file {file} cannot be read: {error.strerror}") from None
    except RootsError as error:
        raise SettingsError(f"attestation_roots_file {file} cannot be used: {error}") from None
