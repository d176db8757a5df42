"""One of several serving processes. It does as the parent says over a pipe, and ends with the parent."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from boundgate.certificates import TlsFiles
from boundgate.errors import BoundgateError
from boundgate.logging_setup import configure_logging
from boundgate.process import INTERRUPTED, Composition, Stop, default_composition, loop_factory, serve_connections
from boundgate.settings import Settings, SettingsError

READY, FAILED = "ready", "failed"
STOP, DROP = "stop", "drop"
METRICS_DIR = "metrics"
METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True, slots=True)
class Work:
    """What one worker is started with; it goes through a pipe."""

    number: int
    """From 0. The first forgets what is old."""
    settings: dict[str, Any]
    composition: Composition | None
    tls: TlsFiles
    listener: socket.socket


def metrics_dir(data_dir: Path) -> Path:
    """Where workers add up what they count."""
    return data_dir / METRICS_DIR


def empty_metrics_dir(data_dir: Path) -> None:
    """Forget what earlier workers counted. Raises OSError."""
    shutil.rmtree(metrics_dir(data_dir), ignore_errors=True)
    metrics_dir(data_dir).mkdir(mode=0o700)


def run_worker(work: Work, parent: Connection) -> None:
    """The whole life of a worker process.

    Args:
        parent: gives `STOP` and `DROP`, and gets `READY` or (`FAILED`, why). Its end is a `STOP`.
    """
    settings = Settings.model_construct(**work.settings)
    # Before anything imports the metrics: they look once.
    os.environ[METRICS_VARIABLE] = str(metrics_dir(settings.data_dir).resolve())
    configure_logging(settings.log_format)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        try:
            status = runner.run(_work(work, settings, parent))
        except asyncio.CancelledError:
            status = INTERRUPTED
        except (BoundgateError, SettingsError) as error:
            with contextlib.suppress(OSError):
                parent.send((FAILED, str(error)))
            status = 1
    sys.exit(status)


async def _work(work: Work, settings: Settings, parent: Connection) -> int:
    composition = work.composition or default_composition()
    open_services = functools.partial(composition.open_services, prunes=work.number == 0)
    with _stopped_by(parent) as stop:
        async with open_services(settings) as services:

            async def until_stopped() -> None:
                parent.send((READY, ""))
                await stop.first.wait()

            return await serve_connections(
                composition.create_app(services),
                settings,
                tls=work.tls,
                listener=work.listener,
                until_stopped=until_stopped,
                dropped=stop.second,
            )


@contextlib.contextmanager
def _stopped_by(parent: Connection) -> Iterator[Stop]:
    loop, main, stop = asyncio.get_running_loop(), asyncio.current_task(), Stop(asyncio.Event(), asyncio.Event())
    assert main is not None

    def on_order() -> None:
        try:
            order = parent.recv()
        except (EOFError, OSError):  # the parent is gone, however it went
            loop.remove_reader(parent.fileno())
            order = STOP
        if order == DROP:
            stop.drop(main)
        stop.first.set()

    # Service managers signal every process of a service at once, so a signal here says no more than the parent will.
    loop.add_signal_handler(signal.SIGTERM, stop.first.set)
    loop.add_reader(parent.fileno(), on_order)
    try:
        yield stop
    finally:
        loop.remove_reader(parent.fileno())
        loop.remove_signal_handler(signal.SIGTERM)
