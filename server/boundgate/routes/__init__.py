"""HTTP in, plain values out, and back. With app.py the only place that imports Quart."""

from __future__ import annotations

from quart import Quart

from boundgate.routes import (
    account,
    guard,
    health,
    oauth_attestation,
    oauth_authorize,
    oauth_clients,
    oauth_metadata,
    oauth_own,
    oauth_token,
    openapi,
    outside,
    outside_links,
    playground,
    problems,
    signing_in,
    v1,
    views,
    well_known,
)


def install(app: Quart) -> None:
    """Everything that answers requests."""
    guard.install(app)
    problems.install(app)
    views.install(app)
    rooms = (
        *(signing_in, account, playground, v1),
        *(oauth_authorize, oauth_token, oauth_metadata, oauth_clients, oauth_attestation, oauth_own),
        *(outside, outside_links),
        *(openapi, well_known, health),
    )
    for room in rooms:
        app.register_blueprint(room.blueprint)
