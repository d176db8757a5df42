"""What browsers ask this origin before another site's session may use the keys of ours (DBSC §8.9)."""

from __future__ import annotations

from quart import Blueprint, Response

from boundgate.dbsc.well_known import WELL_KNOWN_PATH
from boundgate.errors import NotFound
from boundgate.routes.context import services

blueprint = Blueprint("well_known", __name__)


@blueprint.get(WELL_KNOWN_PATH)
async def device_bound_sessions() -> Response:
    """The origins that the settings name; where they name none there is no document."""
    document = services().well_known
    if document is None:
        raise NotFound("No other origin may use the keys of this server's sessions.")
    return Response(document.body, content_type="application/json")
