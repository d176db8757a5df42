"""Tokens: refreshed ahead, once, by one program at a time; lost answers, ended logins, what lies on disk."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from demo_client.errors import ClientError, LoginEnded, NotLoggedIn, Unreachable
from demo_client.keys.file import FileKey
from demo_client.session import AHEAD_SECONDS, Session
from tests.demo_client.conftest import logged_in
from tests.demo_client.fake_server import ACCESS_SECONDS, LOST_ANSWER_SECONDS, Denied

ROOT = Path(__file__).parents[2]


def later(fake, seconds):
    """The clock of both sides moves on."""
    start = fake.clock()
    fake.clock = lambda: start + seconds


def test_a_token_is_used_until_a_minute_before_its_end(fake, session):
    first = session.access_token()
    later(fake, ACCESS_SECONDS - AHEAD_SECONDS - 5)
    assert session.access_token() == first
    later(fake, 10)
    second = session.access_token()
    assert second != first
    assert session.access_token() == second
    assert fake.refreshes == 1


def test_another_programs_refresh_is_found_on_disk(fake, make_session):
    one, two = make_session(), make_session()
    later(fake, ACCESS_SECONDS)
    assert one.access_token() == two.access_token()
    assert fake.refreshes == 1


def test_threads_that_refresh_at_once_refresh_once(fake, make_session):
    shared, own = make_session(), make_session()
    later(fake, ACCESS_SECONDS)
    fake.refresh_seconds = 0.05
    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(lambda session: session.access_token(), [shared, own] * 8))
    assert len(tokens) == 1
    assert fake.refreshes == 1


PROGRAM = """
import sys
from demo_client import Session
with Session.open() as session:
    print("ready", flush=True)
    for _ in sys.stdin:
        print(session.get(f"{session.resource}/models")["object"], flush=True)
"""


def test_two_processes_that_refresh_at_once_never_lose_the_family(served, store):
    logged_in(served, store, at=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")])}
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [program.stdout.readline() for program in programs] == ["ready\n"] * 2
    served.refresh_seconds = 0.2  # so slow that the second is there before the first has its answer
    for count in range(1, 4):
        served.expire_access()
        for program in programs:
            program.stdin.write("go\n")
            program.stdin.flush()
        assert [program.stdout.readline() for program in programs] == ["list\n"] * 2
        assert served.refreshes == count
    for program in programs:
        program.communicate(timeout=60)
    assert [family.ended for family in served.families] == [False]


def test_a_lost_answer_is_asked_for_again_at_once(fake, session):
    session.access_token()
    later(fake, ACCESS_SECONDS)
    fake.lose = 1
    session.access_token()
    assert not fake.families[0].ended
    later(fake, ACCESS_SECONDS)
    session.access_token()


def test_where_no_answer_comes_the_refresh_token_is_kept_and_serves_within_the_window(fake, session):
    later(fake, ACCESS_SECONDS)
    fake.lose = 2
    with pytest.raises(Unreachable):
        session.access_token()
    later(fake, LOST_ANSWER_SECONDS - 1)
    session.access_token()
    assert not fake.families[0].ended


def test_a_token_that_is_still_good_serves_while_the_server_cannot_be_reached(fake, session):
    first = session.access_token()
    later(fake, ACCESS_SECONDS - 30)
    fake.lose = 2
    assert session.access_token() == first


def test_an_ended_login_is_forgotten_and_said(fake, session, store):
    fake.families[0].ended = True
    with pytest.raises(LoginEnded, match="this login has ended"):
        session.get(f"{fake.origin}/v1/models")
    assert store.login() is None
    with pytest.raises(NotLoggedIn):
        session.get(f"{fake.origin}/v1/models")


def test_a_passing_refusal_of_the_server_does_not_end_the_login(fake, session, store, monkeypatch):
    def busy(*_):
        raise Denied(503, "temporarily_unavailable", "later")

    monkeypatch.setattr(fake, "_refresh", busy)
    later(fake, ACCESS_SECONDS)
    with pytest.raises(ClientError, match="temporarily_unavailable"):
        session.access_token()
    assert store.login() is not None


def test_logging_out_elsewhere_ends_this_session_too(fake, make_session):
    one, two = make_session(), make_session()
    one.revoke()
    assert fake.families[0].ended
    with pytest.raises(NotLoggedIn, match="somebody logged out"):
        two.get(f"{fake.origin}/v1/models")


def test_a_login_of_another_key_is_none(fake, session, store):
    store.save_key(FileKey.create(), now=0)
    later(fake, ACCESS_SECONDS)
    other = Session(store, store.login(), store.require_key(), clock=fake.clock, transport=fake.transport())
    with pytest.raises(NotLoggedIn, match="replaced the key"):
        other.access_token()
    assert not fake.families[0].ended


def test_a_refresh_that_was_killed_leaves_the_lock_free(served, store):
    logged_in(served, store, at=True)
    holding = "import time; from pathlib import Path; from demo_client.store import Store\n"
    holding += f"with Store(Path({str(store.directory)!r})).locked():\n print('held', flush=True); time.sleep(60)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    program = subprocess.Popen([sys.executable, "-c", holding], env=environment, stdout=subprocess.PIPE, text=True)
    assert program.stdout.readline() == "held\n"
    taken = threading.Event()

    def take():
        with store.locked():
            taken.set()

    waiting = threading.Thread(target=take)
    waiting.start()
    assert not taken.wait(0.2)
    program.kill()
    program.communicate()
    waiting.join(10)
    assert taken.is_set()
