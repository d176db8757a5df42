"""For load balancers and for Prometheus."""

from __future__ import annotations

import ipaddress

from quart import Blueprint, Response, jsonify

from boundgate.errors import NotFound, StorageUnavailable
from boundgate.metrics import CONTENT_TYPE
from boundgate.routes.context import caller, services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
async def readyz() -> tuple[Response, int]:
    """The process can serve: its database answers."""
    try:
        await services().store.has_passkeys()
    except StorageUnavailable:
        return jsonify(status="unavailable", database="unavailable"), 503
    return jsonify(status="ok", database="ok"), 200


@blueprint.get("/metrics")
async def metrics() -> Response:
    """Counters, for the networks that the settings name; for everybody else this address does not exist."""
    try:
        address = ipaddress.ip_address(caller().address)
    except ValueError:
        address = None
    if address is None or not any(address in network for network in services().settings.metrics_networks):
        raise NotFound("There is nothing at this address.")
    services().metrics.dropped.set(services().recorder.dropped)
    return Response(services().metrics.text(), content_type=CONTENT_TYPE)
