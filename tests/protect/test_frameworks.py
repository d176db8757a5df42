"""The same application under Quart, Starlette and FastAPI: decorators, dependencies, nothing run and nothing logged."""

from __future__ import annotations

import logging
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel
from quart import Quart
from quart import Response as QuartResponse
from quart import request as quart_request
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from boundgate.protect import DeviceBound
from boundgate.protect import quart as for_quart
from boundgate.protect import starlette as for_starlette
from boundgate.protect.starlette import RequireBound, require_bound
from tests.protect.rig import BOUND, FRESH, NEW, Rig, SoftBrowser, ask

SESSION = "sid=sid-{}; Path=/; Secure; HttpOnly; SameSite=Lax"


class Money(BaseModel):
    amount: int


async def read_money(money: Money) -> Money:
    return money


class Applications:
    """One application three times; `ran` says which handlers did."""

    def __init__(self, dbsc: DeviceBound) -> None:
        self.dbsc, self.ran, self.count = dbsc, [], 0

    def next_session(self) -> str:
        self.count += 1
        return f"sid-{self.count}"

    def quart(self) -> Any:
        app = Quart("application")
        self.dbsc.init_app(app)

        @app.post("/login")
        async def login() -> QuartResponse:
            response, session = QuartResponse("hello"), self.next_session()
            response.set_cookie("sid", session, secure=True)
            self.dbsc.bind(response, session_id=session, user=(await quart_request.form)["user"])
            return response

        @app.get("/mine")
        @for_quart.bound_required
        async def mine() -> str:
            self.ran.append("mine")
            return "secret"

        @app.get("/plain")
        @for_quart.bound_required
        def plain() -> str:
            self.ran.append("plain")
            return "secret"

        @app.post("/transfer")
        @for_quart.bound_required(proof_age_seconds=30)
        async def transfer() -> str:
            self.ran.append("transfer")
            return f"sent {(await quart_request.get_json())['amount']}"

        @app.after_request
        async def mark(response: QuartResponse) -> QuartResponse:
            response.headers["X-Application"] = "yes"
            return response

        @app.post("/logout")
        async def logout() -> QuartResponse:
            response = QuartResponse("bye")
            await self.dbsc.terminate(quart_request.cookies["sid"], response=response)
            return response

        return app

    def starlette(self) -> Any:
        async def login(request: Request) -> Response:
            session = self.next_session()
            response = PlainTextResponse("hello")
            response.set_cookie("sid", session, secure=True)
            self.dbsc.bind(response, session_id=session, user="alice")
            return response

        @for_starlette.bound_required
        async def mine(request: Request) -> Response:
            self.ran.append("mine")
            return PlainTextResponse("secret")

        @for_starlette.bound_required
        def plain(request: Request) -> Response:
            self.ran.append("plain")
            return PlainTextResponse("secret")

        @for_starlette.bound_required(proof_age_seconds=30)
        async def transfer(request: Request) -> Response:
            self.ran.append("transfer")
            return PlainTextResponse(f"sent {(await request.json())['amount']}")

        async def logout(request: Request) -> Response:
            response = PlainTextResponse("bye")
            await self.dbsc.terminate(request.cookies["sid"], response=response)
            return response

        async def mark(request: Request, call_next: Any) -> Response:
            response: Response = await call_next(request)
            response.headers["X-Application"] = "yes"
            return response

        app = Starlette(
            routes=[
                Route("/login", login, methods=["POST"]),
                Route("/logout", logout, methods=["POST"]),
                Route("/mine", mine),
                Mount("/", routes=[Route("/plain", plain), Route("/transfer", transfer, methods=["POST"])]),
            ]
        )
        app.add_middleware(BaseHTTPMiddleware, dispatch=mark)
        app.add_middleware(self.dbsc.wrap)
        return app

    def fastapi(self) -> Any:
        app = FastAPI()
        app.add_middleware(self.dbsc.wrap)

        @app.post("/login")
        async def login(response: Response) -> dict[str, str]:
            session = self.next_session()
            response.set_cookie("sid", session, secure=True)
            self.dbsc.bind(response, session_id=session, user="alice")
            return {"say": "hello"}

        @app.get("/mine")
        @for_starlette.bound_required
        async def mine(request: Request, page: int = 1) -> Money:
            assert page == 1
            self.ran.append("mine")
            return Money(amount=1)

        @app.get("/plain", dependencies=[Depends(require_bound)])
        def plain() -> str:
            self.ran.append("plain")
            return "secret"

        router = APIRouter(dependencies=[Depends(RequireBound(proof_age_seconds=30))])

        @router.post("/transfer")
        async def transfer(money: Annotated[Money, Depends(read_money)]) -> str:
            self.ran.append("transfer")
            return f"sent {money.amount}"

        app.include_router(router)

        @app.post("/logout")
        async def logout(request: Request, response: Response) -> str:
            await self.dbsc.terminate(request.cookies["sid"], response=response)
            return "bye"

        @app.middleware("http")
        async def mark(request: Request, call_next: Any) -> Response:
            answer: Response = await call_next(request)
            answer.headers["X-Application"] = "yes"
            return answer

        return app


@pytest.fixture(params=["quart", "starlette", "fastapi"])
def framework(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def applications(rig: Rig, framework: str) -> Applications:
    made = Applications(rig.dbsc)
    rig.app = getattr(made, framework)()
    return made


@pytest.fixture(autouse=True)
def no_errors_are_logged(caplog: pytest.LogCaptureFixture) -> Any:
    yield
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


MONEY = {"Content-Type": "application/json"}


async def test_a_bound_session_reaches_every_handler(applications: Applications, rig: Rig) -> None:
    owner = await rig.owner()
    for path in ("/mine", "/plain"):
        response = await owner.visit("GET", path)
        assert (response.status, b"secret" in response.body or b"amount" in response.body) == (200, True)
        assert response.header("X-Application") == "yes"
    rig.clock.advance(60)
    response = await owner.visit("POST", "/transfer", body=b'{"amount": 5}', **MONEY)
    assert b"sent 5" in response.body
    assert owner.refreshes == 1
    assert applications.ran == ["mine", "plain", "transfer"]


async def test_nobody_else_does_and_no_handler_runs(applications: Applications, rig: Rig) -> None:
    owner = await rig.owner()
    thief = owner.copy_jar()
    del thief.jar[BOUND], thief.jar[FRESH], thief.jar[NEW]
    for browser, code in ((thief, "proof_required"), (rig.browser(), "sign_in_required")):
        for method, path, body in (
            ("GET", "/mine", b""),
            ("GET", "/plain", b""),
            ("POST", "/transfer", b'{"amount": 5}'),
        ):
            response = await browser.visit(method, path, body=body, **(MONEY if body else {}))
            assert (response.status, response.code) == (401, code)
            assert response.header("content-type") == "application/problem+json"
    assert applications.ran == []


async def test_a_redirect_for_a_proof_is_sent_as_it_is(applications: Applications, rig: Rig) -> None:
    owner = await rig.owner()
    rig.clock.advance(60)
    fetch = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    response = await owner.send("POST", "/transfer", body=b'{"amount": 5}', headers=fetch | MONEY)
    assert (response.status, response.header("location"), response.body) == (307, "/transfer", b"")
    assert response.cookies() == {FRESH: "(expired)"}
    assert [name for name, _ in response.fields].count("content-length") == 1
    assert applications.ran == []


async def test_a_sign_out_reaches_browser_and_server(applications: Applications, rig: Rig) -> None:
    owner = await rig.owner()
    response = await owner.sign_out()
    assert response.status == 200
    assert response.header("Clear-Site-Data") == '"storage"'
    assert (await owner.visit("GET", "/mine")).code == "session_revoked"


async def test_a_missing_middleware_is_said_in_words(framework: str, rig: Rig, caplog: Any) -> None:
    bare = Rig()
    applications = Applications(bare.dbsc)
    app = getattr(applications, framework)()
    if framework == "quart":
        app.asgi_app = type(app).asgi_app.__get__(app)
        app.config["PROPAGATE_EXCEPTIONS"] = True
    else:
        app.user_middleware = [one for one in app.user_middleware if one.cls != bare.dbsc.wrap]
    browser = SoftBrowser(app, bare.clock)
    with pytest.raises(RuntimeError, match="DeviceBound is not around this application"):
        await browser.send("GET", "/mine")
    caplog.clear()
    await bare.close()


async def test_fastapi_shows_the_protected_handlers_parameters(rig: Rig) -> None:
    app = Applications(rig.dbsc).fastapi()
    response = await ask(app, "GET", "/openapi.json")
    assert b'"/mine"' in response.body
    assert b'"page"' in response.body
