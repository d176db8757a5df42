"""A server process with a stub in place of the application: `python stub_server.py DATA_DIR PORT [TOKEN]`.

With TOKEN an enrolment link is open; the application closes it on `POST /use`. After `POST /linger` the services
take a minute to close. `GET /pid` says which process answers; `POST /die` ends it.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import sys
from pathlib import Path

from boundgate import serving
from boundgate.cli.banner import print_banner
from boundgate.errors import BoundgateError, Gone, StorageUnavailable
from boundgate.logging_setup import configure_logging
from boundgate.settings import SettingsError, load_settings


class Enrolment:
    def __init__(self, token):
        self.token = token

    async def first_link(self):
        return self.token

    async def options(self, token):
        if token != self.token:
            raise Gone("used")


class Services:
    def __init__(self, settings, token):
        self.origin = settings.origin
        self.enrolment = Enrolment(token)
        self.closing_seconds = 0.0


@contextlib.asynccontextmanager
async def open_services(settings, *, prunes=True):
    token = sys.argv[3] if len(sys.argv) > 3 else None
    if token == "cannot open" and multiprocessing.parent_process():
        raise StorageUnavailable("this worker cannot open its services")
    services = Services(settings, token)
    yield services
    await asyncio.sleep(services.closing_seconds)
    print("services closed", flush=True)


def fail(services):
    held = f"Bearer {'x' * 40}"
    raise RuntimeError(f"refused {held}")


def use(services):
    services.enrolment.token = None


def linger(services):
    services.closing_seconds = 60.0


def die(services):
    os._exit(7)


ACTS = {"/fail": fail, "/use": use, "/linger": linger, "/die": die}


def create_app(services):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": message["type"] + ".complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        while (await receive()).get("more_body"):
            pass
        await answer(scope["path"], scope, send)

    async def answer(path, scope, send):
        if act := ACTS.get(path):
            act(services)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        if path.startswith("/slow/"):
            await send({"type": "http.response.body", "body": b"begun ", "more_body": True})
            await asyncio.sleep(float(path.removeprefix("/slow/")))
        body = f"HTTP/{scope['http_version']} {sum(len(n) + len(v) for n, v in scope['headers'])}"
        body = str(os.getpid()) if path == "/pid" else body
        await send({"type": "http.response.body", "body": body.encode()})

    return app


def main():
    serving.LINK_WATCH_SECONDS = 0.05
    try:
        settings = load_settings(data_dir=Path(sys.argv[1]), port=int(sys.argv[2]), log_format="json")
        configure_logging("json")
        sys.exit(
            serving.serve(settings, composition=serving.Composition(open_services, create_app), announce=print_banner)
        )
    except (BoundgateError, SettingsError) as error:
        print(f"boundgate: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
