"""A process to be killed: writes through the stores, says what it has been told is done, and waits."""

from __future__ import annotations

import asyncio
import itertools
import sys

from boundgate.storage import Database, SqlPasskeyStore, SqlSessionStore, open_database
from boundgate.terms import EndReason
from tests.contract.builders import NOW, a_binding, a_link, a_passkey, a_session, a_user, an_offer, digest, put_passkey


async def sign_in(sessions: SqlSessionStore, session_id: str) -> None:
    await sessions.create(a_session(session_id), an_offer(session_id), ending=[], reason=EndReason.REPLACED)


async def everything(database: Database) -> None:
    passkeys, sessions = SqlPasskeyStore(database), SqlSessionStore(database)
    await passkeys.create_user(a_user())
    await passkeys.create_link(a_link())
    await passkeys.redeem_link(digest("token"), a_passkey(), now=NOW)
    await sign_in(sessions, "bound")
    await sessions.bind(digest("offer bound"), a_binding("bound"), now=NOW)
    await sign_in(sessions, "ended")
    await sessions.end(["ended"], now=NOW, reason=EndReason.SIGNED_OUT)
    print("done", flush=True)
    await asyncio.Event().wait()


async def ends(database: Database) -> None:
    passkeys, sessions = SqlPasskeyStore(database), SqlSessionStore(database)
    await passkeys.create_user(a_user())
    await put_passkey(passkeys, a_passkey())
    for number in itertools.count():
        await sign_in(sessions, f"s{number}")
        await sessions.end([f"s{number}"], now=NOW, reason=EndReason.SIGNED_OUT)
        print(f"s{number}", flush=True)


async def main(url: str, mode: str) -> None:
    await {"everything": everything, "ends": ends}[mode](await open_database(url))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
