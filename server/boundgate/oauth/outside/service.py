"""One sign-in elsewhere, from the button to the name of an account, and the links that give such a name a meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hmac import compare_digest

from boundgate.clock import Clock, RandomBytes, new_token
from boundgate.errors import Conflict, NotFound
from boundgate.oauth.model import OutsideLink
from boundgate.oauth.outside.carried import (
    TARGET_MAX_CHARS,
    Carried,
    Carrier,
    cookie_value,
    read_cookie_value,
    record_of,
)
from boundgate.oauth.outside.discovery import Discovery
from boundgate.oauth.outside.errors import (
    OutsideElsewhere,
    OutsideMixedUp,
    OutsideReplayed,
    OutsideStale,
    OutsideUnlinked,
)
from boundgate.oauth.outside.exchange import TokenExchange, authorization_url, code_of
from boundgate.oauth.outside.id_token import key_id_of, verify_id_token
from boundgate.oauth.outside.model import Identified, Provider, Purpose, Waiting
from boundgate.oauth.outside.ports import Challenges, Web
from boundgate.oauth.ports import OutsideLinkStore

SKEW_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where the browser goes, and what it carries until it is back."""

    url: str
    cookie: str


class OutsideSignIn:
    """Sign-in with outside providers. It names accounts; what that is worth is decided by a passkey.

    Args:
        providers: in the order of their buttons.
    """

    def __init__(
        self,
        *,
        providers: Iterable[Provider],
        links: OutsideLinkStore,
        challenges: Challenges,
        web: Web,
        clock: Clock,
        random: RandomBytes,
    ) -> None:
        self._providers = {provider.id: provider for provider in providers}
        self._links, self._clock, self._random = links, clock, random
        self._carrier = Carrier(challenges)
        self._discovery = Discovery(web=web, clock=clock)
        self._exchange = TokenExchange(web=web, clock=clock, new_token=lambda: new_token(random))

    @property
    def providers(self) -> list[Provider]:
        """Those that an operator has set up; by default none."""
        return list(self._providers.values())

    def name_of(self, issuer: str) -> str:
        """The name of a provider, or the issuer itself where it is no longer set up."""
        return next((each.name for each in self._providers.values() if each.issuer == issuer), issuer)

    def provider(self, provider_id: str) -> Provider:
        """Raises NotFound: there is no such provider."""
        found = self._providers.get(provider_id)
        if found is None:
            raise NotFound("There is no such sign-in provider here.")
        return found

    async def begin(self, provider_id: str, *, purpose: Purpose, session_id: str = "", target: str = "") -> Begun:
        """Make a request to a provider. Stores nothing.

        Raises:
            NotFound: there is no such provider.
            OutsideUnreachable, OutsideUnacceptable: it cannot be used at the moment.
        """
        provider = self.provider(provider_id)
        metadata = await self._discovery.metadata(provider)
        waiting = Waiting(
            purpose=purpose,
            provider_id=provider.id,
            issuer=provider.issuer,
            session_id=session_id,
            target=target if len(target) <= TARGET_MAX_CHARS else "",
            verifier=new_token(self._random),
            nonce=new_token(self._random),
        )
        carried = self._carrier.seal(waiting)
        url = authorization_url(provider, metadata, waiting, state=carried.token)
        return Begun(url=url, cookie=cookie_value(carried))

    def purpose_of(self, cookie: str | None) -> Purpose:
        """What a browser is away for, to choose a page by; unverified."""
        carried = read_cookie_value(cookie) if cookie else None
        waiting = record_of(carried, Waiting) if carried else None
        return waiting.purpose if waiting else Purpose.SIGN_IN

    async def complete(
        self, provider_id: str, parameters: Mapping[str, str], *, cookie: str | None, session_id: str | None
    ) -> tuple[Identified, str]:
        """Take a provider's answer. Returns whom it names, and what the browser carries from now on.

        Args:
            provider_id: whose redirect URI the answer came to.
            parameters: of its query.
            cookie: what the browser carried.
            session_id: of the session that the browser is signed in with.

        Raises:
            OutsideElsewhere: this browser has not begun it. Nothing was used up.
            OutsideError: it was used up, and came to nothing.
        """
        carried = read_cookie_value(cookie) if cookie else None
        state = parameters.get("state", "")
        # RFC 6749 §10.12: whoever begins it elsewhere and sends the answer here has not got this cookie.
        if carried is None or not compare_digest(carried.token.encode(), state.encode()):
            raise OutsideElsewhere
        if not self._carrier.is_good(carried, Waiting):
            raise OutsideStale
        if not await self._carrier.use_up(carried, Waiting):
            raise OutsideReplayed
        waiting = record_of(carried, Waiting)
        assert waiting is not None, "what is good is a record"
        provider = self.provider(provider_id)
        # RFC 9700 §4.4.2: each issuer has its own redirect URI, so an answer that comes to another one is mixed up.
        if (waiting.provider_id, waiting.issuer) != (provider.id, provider.issuer):
            raise OutsideMixedUp
        if waiting.purpose is Purpose.LINK and waiting.session_id != session_id:
            raise OutsideElsewhere
        subject = await self._subject(provider, waiting, parameters)
        identified = Identified(
            purpose=waiting.purpose,
            provider_id=provider.id,
            issuer=provider.issuer,
            subject=subject,
            session_id=waiting.session_id,
            target=waiting.target,
            user_id="" if waiting.purpose is Purpose.LINK else await self._linked(provider, subject),
        )
        return identified, cookie_value(self._carrier.seal(identified))

    async def _subject(self, provider: Provider, waiting: Waiting, parameters: Mapping[str, str]) -> str:
        metadata = await self._discovery.metadata(provider)
        code = code_of(parameters, metadata, provider)
        token = await self._exchange.id_token(provider, metadata, code=code, verifier=waiting.verifier)
        return verify_id_token(
            token,
            keys=await self._discovery.keys(metadata, kid=key_id_of(token)),
            algorithms=metadata.algorithms,
            expected_issuer=provider.issuer,
            expected_audience=provider.client_id,
            expected_nonce=waiting.nonce,
            now=self._clock(),
            skew_seconds=SKEW_SECONDS,
        )

    async def _linked(self, provider: Provider, subject: str) -> str:
        link = await self._links.outside_link(provider.issuer, subject)
        if link is None:
            raise OutsideUnlinked(
                f"Nobody here has linked this account of {provider.name}. Sign in with your passkey, and link it "
                "under Account; from then on you can begin with it."
            )
        return link.user_id

    def identified(self, cookie: str | None, purpose: Purpose, *, session_id: str = "") -> Identified | None:
        """Whom a browser carries the name of, for this purpose and session; None where it carries none, or no more."""
        carried = self._identified(cookie)
        record = record_of(carried, Identified) if carried else None
        fits = record is not None and (record.purpose, record.session_id) == (purpose, session_id)
        return record if fits else None

    async def use_up(self, cookie: str | None) -> None:
        """Let what was carried count once.

        Raises:
            OutsideReplayed, OutsideStale
        """
        carried = self._identified(cookie)
        if carried is None:
            raise OutsideStale
        if not await self._carrier.use_up(carried, Identified):
            raise OutsideReplayed

    def _identified(self, cookie: str | None) -> Carried | None:
        carried = read_cookie_value(cookie) if cookie else None
        return carried if carried and self._carrier.is_good(carried, Identified) else None

    async def links_of(self, user_id: str) -> list[OutsideLink]:
        """A user's links, in the order of linking."""
        return await self._links.outside_links_of(user_id)

    async def link(self, identified: Identified, *, user_id: str) -> None:
        """Link an account that its owner has just shown to have. Only after a touch made for this very act.

        Raises:
            Conflict: it is linked already.
        """
        link = OutsideLink(
            issuer=identified.issuer, subject=identified.subject, user_id=user_id, linked_at=self._clock()
        )
        if not await self._links.add_outside_link(link):
            raise Conflict("This account is linked already, to you or to somebody else here. Nothing was changed.")

    async def unlink(self, account: str, *, user_id: str) -> None:
        """Take a link away, named by `account_id`. Only after a touch made for this very act.

        Raises:
            NotFound: the user has no such link.
        """
        issuer, _, subject = account.partition(" ")
        if not await self._links.remove_outside_link(user_id, issuer, subject):
            raise NotFound("You have linked no such account; it may be unlinked already. Reload the page.")

    async def forget_all(self, user_id: str) -> None:
        """A recovered account starts without the links of whoever had it before."""
        for link in await self._links.outside_links_of(user_id):
            await self._links.remove_outside_link(user_id, link.issuer, link.subject)
