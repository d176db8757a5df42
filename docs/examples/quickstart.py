"""An application with logins, protected."""

from pathlib import Path
from secrets import token_urlsafe

from quart import Quart, Response, request

from boundgate.protect import DeviceBound, SqlStore, cookie
from boundgate.protect.quart import bound_required

app = Quart(__name__)
sessions: dict[str, str] = {}

dbsc = DeviceBound(
    origin="https://app.example.com",
    session_id=cookie("sid"),
    key=Path("dbsc-keys.json"),
    store=SqlStore("sqlite+aiosqlite:///dbsc.sqlite3"),
)
dbsc.init_app(app)


@app.post("/login")
async def login() -> Response:
    sid, user = token_urlsafe(32), (await request.form)["user"]  # after checking the password
    sessions[sid] = user
    response = Response("Welcome!")
    response.set_cookie("sid", sid, secure=True, httponly=True, samesite="Lax")
    dbsc.bind(response, session_id=sid, user=user)
    return response


@app.get("/account")
@bound_required
async def account() -> str:
    return f"Only {sessions[request.cookies['sid']]}'s own browser sees this."


@app.post("/logout")
async def logout() -> Response:
    sid, response = request.cookies["sid"], Response("Bye.")
    sessions.pop(sid, None)
    await dbsc.terminate(sid, response=response)
    return response
