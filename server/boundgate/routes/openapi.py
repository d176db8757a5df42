"""`/openapi.json`: every endpoint, for programs (OpenAPI 3.1).

The document is written by hand in `openapi.toml`, as `docs/http.md` is for people, and tests hold both to the
application. Routes read their bodies strictly by themselves: to declare them again, for a framework, would be one truth
more.
"""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from quart import Blueprint, Response

import boundgate
from boundgate.gateway.chat_fields import CHAT_COMPLETIONS
from boundgate.routes.context import services

blueprint = Blueprint("openapi", __name__)

_TAGS = {"account": "account", "oauth": "oauth", ".well-known": "oauth", "v1": "models", "dbsc": "dbsc"}
_TEXT = {"type": "string"}
_PROBLEM = ("application/problem+json", "Problem")
_ERRORS = {
    "problem": ("an RFC 9457 problem document; a page for a person's navigation", (_PROBLEM, ("text/html", None))),
    "page": ("a page that says why; a problem document for programs", (("text/html", None), _PROBLEM)),
    "oauth_page": (
        "a page that says why; an error of RFC 6749 §5.2 for programs",
        (("text/html", None), ("application/json", "OAuthError")),
    ),
    "openai": ("an error as the OpenAI packages read it", (("application/json", "OpenAIError"),)),
    "oauth": ("an error of RFC 6749 §5.2", (("application/json", "OAuthError"),)),
}
_CHAT_FIELDS = {
    "model": _TEXT,
    "messages": {"type": "array", "items": {"type": "object"}},
    "stream": {"type": "boolean"},
}


@blueprint.get("/openapi.json")
async def openapi() -> Response:
    """The document, for this server's origin."""
    return Response(json.dumps(document(services().settings.origin)), content_type="application/json")


def document(origin: str) -> dict[str, Any]:
    """The OpenAPI document of a server at `origin`."""
    written = _written()
    paths: dict[str, dict[str, Any]] = {}
    for name, endpoint in written.items():
        if " " in name:
            *methods, path = name.split()
            for method in methods:
                paths.setdefault(path, {})[method.lower()] = _operation(method, path, endpoint, written["fields"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Boundgate",
            "version": boundgate.__version__,
            "description": "Admits a paid call only from the holder of the key that was registered at sign-in.",
        },
        "servers": [{"url": origin}],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": written["security"]},
    }


@cache
def _written() -> dict[str, Any]:
    return tomllib.loads((resources.files("boundgate.routes") / "openapi.toml").read_text(encoding="utf-8"))


def _operation(method: str, path: str, endpoint: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": "_".join([method.lower(), *re.findall(r"[A-Za-z0-9]+", path)]) or method.lower(),
        "tags": [_TAGS.get(path.split("/")[1], "pages and probes")],
        "summary": endpoint["summary"],
        "security": [{scheme: []} for scheme in endpoint.get("by", [])],
        "responses": {status: {"description": said} for status, said in endpoint["answers"].items()},
    }
    parameters = [_parameter(name, "path", required=True) for name in re.findall(r"\{(\w+)\}", path)]
    for name in endpoint.get("query", []):
        parameter = _parameter(name.removesuffix("?"), "query", required=not name.endswith("?"))
        parameters.append(parameter | {"description": fields[name.removesuffix("?")]})
    if parameters:
        operation["parameters"] = parameters
    if body := _body(endpoint, fields):
        operation["requestBody"] = {"required": True, "content": body}
    if error := _ERRORS.get(endpoint.get("kind", "problem")):
        operation["responses"]["default"] = _error(*error)
    return operation


def _parameter(name: str, where: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": _TEXT}


def _body(endpoint: dict[str, Any], fields: dict[str, str]) -> dict[str, Any]:
    if "body" in endpoint:
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{endpoint['body']}"}}}
    for kind, media_type in (("json", "application/json"), ("form", "application/x-www-form-urlencoded")):
        if kind in endpoint:
            names: list[str] = endpoint[kind]
            schema = {
                "type": "object",
                "properties": {each: _TEXT | {"description": fields[each]} for each in (n.rstrip("?") for n in names)},
                "required": [name for name in names if not name.endswith("?")],
            }
            return {media_type: {"schema": schema}}
    return {}


def _error(said: str, kinds: tuple[tuple[str, str | None], ...]) -> dict[str, Any]:
    shapes = {kind: {"$ref": f"#/components/schemas/{schema}"} if schema else _TEXT for kind, schema in kinds}
    return {"description": said, "content": {kind: {"schema": shape} for kind, shape in shapes.items()}}


def _schemas() -> dict[str, Any]:
    chat = CHAT_COMPLETIONS.fields
    return {
        "ChatCompletion": {
            "type": "object",
            "description": "As OpenAI's; a field that is not named here is refused, because it may cost money.",
            "properties": {name: _CHAT_FIELDS.get(name, {}) for name in chat},
            "required": [name for name, field in chat.items() if field.required],
            "additionalProperties": False,
        },
        "Submission": _attestation(),
        "SubmissionAnswer": _attestation("nonce", "secret", "certification", "signature"),
        "Problem": _object(type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_TEXT, code=_TEXT, param=_TEXT),
        "OAuthError": _object(error=_TEXT, error_description=_TEXT),
        "OpenAIError": _object(error=_object(message=_TEXT, type=_TEXT, param={}, code=_TEXT)),
    }


def _attestation(*more: str) -> dict[str, Any]:
    octets = _TEXT | {"description": "base64url without padding, docs/attestation.md"}
    names = ("ek_certificate", "attestation_key", "key", *more)
    return {
        "type": "object",
        "properties": dict.fromkeys(names, octets) | {"ek_chain": {"type": "array", "items": octets}},
        "required": list(names),
        "additionalProperties": False,
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}
