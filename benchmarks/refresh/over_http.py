"""Server CPU of one refresh over HTTP: this server and the floor, each under Hypercorn and under uvicorn."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.refresh.clients import Browser, refresh_all
from benchmarks.refresh.server import SESSIONS

SERVERS = ("hypercorn", "uvicorn")
APPLICATIONS = ("bare", "boundgate")
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
REFERENCE_US = 70.0
"""The bare verification of the core to which figures are scaled."""


@dataclass(frozen=True, slots=True)
class Served:
    """Medians over the rounds."""

    server: str
    application: str
    cpu_us: float
    """Server CPU per refresh, user and system."""
    scaled_us: float
    """The same on a core whose bare verification takes 70 µs, each round by the verification timed in it."""
    per_second: float


@dataclass(slots=True)
class _Running:
    server: str
    application: str
    pid: int
    browsers: Sequence[Browser]
    rounds: list[tuple[float, float, float]]


async def measure_over_http(*, rounds: int, refreshes: int) -> list[Served]:
    """Time every combination in every round, in turns.

    Args:
        rounds: how many; one more is run first and thrown away.
        refreshes: of each session in each round; 16 sessions at once.
    """
    async with contextlib.AsyncExitStack() as stack:
        running = [
            await stack.enter_async_context(_server(server, application))
            for server in SERVERS
            for application in APPLICATIONS
        ]
        for number in range(rounds + 1):
            for one in running:
                verification = bare_verification_us()
                figures = await _one_round(one, refreshes)
                if number:
                    one.rounds.append((figures[0], figures[0] * REFERENCE_US / verification, figures[1]))
    return [Served(one.server, one.application, *(statistics.median(row) for row in zip(*one.rounds, strict=True)))
            for one in running]  # fmt: skip


async def _one_round(one: _Running, refreshes: int) -> tuple[float, float]:
    before, started = _cpu_seconds(one.pid), perf_counter()
    await refresh_all(one.browsers, refreshes)
    count = refreshes * len(one.browsers)
    return (_cpu_seconds(one.pid) - before) / count * 1e6, count / (perf_counter() - started)


def bare_verification_us(times: int = 300) -> float:
    """What `cryptography` takes for one ECDSA P-256 verification on this core now, in microseconds."""
    key, message = ec.generate_private_key(ec.SECP256R1()), b"m" * 120
    public, signature, algorithm = key.public_key(), key.sign(message, ec.ECDSA(SHA256())), ec.ECDSA(SHA256())
    started = perf_counter()
    for _ in range(times):
        public.verify(signature, message, algorithm)
    return (perf_counter() - started) / times * 1e6


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_SECONDS


@contextlib.asynccontextmanager
async def _server(server: str, application: str) -> AsyncIterator[_Running]:
    command = [sys.executable, "-m", "benchmarks.refresh.server", application, server]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: ASYNC220
        assert process.stdin
        assert process.stdout
        try:
            facts = json.loads(process.stdout.readline())
            browsers = [Browser(session, facts["port"]) for session in facts["sessions"][:SESSIONS]]
            yield _Running(server, application, process.pid, browsers, [])
            for browser in browsers:
                browser.close()
        finally:
            process.stdin.close()
            process.wait(10)
