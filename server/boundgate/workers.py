"""Several serving processes on one listening socket, kept alive by the process that opened it.

The parent serves nothing. Workers that end are replaced, at a bounded rate. A stop goes to them over pipes, not as a
signal: a terminal or a service manager may have sent that to every process already.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import signal
import socket
from collections.abc import Awaitable, Callable
from multiprocessing import resource_tracker
from typing import Any

from boundgate.certificates import TlsFiles
from boundgate.listening import GRACE_SECONDS, ServeError
from boundgate.process import INTERRUPTED, QUIT_SECONDS, Composition
from boundgate.settings import Settings
from boundgate.worker import DROP, FAILED, READY, STOP, Work, empty_metrics_dir, metrics_dir, run_worker

_log = logging.getLogger(__name__)

STEADY_SECONDS = 30.0
"""A worker that lived so long is replaced at once."""
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
"""Before another takes the place of one that did not; doubled each time."""
END_SECONDS = GRACE_SECONDS + 2 * QUIT_SECONDS
"""After a stop; who then still runs is killed."""
_SPAWN = multiprocessing.get_context("spawn")


class _Process:
    """One worker process as its parent sees it."""

    def __init__(self, work: Work) -> None:
        self._loop = asyncio.get_running_loop()
        self.started_at = self._loop.time()
        self.ready, self.ended = asyncio.Event(), asyncio.Event()
        self.failure = ""
        self._pipe, theirs = _SPAWN.Pipe()
        self.process = _SPAWN.Process(target=run_worker, args=(work, theirs), name="boundgate worker", daemon=True)
        _start_without_interrupts(self.process)
        theirs.close()
        self._loop.add_reader(self._pipe.fileno(), self._hear)
        self._loop.add_reader(self.process.sentinel, self._bury)

    @property
    def seconds(self) -> float:
        return self._loop.time() - self.started_at

    def order(self, word: str) -> None:
        with contextlib.suppress(OSError):
            self._pipe.send(word)

    def _hear(self) -> None:
        try:
            word, why = self._pipe.recv()
        except (EOFError, OSError):
            self._loop.remove_reader(self._pipe.fileno())
            return
        if word == READY:
            self.ready.set()
        elif word == FAILED:
            self.failure = why

    def _bury(self) -> None:
        self._loop.remove_reader(self.process.sentinel)
        self._loop.remove_reader(self._pipe.fileno())
        with contextlib.suppress(EOFError, OSError):
            while True:
                word, why = self._pipe.recv()  # last words
                self.failure = why if word == FAILED else ""
        self._pipe.close()
        self.process.join()
        self.ended.set()


def _start_without_interrupts(process: multiprocessing.process.BaseProcess) -> None:
    """Ctrl-C reaches every process of a terminal; only the parent may take it for a stop."""
    resource_tracker.ensure_running()  # it changes the mask for itself when it starts
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


class Workers:
    """The processes of one server.

    Args:
        settings: how many, and what each reads.
        composition: default `boundgate.app`.
        tls, listener: what all of them serve with and on.
    """

    def __init__(
        self, settings: Settings, composition: Composition | None, *, tls: TlsFiles, listener: socket.socket
    ) -> None:
        self._settings, self._composition, self._tls, self._listener = settings, composition, tls, listener
        self._stopping = asyncio.Event()
        self._running: dict[int, _Process] = {}

    async def serve(self, until_stopped: Callable[[], Awaitable[None]], *, dropped: asyncio.Event) -> int:
        """Run until stopped.

        Args:
            until_stopped: awaited once all workers accept connections; its end is the first stop.
            dropped: the second stop.

        Returns:
            The exit status: 0 after an orderly end, 130 after a drop.

        Raises:
            ServeError: a worker did not start; the message says why.
        """
        empty_metrics_dir(self._settings.data_dir)
        numbers = range(self._settings.workers)
        for number in numbers:
            self._running[number] = self._new(number)
        try:
            await self._all_ready()
        except BaseException:
            await self._end(asyncio.create_task(self._all_ended()), dropped)
            raise
        keepers = asyncio.gather(*(self._keep(number) for number in numbers))
        await until_stopped()
        return await self._end(keepers, dropped)

    def _new(self, number: int) -> _Process:
        values = {name: getattr(self._settings, name) for name in type(self._settings).model_fields}
        return _Process(Work(number, values, self._composition, self._tls, self._listener))

    async def _all_ready(self) -> None:
        for worker in self._running.values():
            events = [asyncio.create_task(event.wait()) for event in (worker.ready, worker.ended)]
            await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            for event in events:
                event.cancel()
            if not worker.ready.is_set():
                status = worker.process.exitcode
                raise ServeError(worker.failure or f"a worker ended with status {status} before it served anything.")

    async def _all_ended(self) -> None:
        for worker in self._running.values():
            await worker.ended.wait()

    async def _keep(self, number: int) -> None:
        pause = 0.0
        while True:
            worker = self._running[number]
            await worker.ended.wait()
            self._forget_metrics(worker)
            if self._stopping.is_set():
                return
            pause = (
                0.0 if worker.seconds > STEADY_SECONDS else min(max(PAUSE_SECONDS, 2 * pause), LONGEST_PAUSE_SECONDS)
            )
            _log.error(
                "worker %d (process %s) ended with status %s%s; another takes its place in %.1f seconds",
                number,
                worker.process.pid,
                worker.process.exitcode,
                f", {worker.failure}" if worker.failure else "",
                pause,
            )
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            if self._stopping.is_set():
                return
            self._running[number] = self._new(number)

    async def _end(self, over: asyncio.Future[Any], dropped: asyncio.Event) -> int:
        self._stopping.set()
        self._order(STOP)
        dropping = asyncio.create_task(dropped.wait())
        await asyncio.wait({over, dropping}, timeout=END_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not over.done():
            self._order(DROP)
            await asyncio.wait({over}, timeout=2 * QUIT_SECONDS)
        for worker in self._running.values():
            if not worker.ended.is_set():
                worker.process.kill()
        await over
        dropping.cancel()
        return INTERRUPTED if dropped.is_set() else 0

    def _order(self, word: str) -> None:
        for worker in self._running.values():
            worker.order(word)

    def _forget_metrics(self, worker: _Process) -> None:
        """What a gone process still claims to be doing."""
        from prometheus_client import multiprocess  # noqa: PLC0415 - keeps importing this module light

        mark_process_dead: Any = multiprocess.mark_process_dead  # untyped in the package
        mark_process_dead(worker.process.pid, str(metrics_dir(self._settings.data_dir)))
