"""HTTP in, plain values out, and back. With app.py the only place that imports Quart."""

from __future__ import annotations

from quart import Quart

from boundgate.routes import account, guard, health, playground, problems, signing_in, v1, views, well_known


def install(app: Quart) -> None:
    """Everything that answers requests."""
    guard.install(app)
    problems.install(app)
    views.install(app)
    for room in (signing_in, account, playground, v1, well_known, health):
        app.register_blueprint(room.blueprint)
