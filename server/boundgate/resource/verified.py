"""Access tokens verified before, by their hash: a call costs one signature verification and not two."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from boundgate.clock import Clock
from boundgate.dpop import token_hash
from boundgate.oauth.access_tokens import AccessClaims, AccessTokens
from boundgate.oauth.errors import InvalidToken
from boundgate.oauth.model import TokenSubject
from boundgate.oauth.ports import SigningKey, SigningKeys
from boundgate.resource.families import FamilyView

MAX_ENTRIES = 20_000
MAX_TOKEN_CHARS = 4096


@dataclass(slots=True)
class Verified:
    """A token whose signature and claims hold, and what its family's record made of it when it was last looked at."""

    hash: str
    """What its proofs name (`ath`)."""
    claims: AccessClaims
    view: FamilyView | None = None
    subject: TokenSubject | None = None


class VerifiedTokens:
    """Tokens that were verified, until they expire. The texts themselves are not kept.

    Args:
        tokens: verifies what has not been seen yet.
        keys: where they change, everything is forgotten: a key that was taken out has signed nothing any more.
        clock: injected.
        max_entries: how many; the one that was not used for longest goes first. None are kept where it is 0.
    """

    def __init__(
        self, tokens: AccessTokens, *, keys: SigningKeys, clock: Clock, max_entries: int = MAX_ENTRIES
    ) -> None:
        self._tokens, self._keys, self._clock, self._max_entries = tokens, keys, clock, max_entries
        self._signing_keys: Sequence[SigningKey] = ()
        self._known: OrderedDict[str, Verified] = OrderedDict()

    def read(self, token: str) -> Verified:
        """A token of ours that is good now.

        Raises:
            InvalidToken
        """
        if len(token) > MAX_TOKEN_CHARS or not token.isascii():
            raise InvalidToken("The access token is not one of this server's.")
        keys = self._keys.signing_keys
        if keys is not self._signing_keys:
            self._known.clear()
            self._signing_keys = keys
        name = token_hash(token)
        known = self._known.get(name)
        if known is not None and known.claims.issued_at <= self._clock() < known.claims.expires_at:
            self._known.move_to_end(name)
            return known
        self._known.pop(name, None)
        verified = Verified(name, self._tokens.read(token))
        if self._max_entries:
            self._known[name] = verified
            if len(self._known) > self._max_entries:
                self._known.popitem(last=False)
        return verified
