"""Throw-away servers for tests: Valkey (or Redis) and PostgreSQL, each over a Unix socket in a directory of its own.

`valkey_url` and `postgres_url` are shared by a run: a test takes a key prefix of its own in the one and a database of
its own in the other (`database_in`). `valkey` is a server for one test, which may stop it, restart it and flush it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

START_SECONDS = 30.0
POSTGRES_OPTIONS = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off")


class ValkeyServer:
    """One Valkey or Redis, stopped until `start`. It writes to disk only when told to.

    Args:
        directory: where its socket, log and snapshot go; short, for sockets' names are.
        options: of the program, such as `("--maxmemory", "10mb")`.
    """

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory, self.options = directory, options
        self.socket = directory / "valkey.sock"
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, port: int = 0) -> ValkeyServer:
        """Start it, with further options, and wait until it answers; a snapshot in its directory is loaded."""
        program = shutil.which("valkey-server") or shutil.which("redis-server")
        assert program, "no Valkey and no Redis: `make test` installs it, or install Debian's valkey-server"
        command = [program, "--port", str(port), "--unixsocket", str(self.socket), "--dir", str(self.directory)]
        command += ["--save", "", "--appendonly", "no", *self.options, *options]
        self.process = _started(command, self.directory / "valkey.log")
        _until(self.process, self._answers, self.directory / "valkey.log")
        return self

    def stop(self) -> None:
        """End it as a power cut does: nothing is written."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        self.socket.unlink(missing_ok=True)

    def pause(self, *, paused: bool) -> None:
        """Let it hang (or go on): connections stay open and nothing is answered."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    def command(self, *words: str) -> bytes:
        """One command beside every client under test; returns the reply's first bytes as they came."""
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(START_SECONDS)
            link.connect(str(self.socket))
            parts = [word.encode() for word in words]
            link.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
            return link.recv(65_536)

    def _answers(self) -> bool:
        return self.command("PING").startswith(b"+PONG")


@contextlib.contextmanager
def running_valkey(*options: str) -> Iterator[ValkeyServer]:
    """A server of its own, gone with everything it wrote at the end."""
    with _directory() as directory:
        server = ValkeyServer(directory, *options)
        try:
            yield server.start()
        finally:
            server.stop()


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A Valkey that tests share, each with a key prefix of its own."""
    with running_valkey() as server:
        yield server.url


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    """A Valkey for one test."""
    with running_valkey() as server:
        yield server


@contextlib.contextmanager
def running_postgres() -> Iterator[str]:
    """A PostgreSQL of its own; gives the SQLAlchemy URL of its maintenance database."""
    # PostgreSQL refuses to run as root.
    user = next(name for name in ("postgres", "nobody") if _exists(name)) if os.geteuid() == 0 else ""
    as_user = ("--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--clear-groups") if user else ()
    with _directory() as directory:
        if user:
            shutil.chown(directory, user)
        data, log = directory / "data", directory / "postgres.log"
        initdb = [_postgres("initdb"), "-D", str(data), "-U", "boundgate", "-A", "trust", "-E", "UTF8", "--locale=C"]
        made = subprocess.run(
            ["setpriv", *as_user, *initdb, "--no-sync"], cwd=directory, capture_output=True, text=True, check=False
        )
        assert made.returncode == 0, made.stderr
        command = [_postgres("postgres"), "-D", str(data), "-k", str(directory)]
        command += [word for option in POSTGRES_OPTIONS for word in ("-c", option)]
        process = _started(command, log, as_user)
        try:
            ready = [_postgres("pg_isready"), "-q", "-h", str(directory)]
            _until(process, lambda: subprocess.run(ready, check=False).returncode == 0, log)
            yield f"postgresql+asyncpg://boundgate@/postgres?host={directory}"
        finally:
            process.send_signal(signal.SIGQUIT)  # at once; nobody will read what it holds
            process.wait()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL that tests share, each with a database of its own: see `database_in`."""
    with running_postgres() as url:
        yield url


@asynccontextmanager
async def database_in(server_url: str) -> AsyncIterator[str]:
    """The URL of a new, empty database on that server, dropped at the end."""
    name = f"boundgate_test_{secrets.token_hex(6)}"
    await _run(server_url, f"CREATE DATABASE {name}")
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    await _run(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _run(url: str, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def _postgres(program: str) -> str:
    """Debian keeps these beside the versions that they belong to, the newest of which is taken."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name), reverse=True)
    found = shutil.which(program, path=os.pathsep.join([*map(str, places), os.environ["PATH"]]))
    assert found, f"no {program}: `make test` installs PostgreSQL, or install Debian's postgresql"
    return found


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


@contextlib.contextmanager
def _directory() -> Iterator[Path]:
    # Not below pytest's own: another user could not enter it, and a socket's name has at most 107 bytes.
    directory = Path(tempfile.mkdtemp(prefix="bg-", dir="/tmp"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


def _started(command: Sequence[str], log: Path, as_user: Sequence[str] = ()) -> subprocess.Popen[bytes]:
    """The process ends with this one, however that ends."""
    with log.open("ab") as output:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *as_user, *command], stdout=output, stderr=output, cwd=log.parent
        )


def _until(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if ready():
                return
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"it did not start:\n{log.read_text()}")
