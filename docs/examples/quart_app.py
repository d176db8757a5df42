"""A small bank under Quart that had logins before DBSC came; the lines marked `# dbsc` are all that came with it.

python docs/examples/quart_app.py --port 9443
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bank import Bank, account_page, arguments, sign_in_page
from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, redirect, request
from werkzeug.wrappers import Response

from boundgate.protect import DeviceBound, SqlStore, cookie  # dbsc
from boundgate.protect.quart import bound_required  # dbsc


def create_app(origin: str, data: Path) -> Quart:
    """The bank at this origin, its files in `data`."""
    app, bank = Quart(__name__), Bank()
    store, key = SqlStore(f"sqlite+aiosqlite:///{data}/dbsc.sqlite3"), data / "dbsc-keys.json"  # dbsc
    dbsc = DeviceBound(origin=origin, session_id=cookie("sid"), key=key, store=store, sign_in="/")  # dbsc
    dbsc.init_app(app)  # dbsc

    @app.get("/")
    async def home() -> str:
        return sign_in_page(bank.user_of(request.cookies.get("sid")))

    @app.post("/login")
    async def login() -> str | Response:
        form = await request.form
        sid = bank.sign_in(form["user"], form["password"])
        if sid is None:
            return sign_in_page(said="That is not your name, or not your password.")
        response = redirect("/account", 303)
        response.set_cookie("sid", sid, secure=True, httponly=True, samesite="Lax", max_age=86_400)
        dbsc.bind(response, session_id=sid, user=form["user"])  # dbsc
        return response

    @app.get("/account")
    @bound_required  # dbsc
    async def account() -> str:
        user = bank.sessions[request.cookies["sid"]]
        return account_page(user, bank.balances[user])

    @app.post("/transfer")
    @bound_required(proof_age_seconds=60)  # dbsc
    async def transfer() -> str:
        user, form = bank.sessions[request.cookies["sid"]], await request.form
        done = bank.send(user, form["to"], int(form["amount"]))
        return account_page(user, bank.balances[user], "The money is on its way." if done else "That cannot be sent.")

    @app.post("/logout")
    async def logout() -> Response:
        sid, response = request.cookies.get("sid", ""), redirect("/", 303)
        bank.sign_out(sid)
        response.delete_cookie("sid", secure=True, httponly=True, samesite="Lax")
        await dbsc.terminate(sid, response=response)  # dbsc
        return response

    return app


if __name__ == "__main__":
    where = arguments()
    config = Config.from_mapping(bind=f"localhost:{where.port}", certfile=where.cert, keyfile=where.key)
    asyncio.run(serve(create_app(where.origin, where.data), config))
