"""A fake server, a state directory, and a browser that follows redirects and always agrees."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from demo_client.keys.file import FileKey
from demo_client.login import Plan, log_in
from demo_client.session import Session
from demo_client.store import Login, Store
from tests.demo_client.fake_server import CLIENT_ID, FakeServer

BROWSER_STEPS = 6


@pytest.fixture
def fake() -> FakeServer:
    """In this process."""
    return FakeServer()


@pytest.fixture
def served() -> Iterator[FakeServer]:
    """On a port, for commands and for other processes."""
    with FakeServer().served() as server:
        yield server


@pytest.fixture
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory of the test's own, named by the environment as users do it; nothing else of it is set."""
    for name in ("SERVER", "ID", "CA_FILE", "MODEL", "TCTI", "PKCS11_MODULE", "PKCS11_TOKEN", "PKCS11_PIN"):
        monkeypatch.delenv(f"BOUNDGATE_CLIENT_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOUNDGATE_CLIENT_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def store(state_dir: Path) -> Store:
    return Store(state_dir)


class Visitor:
    """A browser at `fake`: it opens a link in a thread of its own, and follows where it leads."""

    def __init__(self, fake: FakeServer) -> None:
        self._fake = fake
        self.pages: list[httpx.Response] = []
        self._thread: threading.Thread | None = None

    def open(self, link: str) -> None:
        self._thread = threading.Thread(target=self._visit, args=(link,), daemon=True)
        self._thread.start()

    def done(self) -> None:
        assert self._thread is not None
        self._thread.join(10)

    def _visit(self, address: str) -> None:
        for _ in range(BROWSER_STEPS):
            if address.startswith(self._fake.origin):
                answer = self._fake.handle("GET", address, [], b"")
                page = httpx.Response(answer.status, headers=answer.headers, content=answer.body)
            else:
                page = httpx.get(address)
            self.pages.append(page)
            if "Location" not in page.headers:
                return
            address = str(httpx.URL(address).join(page.headers["Location"]))


def logged_in(fake: FakeServer, store: Store, *, at: bool = False) -> Login:
    """Log in with a key in a file.

    Args:
        at: reach the server at its port.
    """
    key = store.key()
    if key is None:
        key = FileKey.create()
        store.save_key(key, now=0)
    visitor = Visitor(fake)
    done = log_in(
        Plan(server=fake.origin, client_id=CLIENT_ID),
        store,
        key,
        show=lambda _: None,
        open_browser=visitor.open,
        clock=fake.clock,
        transport=None if at else fake.transport(),
        seconds=10,
    )
    visitor.done()
    return done.login


@pytest.fixture
def make_session(fake: FakeServer, store: Store) -> Iterator[Callable[[], Session]]:
    """Logs in once; each call opens the login anew, as another program would."""
    opened: list[Session] = []

    def make() -> Session:
        login = store.login() or logged_in(fake, store)
        key, clock = store.require_key(), lambda: fake.clock()  # noqa: PLW0108 - tests replace it
        session = Session(store, login, key, clock=clock, transport=fake.transport())
        opened.append(session)
        return session

    yield make
    for session in opened:
        session.close()


@pytest.fixture
def session(make_session: Callable[[], Session]) -> Session:
    return make_session()
