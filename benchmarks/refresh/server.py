"""The server half of `python -m benchmarks.refresh`: one process, one application, one HTTP server, no TLS.

Prints one JSON line: the port, and for each session its id, private key and first challenge. Ends when its standard
input closes.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import uvicorn
import uvloop
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from boundgate.app import create_app
from boundgate.clock import system_clock
from boundgate.listening import HeadLimit
from tests.support.site import running_site

SESSIONS = 16
AS_SERVED = {"session_cache_seconds": 10.0}
"""The default of a server, which the sites of tests change."""
Application = Callable[..., Awaitable[None]]


def bare(key: ec.EllipticCurvePublicKey) -> Application:
    """The floor: an application that verifies the signature and nothing else."""
    algorithm = ec.ECDSA(SHA256())

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        proof = next(value for name, value in scope["headers"] if name == b"secure-session-response")
        message, _, text = proof.rpartition(b".")
        raw = base64.urlsafe_b64decode(text + b"==")
        status = 200
        try:
            key.verify(encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:])), message, algorithm)
        except InvalidSignature:
            status = 403
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}"})

    return application


async def main(application: str, server: str) -> None:
    with socket.socket() as listener, tempfile.TemporaryDirectory() as directory:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        port = listener.getsockname()[1]
        serve = {"hypercorn": under_hypercorn, "uvicorn": under_uvicorn}[server]
        async with running_site(Path(directory) / "data", clock=cast("Any", system_clock), **AS_SERVED) as site:
            if application == "bare":
                key = ec.generate_private_key(ec.SECP256R1())
                sessions = [{"id": "s", "key": pem(key), "challenge": "c"}] * SESSIONS
                app: Any = bare(key.public_key())
            else:
                owners = [await site.owner(f"owner {number}") for number in range(SESSIONS)]
                sessions = [
                    {"id": owner.session_id, "key": pem(owner.key._key), "challenge": owner.challenge}  # noqa: SLF001
                    for owner in owners
                    if owner.key
                ]
                app = create_app(site.services)
                # Hypercorn needs it, so it is part of what is served there; httptools has a limit of its own.
                app = HeadLimit(app, max_bytes=65_536) if server == "hypercorn" else app
            print(json.dumps({"port": port, "sessions": sessions}), flush=True)
            stop = asyncio.Event()
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
            await serve(app, listener, stop)


def pem(key: Any) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def under_hypercorn(app: Application, listener: socket.socket, stop: asyncio.Event) -> None:
    config = Config()
    config.bind = [f"fd://{os.dup(listener.fileno())}"]  # Hypercorn closes what it is given
    config.accesslog, config.include_server_header, config.graceful_timeout = None, False, 0.5
    config.keep_alive_max_requests = sys.maxsize
    await hypercorn_serve(cast("Any", app), config, shutdown_trigger=cast("Any", stop.wait), mode="asgi")


async def under_uvicorn(app: Application, listener: socket.socket, stop: asyncio.Event) -> None:
    config = uvicorn.Config(
        cast("Any", app), http="httptools", log_level="critical", access_log=False, server_header=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await stop.wait()
    server.should_exit = True
    await serving


if __name__ == "__main__":
    logging.disable(logging.INFO)
    uvloop.run(main(*sys.argv[1:]))
