"""Owner and thief in turns against a real server. `python -m tests.hostile.soak [--minutes N] [--pause SECONDS]`

The thief has the whole jar and another address. Once a second both call: the owner is always served, the thief never,
and what the server holds in memory, open files and on disk stays bounded. Exit status 1 where that does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import ssl
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from boundgate.net import network_prefix
from boundgate.services import open_services
from boundgate.settings import load_settings
from e2e.support.server import Server
from tests.contract.builders import ALICE, a_passkey, a_user, put_passkey
from tests.hostile.thief import COMBINATIONS, REDIRECTED, REFUSED, assert_worthless_fields, forgeries
from tests.support.site import BOUND, FRESH, HELLO, LOGIN
from tests.support.soft_browser import SoftDbsc, refresh_headers
from tests.support.wire_browser import WireBrowser, bound_browser

OWNER, THIEF = "198.51.100.7", "203.0.113.9"
RENEW_AFTER_SECONDS = 240.0
"""As Chromium, which refreshes ahead when a bound cookie has little time left."""
MEMORY_GROWTH_MAX_KIB, DISK_MAX_KIB, FILES_GROWTH_MAX = 48 * 1024, 64 * 1024, 32
REPORT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Held:
    """What the server holds."""

    memory_kib: int
    files: int
    disk_kib: int

    @classmethod
    def by(cls, server: Server) -> Held:
        assert server._process is not None
        place = Path(f"/proc/{server._process.pid}")
        fields = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
        disk = sum(path.stat().st_size for path in server.data_dir.rglob("*") if path.is_file())
        return cls(int(fields["VmRSS"].split()[0]), len(list((place / "fd").iterdir())), disk // 1024)


@dataclass
class Soak:
    """One owner, one thief, one server."""

    server: Server
    owner: WireBrowser
    client: httpx.AsyncClient
    renewed_at: float = float("-inf")
    served: int = 0
    refused: int = 0

    async def turn(self, number: int) -> None:
        """The owner's call, and the thief's; then something that names the owner's session."""
        await self._owner_calls()
        names = COMBINATIONS[number % len(COMBINATIONS)]
        headers = forgeries(self.owner.session_id)[number // len(COMBINATIONS) % 8]
        await self._thief_calls(names, headers)
        await self._thief_proves(number)

    async def _owner_calls(self) -> None:
        if time.monotonic() - self.renewed_at > RENEW_AFTER_SECONDS:
            answer = await self.owner.refresh(self.client, self.owner.challenge, **{"X-Forwarded-For": OWNER})
            assert answer.status_code == 200, f"the owner's refresh: {answer.status_code}, in one round trip"
            self.owner.challenge, self.renewed_at = self.owner.next_challenge(answer), time.monotonic()
        answer = await self._call(OWNER, self.owner.cookies, {})
        assert answer.status_code == 200, f"the owner's call: {answer.status_code} {answer.text[:200]}"
        self.served += 1

    async def _thief_calls(self, names: frozenset[str], headers: dict[str, str]) -> None:
        jar = {LOGIN: self.owner.login, BOUND: self.owner.bound, FRESH: ""}
        cookies = "; ".join(f"{name}={value}" for name, value in jar.items() if name in names)
        answer = await self._call(THIEF, cookies, headers)
        assert answer.status_code in {REDIRECTED, REFUSED}, f"a thief's call: {answer.status_code}"
        self._note(answer)

    async def _thief_proves(self, number: int) -> None:
        key, session_id = SoftDbsc(), self.owner.session_id
        proof = [
            None,
            f"junk.{number}.x",
            key.refresh_proof(self.owner.challenge),
            key.registration_proof("guess", "x"),
        ]
        path = "/dbsc/register" if number % 8 == 7 else "/dbsc/refresh"
        headers = refresh_headers(session_id, proof[number % 4], origin=self.server.origin)
        answer = await self.client.post(path, headers=headers | {"X-Forwarded-For": THIEF})
        assert answer.status_code in {400, 403}, f"a thief's proof: {answer.status_code}"
        self._note(answer)

    def _note(self, answer: httpx.Response) -> None:
        offered = "Secure-Session-Registration" in answer.headers
        assert_worthless_fields(offered, answer.headers.get_list("Set-Cookie"))
        self.refused += 1

    async def _call(self, address: str, cookies: str, headers: dict[str, str]) -> httpx.Response:
        sent = {
            "Origin": self.server.origin,
            "Sec-Fetch-Site": "same-origin",
            "X-Forwarded-For": address,
            "Cookie": cookies,
        }
        self.client.cookies.clear()
        return await self.client.post("/v1/chat/completions", json=HELLO, headers=sent | headers)


async def soak(data_dir: Path, *, seconds: float, pause: float) -> Soak:
    """Run for so long. Raises AssertionError where something does not hold."""
    server = Server(data_dir, trusted_proxies="127.0.0.0/8")
    owner = await _bound(server)
    server.start()
    try:
        trust = ssl.create_default_context(cafile=str(data_dir / "tls" / "ca.pem"))
        async with httpx.AsyncClient(verify=trust, base_url=server.origin, timeout=30) as client:
            # The key was registered in another process, whose challenges are void here.
            first = await owner.refresh(client, owner.challenge, **{"X-Forwarded-For": OWNER})
            owner.challenge = owner.next_challenge(first)
            running = Soak(server, owner, client)
            await _run(running, seconds=seconds, pause=pause)
    finally:
        assert server.stop() == 0
    assert "Traceback" not in server.log_file.read_text()
    return running


async def _run(running: Soak, *, seconds: float, pause: float) -> None:
    started, reported, first = time.monotonic(), float("-inf"), None
    for number in itertools.count():
        await running.turn(number)
        elapsed = time.monotonic() - started
        if number == 2 * len(COMBINATIONS):  # once everything has been used
            first = Held.by(running.server)
        if elapsed - reported > REPORT_SECONDS:
            reported = elapsed
            print(_line(running, elapsed, Held.by(running.server)), file=sys.stderr, flush=True)
        if first is not None and elapsed >= seconds:
            break
        await asyncio.sleep(pause)
    last = Held.by(running.server)
    print(_line(running, time.monotonic() - started, last))
    assert last.memory_kib - first.memory_kib < MEMORY_GROWTH_MAX_KIB, f"memory grew: {first} to {last}"
    assert last.files - first.files < FILES_GROWTH_MAX, f"open files grew: {first} to {last}"
    assert last.disk_kib < DISK_MAX_KIB, f"the data directory grew: {first} to {last}"


def _line(running: Soak, elapsed: float, held: Held) -> str:
    return (
        f"{elapsed / 60:6.1f} min  owner served {running.served:,}  thief refused {running.refused:,}  "
        f"memory {held.memory_kib // 1024:,} MiB  files {held.files}  disk {held.disk_kib:,} KiB"
    )


async def _bound(server: Server) -> WireBrowser:
    settings = load_settings(data_dir=server.data_dir, public_origin=server.origin)
    async with open_services(settings) as services:
        await services.store.create_user(a_user(ALICE))
        await put_passkey(services.store, a_passkey())
        prefix = network_prefix(OWNER, settings.pin_ipv4_prefix, settings.pin_ipv6_prefix)
        return await bound_browser(services, user_id=ALICE, prefix=prefix)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.soak", description="An owner and a thief in turns.")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default: an hour)")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between turns (default: 1)")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="boundgate-soak-") as directory:
        try:
            asyncio.run(soak(Path(directory), seconds=options.minutes * 60, pause=options.pause))
        except AssertionError as error:
            print(f"soak: {error}", file=sys.stderr)
            return 1
    print("soak: the owner was always served, the thief never, and nothing grew")
    return 0


if __name__ == "__main__":
    sys.exit(main())
