"""What a caller was told has happened has happened, also when the process is killed the next moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from boundgate.sessions.ports import BindOutcome
from boundgate.storage import SqlPasskeyStore, SqlSessionStore, open_database
from boundgate.terms import EndReason
from tests.contract.builders import ALICE, NOW, a_binding, a_passkey, digest

REPOSITORY = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("child_writer.py")


def killed_after_line(url: str, mode: str, lines: int) -> list[str]:
    """Run the child, kill it with SIGKILL once it has printed so many lines, and return all that it printed."""
    environment = os.environ | {"PYTHONPATH": f"{REPOSITORY / 'server'}{os.pathsep}{REPOSITORY}"}
    with subprocess.Popen(
        [sys.executable, str(CHILD), url, mode], stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        assert child.stdout is not None
        said = [child.stdout.readline().strip() for _ in range(lines)]
        child.send_signal(signal.SIGKILL)
        said += [line.strip() for line in child.stdout.readlines() if line.endswith("\n")]
    assert child.returncode == -signal.SIGKILL
    return said


async def test_sign_in_binding_link_and_end_survive_a_kill(url: str) -> None:
    assert killed_after_line(url, "everything", 1) == ["done"]
    database = await open_database(url)
    sessions, passkeys = SqlSessionStore(database), SqlPasskeyStore(database)
    bound, ended = await sessions.view("bound"), await sessions.view("ended")
    assert bound is not None
    assert bound.binding == a_binding("bound")
    assert ended is not None
    assert ended.session.ended_reason is EndReason.SIGNED_OUT
    assert await sessions.bind(digest("offer ended"), a_binding("ended"), now=NOW) is BindOutcome.NO_OFFER
    assert await sessions.bind(digest("offer bound"), a_binding("bound", "x"), now=NOW) is BindOutcome.OTHER_KEY
    assert await passkeys.passkeys_of(ALICE) == [a_passkey()]
    assert not await passkeys.redeem_link(digest("token"), a_passkey("second"), now=NOW)
    await database.close()


async def test_every_end_that_was_reported_before_a_kill_holds(url: str) -> None:
    reported = killed_after_line(url, "ends", 40)
    database = await open_database(url)
    sessions = SqlSessionStore(database)
    assert len(reported) >= 40
    for session_id in reported:
        view = await sessions.view(session_id)
        assert view is not None
        assert view.session.ended_at == NOW
    await database.close()
