"""One server: certificate, socket, data directory, `run.json`, and one process or several that serve."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from boundgate.certificates import TlsFiles, tls_files
from boundgate.clock import Clock, system_clock
from boundgate.errors import Gone
from boundgate.listening import listening, only_server, prepare_data_dir
from boundgate.process import (
    INTERRUPTED,
    Composition,
    default_composition,
    loop_factory,
    serve_connections,
    stopped_by_signals,
)
from boundgate.runfile import RunInfo, remove_run_file, write_run_file
from boundgate.settings import Settings
from boundgate.workers import Workers

__all__ = ["Composition", "Running", "serve"]

LINK_WATCH_SECONDS = 2.0


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
        composition: default `boundgate.app`. With several workers it must be picklable.
        announce: called once, when connections are accepted.
        clock: for the life of certificates.

    Returns:
        The exit status: 0 after an orderly end, 130 after a second signal.

    Raises:
        ServeError: the address cannot be listened on, or the data directory cannot be used or is another server's.
        CertificateError: the configured certificate cannot be used.
        BoundgateError: what the services raise when they cannot be opened.
    """
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        try:
            return runner.run(_serve(settings, composition, announce, clock))
        except asyncio.CancelledError:
            return INTERRUPTED


async def _serve(
    settings: Settings, given: Composition | None, announce: Callable[[Running], None], clock: Clock
) -> int:
    composition = given or default_composition()
    # The port first: what cannot start leaves nothing behind.
    with listening(settings.host, settings.port) as listener, _own(settings.data_dir), stopped_by_signals() as stop:
        tls = tls_files(settings, clock=clock)
        async with composition.open_services(settings) as services:
            token = await services.enrolment.first_link()
            link = f"{services.origin}/enrol#{token}" if token else None
            info = RunInfo(url=services.origin, spki_sha256=tls.spki_sha256, enrolment_url=link, pid=os.getpid())

            async def until_stopped() -> None:  # awaited once connections are accepted
                with _published(settings, info):
                    announce(Running(info, tls, settings))
                    if token and await _link_closed(services.enrolment, token, stop.first):
                        write_run_file(settings.data_dir, replace(info, enrolment_url=None))
                    await stop.first.wait()

            if settings.workers > 1:
                workers = Workers(settings, given, tls=tls, listener=listener)
                return await workers.serve(until_stopped, dropped=stop.second)
            return await serve_connections(
                composition.create_app(services),
                settings,
                tls=tls,
                listener=listener,
                until_stopped=until_stopped,
                dropped=stop.second,
            )


@contextlib.contextmanager
def _own(data_dir: Path) -> Iterator[None]:
    prepare_data_dir(data_dir)
    with only_server(data_dir):
        yield


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
