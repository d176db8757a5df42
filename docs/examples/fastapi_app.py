"""A small bank under FastAPI that had logins before DBSC came; the lines marked `# dbsc` are all that came with it.

python docs/examples/fastapi_app.py --port 9443
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import uvicorn
from bank import Bank, account_page, arguments, sign_in_page
from fastapi import Cookie, Depends, FastAPI, Form
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from boundgate.protect import DeviceBound, SqlStore, cookie  # dbsc
from boundgate.protect.starlette import RequireBound, bound_required  # dbsc

Text = Annotated[str, Form()]
Sid = Annotated[str, Cookie()]


def create_app(origin: str, data: Path) -> FastAPI:
    """The bank at this origin, its files in `data`."""
    app, bank = FastAPI(default_response_class=HTMLResponse), Bank()
    store, key = SqlStore(f"sqlite+aiosqlite:///{data}/dbsc.sqlite3"), data / "dbsc-keys.json"  # dbsc
    dbsc = DeviceBound(origin=origin, session_id=cookie("sid"), key=key, store=store, sign_in="/")  # dbsc
    app.add_middleware(dbsc.wrap)  # dbsc

    @app.get("/")
    async def home(sid: Sid = "") -> str:
        return sign_in_page(bank.user_of(sid))

    @app.post("/login")
    async def login(user: Text, password: Text) -> Response:
        sid = bank.sign_in(user, password)
        if sid is None:
            return HTMLResponse(sign_in_page(said="That is not your name, or not your password."))
        response = RedirectResponse("/account", 303)
        response.set_cookie("sid", sid, secure=True, httponly=True, samesite="lax", max_age=86_400)
        dbsc.bind(response, session_id=sid, user=user)  # dbsc
        return response

    @app.get("/account")
    @bound_required  # dbsc
    async def account(sid: Sid = "") -> str:
        user = bank.sessions[sid]
        return account_page(user, bank.balances[user])

    @app.post("/transfer", dependencies=[Depends(RequireBound(proof_age_seconds=60))])  # dbsc
    async def transfer(to: Text, amount: Annotated[int, Form()], sid: Sid = "") -> str:
        user = bank.sessions[sid]
        done = bank.send(user, to, amount)
        return account_page(user, bank.balances[user], "The money is on its way." if done else "That cannot be sent.")

    @app.post("/logout")
    async def logout(sid: Sid = "") -> Response:
        response = RedirectResponse("/", 303)
        bank.sign_out(sid)
        response.delete_cookie("sid", secure=True, httponly=True, samesite="lax")
        await dbsc.terminate(sid, response=response)  # dbsc
        return response

    return app


if __name__ == "__main__":
    where = arguments()
    app = create_app(where.origin, where.data)
    uvicorn.run(app, host="localhost", port=where.port, ssl_certfile=where.cert, ssl_keyfile=where.key)
