"""A small bank under Starlette that had logins before DBSC came; the lines marked `# dbsc` are all that came with it.

python docs/examples/starlette_app.py --port 9443
"""

from __future__ import annotations

from pathlib import Path

import uvicorn
from bank import Bank, account_page, arguments, sign_in_page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from boundgate.protect import DeviceBound, SqlStore, cookie  # dbsc
from boundgate.protect.starlette import bound_required  # dbsc


def create_app(origin: str, data: Path) -> Starlette:
    """The bank at this origin, its files in `data`."""
    bank = Bank()
    store, key = SqlStore(f"sqlite+aiosqlite:///{data}/dbsc.sqlite3"), data / "dbsc-keys.json"  # dbsc
    dbsc = DeviceBound(origin=origin, session_id=cookie("sid"), key=key, store=store, sign_in="/")  # dbsc

    async def home(request: Request) -> Response:
        return HTMLResponse(sign_in_page(bank.user_of(request.cookies.get("sid"))))

    async def login(request: Request) -> Response:
        form = await request.form()
        sid = bank.sign_in(str(form["user"]), str(form["password"]))
        if sid is None:
            return HTMLResponse(sign_in_page(said="That is not your name, or not your password."))
        response = RedirectResponse("/account", 303)
        response.set_cookie("sid", sid, secure=True, httponly=True, samesite="lax", max_age=86_400)
        dbsc.bind(response, session_id=sid, user=str(form["user"]))  # dbsc
        return response

    @bound_required  # dbsc
    async def account(request: Request) -> Response:
        user = bank.sessions[request.cookies["sid"]]
        return HTMLResponse(account_page(user, bank.balances[user]))

    @bound_required(proof_age_seconds=60)  # dbsc
    async def transfer(request: Request) -> Response:
        user, form = bank.sessions[request.cookies["sid"]], await request.form()
        done = bank.send(user, str(form["to"]), int(str(form["amount"])))
        said = "The money is on its way." if done else "That cannot be sent."
        return HTMLResponse(account_page(user, bank.balances[user], said))

    async def logout(request: Request) -> Response:
        sid, response = request.cookies.get("sid", ""), RedirectResponse("/", 303)
        bank.sign_out(sid)
        response.delete_cookie("sid", secure=True, httponly=True, samesite="lax")
        await dbsc.terminate(sid, response=response)  # dbsc
        return response

    routes = [
        Route("/", home),
        Route("/login", login, methods=["POST"]),
        Route("/account", account),
        Route("/transfer", transfer, methods=["POST"]),
        Route("/logout", logout, methods=["POST"]),
    ]
    app = Starlette(routes=routes)
    app.add_middleware(dbsc.wrap)  # dbsc
    return app


if __name__ == "__main__":
    where = arguments()
    app = create_app(where.origin, where.data)
    uvicorn.run(app, host="localhost", port=where.port, ssl_certfile=where.cert, ssl_keyfile=where.key)
