"""The one object that an application makes: its sessions, bound to its users' browsers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from boundgate.asgi import ASGIApp
from boundgate.clock import Clock, RandomBytes, system_clock, system_random
from boundgate.dbsc import Ledger
from boundgate.dbsc.federation import Voucher
from boundgate.dbsc.headers import REGISTRATION
from boundgate.dbsc.leniency import LENIENT, Leniencies
from boundgate.dbsc.offers import Offer
from boundgate.dbsc.well_known import WELL_KNOWN_PATH, WellKnown
from boundgate.protect.answers import document
from boundgate.protect.endpoints import DbscEndpoints, EndpointPaths
from boundgate.protect.engine import Engine
from boundgate.protect.events import STREAM_EVENTS, Event, EventStream
from boundgate.protect.keys import Key
from boundgate.protect.middleware import Middleware
from boundgate.protect.request import Networks, SessionId
from boundgate.protect.settings import Cookies, Paths, Reach, Timing
from boundgate.protect.standing import Standing
from boundgate.protect.store import Store, app_hash
from boundgate.protect.visit import current_visit, visit_or_none


class HasHeaders(Protocol):
    """A response of Quart, Starlette or FastAPI, or any whose headers can `add` or `append` a name and a value."""

    @property
    def headers(self) -> Any: ...


class HasAsgiApp(Protocol):
    """A Quart application."""

    async def asgi_app(self, scope: Any, receive: Any, send: Any) -> None: ...


class DeviceBound:
    """DBSC around an application that already has logins.

    Args:
        origin: where browsers find the application: `https://app.example.com`, without a trailing slash.
        session_id: names the application's own session of a request: `cookie("sid")`, or a function of a `Request`.
        key: 32 or more secret bytes, or the `Path` of a key file; see `macs_from`. The same for every worker.
        store: where bindings are kept: `SqlStore(url)`, or `MemoryStore()` for first steps.
        protected: paths that only a bound session reaches, each with everything below it. What else needs one says so
            by `bound_required`.
        excluded: paths whose requests never wait for a refresh: those of signing in and out, and of static files.
        path: below which the two endpoints of the protocol live. A proxy in front must not guard or redirect it.
        allow_unbound: let sessions pass that were never bound, for as long as browsers without DBSC are served.
        sign_in: the path that people are sent to when they are refused.
        ledger: the state that all workers share: `ValkeyLedger(url)`; by default one in memory, which is right for one
            worker only.
        cookies, timing, networks, reach: see there.
        well_known: the document to serve at `/.well-known/device-bound-sessions`, for sessions of a site or federated.
        clear_site_data: what a sign-out asks the browser to clear (`Clear-Site-Data`); empty for nothing.
        leniencies: which shapes of older browsers are taken (`boundgate.dbsc.Leniencies`); all of them by default.
        on_event: told of every `Event`, in the request that caused it.
        clock, random: for tests.

    Raises:
        ValueError: a configuration that browsers would refuse, or that would protect nothing; says how to fix it.
        KeyringError, StorageUnavailable: the key file or the database cannot be used.
    """

    def __init__(
        self,
        *,
        origin: str,
        session_id: SessionId,
        key: Key,
        store: Store,
        protected: Sequence[str] = (),
        excluded: Sequence[str] = (),
        path: str = "/dbsc",
        allow_unbound: bool = False,
        sign_in: str | None = None,
        ledger: Ledger | None = None,
        cookies: Cookies | None = None,
        timing: Timing | None = None,
        networks: Networks | None = None,
        reach: Reach | None = None,
        well_known: WellKnown | None = None,
        clear_site_data: str = '"storage"',
        leniencies: Leniencies | None = None,
        on_event: Callable[[Event], None] | None = None,
        clock: Clock = system_clock,
        random: RandomBytes = system_random,
    ) -> None:
        self._cookies, self._clear_site_data = cookies or Cookies(), clear_site_data
        self._leniencies = leniencies or LENIENT
        self._well_known, self._origin = well_known, (reach.registration_origin if reach else None) or origin
        self._paths = Paths(tuple(protected), tuple(excluded), path)
        self._engine = Engine(
            origin=origin,
            session_id=session_id,
            key=key,
            store=store,
            paths=self._paths,
            allow_unbound=allow_unbound,
            sign_in=sign_in,
            ledger=ledger,
            cookies=self._cookies,
            timing=timing or Timing(),
            networks=networks or Networks(),
            reach=reach or Reach(),
            leniencies=self._leniencies,
            on_event=on_event,
            clock=clock,
            random=random,
        )

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """The protected application: `app = dbsc.wrap(app)`, or `app.add_middleware(dbsc.wrap)`."""
        engine = self._engine
        endpoints = DbscEndpoints(
            app,
            paths=EndpointPaths(register=self._paths.register, refresh=self._paths.refresh),
            sessions=engine.registry,
            origins=engine.origins,
            caller_of=engine.caller_of,
            observe=engine.observe,
            leniencies=self._leniencies,
        )
        return Middleware(
            endpoints,
            documents={WELL_KNOWN_PATH: document(self._well_known.body)} if self._well_known else {},
            visit_of=engine.visit_of,
            guards=self._paths.guards,
            finish=engine.finish,
            refused=engine.refused,
            must_open=lambda path: not engine.opened and self._paths.needs_store(path),
            open=self.open,
            close=self.close,
        )

    def init_app(self, app: HasAsgiApp) -> None:
        """Protect a Quart application."""
        wrapped: Any = self.wrap(app.asgi_app)
        app.asgi_app = wrapped  # type: ignore[method-assign] # as Quart's documentation says

    def bind(
        self,
        response: HasHeaders,
        *,
        session_id: str,
        user: str | None = None,
        replaces: str | None = None,
        voucher: Voucher | None = None,
    ) -> None:
        """Offer the browser to bind its key to a session that has just been signed in to. Needs no I/O.

        A bound session that the same browser leaves by this sign-in ends with it.

        Args:
            response: what answers the sign-in; the offer is put onto it.
            session_id: the application's own, new with every sign-in: of one that has ended no binding is made.
            user: whoever signs in; for events and `terminate_user`. At most some 400 characters.
            replaces: another session that this one takes the place of.
            voucher: of the identity provider that signed the user in: the browser then registers the key of its session
                there, and no other key is accepted.

        Raises:
            ValueError: there is no session id, `user` is too long, or the well-known document does not name the
                provider.
        """
        if not session_id:
            raise ValueError("bind needs the application's session id, and it is empty")
        self._check_voucher(voucher)
        hashed = app_hash(session_id)
        tokens = self._engine.offers.make(hashed, user=user, thumbprint=voucher.key_thumbprint if voucher else None)
        offer = Offer(
            path=self._paths.register,
            challenge=tokens.challenge,
            authorization=tokens.authorization,
            voucher=voucher,
        )
        new = self._cookies.new.set_cookie(
            self._engine.offers.new_session(hashed), max_age_seconds=self._engine.timing.new_session_seconds
        )
        _add(response, REGISTRATION, offer.value)
        _add(response, "Set-Cookie", new)
        visit = current_visit() if replaces else visit_or_none()
        if visit is not None:
            visit.offered = hashed
            visit.leaving |= {app_hash(replaces)} if replaces else set()

    async def terminate(
        self, session_id: str, *, response: HasHeaders | None = None, reason: str = "signed_out"
    ) -> bool:
        """End a session: durable and in force when it returns, also for a registration or a refresh under way.

        Args:
            session_id: the application's own, bound or not.
            response: what answers the sign-out; told to clear our cookies, and what `clear_site_data` says.
            reason: for events.

        Returns:
            Whether this call ended it.

        Raises:
            StorageUnavailable: it may not have ended.
        """
        ended = await self._engine.registry.end(app_hash(session_id), reason=reason)
        if response is not None:
            self.forget(response)
        return ended

    async def terminate_user(self, user: str, *, reason: str = "signed_out") -> int:
        """End every bound session of a user, as given to `bind`. Returns how many."""
        return await self._engine.registry.end_user(user, reason=reason)

    def forget(self, response: HasHeaders) -> None:
        """Put onto a response what makes the browser forget its session here."""
        for credential in (self._cookies.bound, self._cookies.fresh, self._cookies.new):
            _add(response, "Set-Cookie", credential.expire())
        if self._clear_site_data:
            _add(response, "Clear-Site-Data", self._clear_site_data)
        visit = visit_or_none()
        if visit is not None:
            visit.ended = True

    async def standing(self) -> Standing:
        """How the request that is being answered stands, for an application that decides by itself."""
        return await current_visit().standing()

    async def vouch(self, session_id: str) -> Voucher | None:
        """For another site, to bind a session of its own to the same key: what it passes to its `bind`.

        Returns:
            None where the session is bound to no key.
        """
        record = await self._engine.store.find(app_hash(session_id))
        if record is None or record.ended_at is not None or record.key is None:
            return None
        return Voucher(key_thumbprint=record.key.thumbprint, session_id=record.key.id, provider_url=self._origin + "/")

    def events(self, capacity: int = STREAM_EVENTS) -> EventStream:
        """A stream of everything that happens in this process from now on: `async for event in dbsc.events()`."""
        return self._engine.events.stream(capacity)

    async def open(self) -> None:
        """Get ready; done by the server's lifespan, or else by the first request."""
        await self._engine.open()

    async def prune(self) -> None:
        """Forget sessions that are long over, as every start does; for servers that run for months."""
        await self._engine.prune()

    async def flush(self) -> None:
        """Write down now what waits to be written."""
        await self._engine.journal.flush()

    async def close(self) -> None:
        """Write what is left and give back what was opened; done by the server's lifespan."""
        await self._engine.close()

    def _check_voucher(self, voucher: Voucher | None) -> None:
        named = self._well_known.provider_origin if self._well_known else None
        if voucher is not None and voucher.provider_origin != named:
            raise ValueError(
                f"browsers register the key of {voucher.provider_origin} only where the well-known document names it: "
                "DeviceBound(well_known=WellKnown(origin=..., provider_origin=...))"
            )


def _add(response: HasHeaders, name: str, value: str) -> None:
    headers = response.headers
    # werkzeug's Headers call it `add`, Starlette's `append`; either keeps what is there.
    add = getattr(headers, "add", None) or headers.append
    add(name, value)
