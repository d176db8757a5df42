"""One server process: certificate, socket, services, application, Hypercorn; and a clean end on a signal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import ssl
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from boundgate.certificates import TlsFiles, tls_files
from boundgate.clock import Clock, system_clock
from boundgate.errors import Gone
from boundgate.listening import HeadLimit, hypercorn_config, listening, only_server, prepare_data_dir
from boundgate.runfile import RunInfo, remove_run_file, write_run_file
from boundgate.settings import Settings

if TYPE_CHECKING:
    from hypercorn.typing import Framework

DROP_SECONDS, QUIT_SECONDS = 1.0, 3.0
"""After a second signal: for each attempt to drop the answers in flight; for everything, services included."""
LINK_WATCH_SECONDS = 2.0
INTERRUPTED = 130


class EnrolmentLinks(Protocol):
    """What serving needs from the enrolment service."""

    async def first_link(self) -> str | None:
        """A token for the first user, or None once somebody has enrolled."""

    async def options(self, token: str) -> object:
        """Raises Gone once the token has been used or has expired."""


class Services(Protocol):
    """What serving needs from the composition root."""

    @property
    def origin(self) -> str: ...

    @property
    def enrolment(self) -> EnrolmentLinks: ...


@dataclass(frozen=True, slots=True)
class Composition:
    """How to open the services and make the ASGI application of them."""

    open_services: Callable[[Settings], AbstractAsyncContextManager[Any]]
    create_app: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that accepts connections: what a banner shows."""

    info: RunInfo
    tls: TlsFiles
    settings: Settings


def serve(
    settings: Settings,
    *,
    composition: Composition | None = None,
    announce: Callable[[Running], None] = lambda _running: None,
    clock: Clock = system_clock,
) -> int:
    """Serve until SIGINT or SIGTERM; a second signal does not wait for answers in flight.

    Args:
        settings: host, port, certificates and data directory are read here; the rest belongs to the services.
        composition: default `boundgate.app`.
        announce: called once, when connections are accepted.
        clock: for the life of certificates.

    Returns:
        The exit status: 0 after an orderly end, 130 after a second signal.

    Raises:
        ServeError: the address cannot be listened on, or the data directory cannot be used or is another server's.
        CertificateError: the configured certificate cannot be used.
        BoundgateError: what the services raise when they cannot be opened.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            return runner.run(_serve(settings, composition or _default_composition(), announce, clock))
        except asyncio.CancelledError:
            return INTERRUPTED


async def _serve(
    settings: Settings, composition: Composition, announce: Callable[[Running], None], clock: Clock
) -> int:
    from hypercorn.asyncio import serve as hypercorn_serve  # noqa: PLC0415 - keeps `import boundgate.serving` light

    asyncio.get_running_loop().set_exception_handler(_unless_noise)
    # The port first: what cannot start leaves nothing behind.
    with listening(settings.host, settings.port) as listener, _own(settings.data_dir), _signals() as signals:
        tls = tls_files(settings, clock=clock)
        async with composition.open_services(settings) as services:
            app, token = composition.create_app(services), await services.enrolment.first_link()
            link = f"{services.origin}/enrol#{token}" if token else None
            info = RunInfo(url=services.origin, spki_sha256=tls.spki_sha256, enrolment_url=link, pid=os.getpid())

            async def until_stopped() -> None:  # Hypercorn awaits its shutdown trigger once it accepts connections
                with _published(settings, info):
                    announce(Running(info, tls, settings))
                    if token and await _link_closed(services.enrolment, token, signals.first):
                        write_run_file(settings.data_dir, replace(info, enrolment_url=None))
                    await signals.first.wait()

            config = hypercorn_config(settings, tls, listener)
            limited = cast("Framework", HeadLimit(app, max_bytes=settings.header_max_bytes))
            serving = hypercorn_serve(limited, config, shutdown_trigger=until_stopped, mode="asgi")
            return await _unless_interrupted(serving, signals.second)


@contextlib.contextmanager
def _own(data_dir: Path) -> Iterator[None]:
    prepare_data_dir(data_dir)
    with only_server(data_dir):
        yield


async def _unless_interrupted(serving: Coroutine[Any, Any, None], interrupted: asyncio.Event) -> int:
    task, interruption = asyncio.create_task(serving), asyncio.create_task(interrupted.wait())
    await asyncio.wait({task, interruption}, return_when=asyncio.FIRST_COMPLETED)
    interruption.cancel()
    if task.done():
        task.result()
        return 0
    # Twice, because Hypercorn loses a cancellation that meets it on its way from one wait to the next.
    for _ in range(2):
        task.cancel()
        await asyncio.wait({task}, timeout=DROP_SECONDS)
    return INTERRUPTED


@contextlib.contextmanager
def _published(settings: Settings, info: RunInfo) -> Iterator[None]:
    write_run_file(settings.data_dir, info)
    try:
        yield
    finally:
        remove_run_file(settings.data_dir, pid=info.pid)


async def _link_closed(enrolment: EnrolmentLinks, token: str, stop: asyncio.Event) -> bool:
    """Wait until the link can no longer be used (True) or the server is to stop (False)."""
    while not stop.is_set():
        try:
            await enrolment.options(token)
        except Gone:
            return True
        except Exception:  # noqa: BLE001 - a failing look must not end the server
            logging.getLogger(__name__).warning("whether the first enrolment link is still open is not known")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LINK_WATCH_SECONDS)
    return False


@dataclass(frozen=True, slots=True)
class _Signals:
    """Set by the first and by the second SIGINT or SIGTERM."""

    first: asyncio.Event
    second: asyncio.Event


@contextlib.contextmanager
def _signals() -> Iterator[_Signals]:
    loop, main, signals = asyncio.get_running_loop(), asyncio.current_task(), _Signals(asyncio.Event(), asyncio.Event())

    def on_signal() -> None:
        if not signals.first.is_set():
            signals.first.set()
        elif not signals.second.is_set() and main is not None:
            signals.second.set()
            loop.call_later(QUIT_SECONDS, main.cancel)

    caught = (signal.SIGINT, signal.SIGTERM)
    for number in caught:
        loop.add_signal_handler(number, on_signal)
    try:
        yield signals
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


def _unless_noise(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # Port scanners and browsers that dislike the certificate end handshakes all the time; answers that are dropped at
    # the end end their connections by being cancelled.
    error = context.get("exception")
    if isinstance(error, BaseExceptionGroup):
        # Hypercorn's own parser gave up on a client's bytes and dropped that connection; a trace would help nobody.
        names = ", ".join(sorted({type(one).__name__ for one in error.exceptions}))
        logging.getLogger(__name__).warning("a connection that sent what cannot be read was dropped (%s)", names)
    elif not isinstance(error, ssl.SSLError | ConnectionError | asyncio.CancelledError):
        loop.default_exception_handler(context)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415

    return uvloop.new_event_loop


def _default_composition() -> Composition:
    from boundgate.app import create_app, open_services  # noqa: PLC0415 - the only way down from here to Quart

    return Composition(open_services=open_services, create_app=create_app)
