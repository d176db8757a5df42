"""What clients read first: RFC 8414, OpenID Connect Discovery 1.0, RFC 9728. The domain has the values."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from boundgate.oauth.metadata import (
    OPENID_METADATA_PATH,
    RESOURCE_METADATA_PATH,
    RESOURCE_PATH,
    SERVER_METADATA_PATH,
    MetadataDocuments,
)
from boundgate.routes.context import services

blueprint = Blueprint("oauth_metadata", __name__)


@blueprint.get(SERVER_METADATA_PATH)
async def authorization_server() -> Response:
    """RFC 8414 §3."""
    return jsonify(_documents().authorization_server())


@blueprint.get(OPENID_METADATA_PATH)
async def openid_provider() -> Response:
    """OpenID Connect Discovery 1.0 §4."""
    return jsonify(_documents().openid_provider())


@blueprint.get(RESOURCE_METADATA_PATH)
async def protected_resource() -> Response:
    """RFC 9728 §3: the resource of this host."""
    return jsonify(_documents().protected_resource())


@blueprint.get(RESOURCE_METADATA_PATH + RESOURCE_PATH)
async def protected_resource_by_path() -> Response:
    """RFC 9728 §3.1: where a client looks that was given the resource's own URL."""
    return jsonify(_documents().protected_resource())


def _documents() -> MetadataDocuments:
    return services().oauth.metadata
