"""The second half of the composition root: services become an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import structlog
from quart import Quart
from quart.wrappers import BaseRequestWebsocket
from werkzeug.exceptions import BadHost
from werkzeug.routing import MapAdapter

from boundgate import routes
from boundgate.asgi import ASGIApp, DrainRequestBody
from boundgate.errors import BoundgateError
from boundgate.routes import dbsc
from boundgate.routes.context import EXTENSION
from boundgate.services import Services, open_services

__all__ = ["Services", "create_app", "create_quart", "open_services"]

log = structlog.get_logger()

FLUSH_SECONDS = 0.5
PRUNE_SECONDS = 600.0
PAGES = Path(__file__).parent / "pages"


def create_app(services: Services) -> ASGIApp:
    """The application for one set of services. Its lifespan runs the background writer."""
    return cast("ASGIApp", create_quart(services).asgi_app)


def create_quart(services: Services) -> Quart:
    """The same as the framework's object, for tests that list its routes."""
    app = _Application("boundgate", template_folder=str(PAGES / "templates"), static_folder=str(PAGES / "static"))
    app.config["MAX_CONTENT_LENGTH"] = services.settings.request_body_max_bytes
    app.extensions[EXTENSION] = services
    routes.install(app)
    below = DrainRequestBody(cast("ASGIApp", app.asgi_app))
    app.asgi_app = dbsc.install(below, services)  # type: ignore[method-assign, assignment] # Quart's own way to wrap

    @app.while_serving
    async def background() -> AsyncGenerator[None, None]:
        writer = asyncio.create_task(_write_behind(services))
        yield
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writer

    return app


class _Application(Quart):
    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        try:
            return super().create_url_adapter(request)
        except (BadHost, UnicodeDecodeError):
            # A Host that IDNA cannot encode, or a query that is not UTF-8, before there is anything that could answer.
            # No route depends on either, and the guard refuses a host that is not ours.
            assert request is not None
            query = request.query_string.decode("latin-1")
            return self.url_map.bind("", request.root_path, None, request.scheme, request.method, request.path, query)


async def _write_behind(services: Services) -> None:
    pruned_at = 0.0
    while True:
        try:
            await services.flush()
            if services.clock() - pruned_at > PRUNE_SECONDS:
                pruned_at = services.clock()
                await services.prune()
        except BoundgateError as error:
            log.warning("records not written, trying again", detail=error.detail)
        except Exception:
            # Without this task every session would go idle and no call be recorded.
            log.exception("records not written, trying again")
        await asyncio.sleep(FLUSH_SECONDS)
