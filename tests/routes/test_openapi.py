"""`/openapi.json` is held to the application: its routes, what its bodies must have, how it answers."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.site import ORIGIN, Site, SoftBrowser

READ = {"GET", "HEAD", "OPTIONS"}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


async def document(site: Site) -> dict[str, Any]:
    response = await site.browser().page("/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = await response.get_json()
    return found


def operations(found: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method.upper(), path, op) for path, item in found["paths"].items() for method, op in item.items()]


def as_documented(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


async def test_it_has_every_route_and_nothing_else(site: Site) -> None:
    served = {(method, as_documented(rule)) for method, rule in site.routes() if method not in {"HEAD", "OPTIONS"}}
    assert {(method, path) for method, path, _ in operations(await document(site))} == served


async def test_what_it_refers_to_is_there_and_every_operation_has_an_id_of_its_own(site: Site) -> None:
    found = await document(site)
    text = json.dumps(found)
    for kind, name in re.findall(r'"#/components/(\w+)/(\w+)"', text):
        assert name in found["components"][kind]
    ids = [op["operationId"] for _, _, op in operations(found)]
    assert len(ids) == len(set(ids))
    schemes = {name for _, _, op in operations(found) for need in op["security"] for name in need}
    assert schemes == set(found["components"]["securitySchemes"])
    assert found["servers"] == [{"url": ORIGIN}]


async def test_every_field_that_is_explained_is_used(site: Site) -> None:
    from boundgate.routes.openapi import _written

    endpoints = [value for name, value in _written().items() if " " in name]
    used = {name.rstrip("?") for each in endpoints for kind in ("query", "json", "form") for name in each.get(kind, [])}
    assert set(_written()["fields"]) == used


def body_of(operation: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if kind in {JSON, FORM} and "$ref" not in content["schema"]:
            return kind, content["schema"]
    return None


async def send(browser: SoftBrowser, path: str, kind: str, fields: dict[str, str]) -> tuple[int, Any]:
    body = json.dumps(fields).encode() if kind == JSON else urlencode(fields).encode()
    headers = {"Origin": ORIGIN, "Content-Type": kind, "Sec-Fetch-Site": "same-origin"}
    response = await browser.send("POST", path, body=body, headers=headers)
    return response.status_code, await response.get_json(silent=True)


async def test_a_body_takes_the_members_that_are_documented_and_no_other(site: Site, owner: SoftBrowser) -> None:
    for method, path, operation in operations(await document(site)):
        body = body_of(operation)
        if method in READ or body is None or path.startswith("/oauth/") or path == "/sign-in":
            continue
        kind, schema = body
        full = dict.fromkeys(schema["properties"], "x")
        for missing in schema["required"]:
            status, said = await send(owner, path, kind, {name: "x" for name in full if name != missing})
            assert (status, said["param"]) == (400, missing), path
        status, said = await send(owner, path, kind, full | {"surplus": "x"})
        assert (status, said["param"]) == (400, "surplus"), path
        _, said = await send(owner, path, kind, full)
        assert (said or {}).get("param") not in full or said["status"] != 400 or "member" not in said["detail"], path


@pytest.mark.parametrize("signed_in", [False, True])
async def test_what_a_plain_request_is_answered_is_documented(site: Site, owner: SoftBrowser, signed_in: bool) -> None:
    browser = owner if signed_in else site.browser()
    for method, path, operation in operations(await document(site)):
        target = re.sub(r"\{\w+\}", "anything", path)
        response = await browser.send(method, target, headers={"Origin": ORIGIN} if method not in READ else {})
        documented = operation["responses"]
        assert response.status_code < 500, (method, path)
        if str(response.status_code) not in documented:
            assert response.mimetype in documented["default"]["content"], (method, path, response.status_code)


async def test_the_chat_body_names_the_fields_that_the_gateway_takes(site: Site) -> None:
    from boundgate.gateway.chat_fields import CHAT_COMPLETIONS

    schema = (await document(site))["components"]["schemas"]["ChatCompletion"]
    assert set(schema["properties"]) == set(CHAT_COMPLETIONS.fields)
    assert schema["required"] == ["model", "messages"]
