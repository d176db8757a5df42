"""Request bodies, read within limits and only in the type that the route takes."""

from __future__ import annotations

from typing import Any

from quart import request

from boundgate import strict_json
from boundgate.errors import BadRequest, TooLarge, UnsupportedMediaType

SMALL_BODY_BYTES = 65_536


async def json_object(*fields: str) -> dict[str, str]:
    """A small JSON object with exactly these text members; the last ones may be absent where their name ends in `?`.

    Raises:
        UnsupportedMediaType, TooLarge, BadRequest.
    """
    require_json()
    try:
        value = strict_json.loads_object(await _small_body(), max_depth=8)
    except strict_json.StrictJSONError as error:
        raise BadRequest(f"The body is {error}.") from None
    return _texts(value, fields)


async def form(*fields: str) -> dict[str, str]:
    """A small urlencoded form with these text fields; the same errors as `json_object`."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("This address takes application/x-www-form-urlencoded.")
    await _small_body()
    posted = await request.form
    return _texts({name: posted[name] for name in posted}, fields)


async def form_octets() -> bytes:
    """A small urlencoded form as it was sent, for a reader that is stricter than the framework's.

    Raises:
        UnsupportedMediaType, TooLarge.
    """
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("This address takes application/x-www-form-urlencoded.")
    return await _small_body()


async def json_octets() -> bytes:
    """A small JSON body as it was sent, for a reader of its own.

    Raises:
        UnsupportedMediaType, TooLarge.
    """
    require_json()
    return await _small_body()


def require_json() -> None:
    """Raise unless the body is declared to be JSON: a form of another site cannot declare that."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("This address takes application/json.")


async def _small_body() -> bytes:
    if (request.content_length or 0) > SMALL_BODY_BYTES:
        raise TooLarge(f"The body is larger than {SMALL_BODY_BYTES} bytes.")
    body = await raw_body()
    if len(body) > SMALL_BODY_BYTES:
        raise TooLarge(f"The body is larger than {SMALL_BODY_BYTES} bytes.")
    return body


async def raw_body() -> bytes:
    """The whole body; its size is bounded by the application."""
    data = await request.get_data(cache=True, as_text=False, parse_form_data=False)
    return data if isinstance(data, bytes) else data.encode()


def _texts(value: dict[str, Any], fields: tuple[str, ...]) -> dict[str, str]:
    known = {name.removesuffix("?") for name in fields}
    for name in value:
        if name not in known:
            raise BadRequest("The body has a member that this address does not know.", param=name[:64])
    found = {}
    for field in fields:
        name = field.removesuffix("?")
        text = value.get(name)
        if text is None and field.endswith("?"):
            continue
        if not isinstance(text, str):
            raise BadRequest(f'The body needs the text member "{name}".', param=name)
        found[name] = text
    return found
