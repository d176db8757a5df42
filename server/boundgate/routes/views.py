"""Pages: templates filled with plain values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from quart import Quart, Response, g, render_template

from boundgate.routes.context import services

_UNITS = ((1440, "day"), (60, "hour"), (1, "minute"))


def install(app: Quart) -> None:
    """Register the filters that the templates use."""
    app.jinja_env.filters["utc"] = _utc
    app.jinja_env.filters["short"] = _short
    app.jinja_env.filters["lasting"] = lasting


async def render(template: str, *, page_status: int = 200, **values: Any) -> Response:
    """One page. `organisation` and the signed-in user's name are always there."""
    view = g.credential.view if "credential" in g and g.credential.signed_in else None
    text = await render_template(
        template,
        organisation=services().settings.organisation,
        user_name=view.session.user_name if view else None,
        page=template.removesuffix(".html"),
        **values,
    )
    return Response(text, status=page_status, content_type="text/html; charset=utf-8")


def _utc(timestamp: float) -> str:
    """ISO 8601, for the `datetime` attribute and for readers without script."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _short(text: str | None) -> str:
    return (text or "")[:12]


def lasting(seconds: float) -> str:
    """A duration in the largest unit that says it exactly, such as `14 days`; below a minute of it, rounded down."""
    minutes = int(seconds // 60)
    size, unit = next((size, unit) for size, unit in _UNITS if minutes % size == 0)
    count = minutes // size
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
