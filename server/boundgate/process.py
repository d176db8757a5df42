"""What every serving process is made of: an application, Hypercorn around it, a loop, and a way to be stopped."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from boundgate.certificates import TlsFiles
from boundgate.listening import HeadLimit, hypercorn_config
from boundgate.settings import Settings

if TYPE_CHECKING:
    from hypercorn.typing import Framework

DROP_SECONDS, QUIT_SECONDS = 1.0, 3.0
"""When answers in flight are to be dropped: for each attempt to do so; for everything, services included."""
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Composition:
    """How to open the services and make the ASGI application of them."""

    open_services: Callable[..., AbstractAsyncContextManager[Any]]
    """Takes the settings, and `prunes=False` where another worker forgets what is old."""
    create_app: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Stop:
    """`first`: take no new request and let answers in flight end. `second`: drop them."""

    first: asyncio.Event
    second: asyncio.Event

    def drop(self, main: asyncio.Task[Any]) -> None:
        """Set `second`; end `main` where that is not enough."""
        if not self.second.is_set():
            self.second.set()
            asyncio.get_running_loop().call_later(QUIT_SECONDS, main.cancel)


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """The first SIGINT or SIGTERM is the first stop, and the second the second."""
    loop, main, stop = asyncio.get_running_loop(), asyncio.current_task(), Stop(asyncio.Event(), asyncio.Event())
    assert main is not None

    def on_signal() -> None:
        if not stop.first.is_set():
            stop.first.set()
        else:
            stop.drop(main)

    caught = (signal.SIGINT, signal.SIGTERM)
    for number in caught:
        loop.add_signal_handler(number, on_signal)
    try:
        yield stop
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


async def serve_connections(
    app: Any,
    settings: Settings,
    *,
    tls: TlsFiles,
    listener: socket.socket,
    until_stopped: Callable[[], Awaitable[None]],
    dropped: asyncio.Event,
) -> int:
    """Accept connections and serve them.

    Args:
        app: the ASGI application.
        until_stopped: awaited once connections are accepted; its end is the first stop.
        dropped: the second stop.

    Returns:
        The exit status: 0 after an orderly end, 130 after a drop.
    """
    from hypercorn.asyncio import serve as hypercorn_serve  # noqa: PLC0415 - keeps importing this module light

    asyncio.get_running_loop().set_exception_handler(_unless_noise)
    config = hypercorn_config(settings, tls, listener)
    limited = cast("Framework", HeadLimit(app, max_bytes=settings.header_max_bytes))
    serving = hypercorn_serve(limited, config, shutdown_trigger=until_stopped, mode="asgi")
    return await _unless_interrupted(serving, dropped)


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


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What `asyncio.Runner` makes its loop with; None for its default."""
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415

    return uvloop.new_event_loop


def default_composition() -> Composition:
    """Boundgate itself."""
    from boundgate.app import create_app, open_services  # noqa: PLC0415 - the only way down from here to Quart

    return Composition(open_services=open_services, create_app=create_app)
