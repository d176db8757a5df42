"""A file with public keys, for `boundgate clients add --jwks`."""

from __future__ import annotations

import json
from pathlib import Path

from boundgate import strict_json
from boundgate.errors import BadRequest

MAX_BYTES = 65_536


def read_jwks_file(path: Path) -> tuple[str, ...]:
    """The keys of a JSON Web Key Set (RFC 7517 §5), or one key, each as JSON text. The registration judges them.

    Raises:
        BadRequest: the file cannot be read, or is neither.
    """
    try:
        with path.open("rb") as file:
            document = strict_json.loads_object(file.read(MAX_BYTES), max_depth=8)
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}.", param="jwks") from None
    except strict_json.StrictJSONError as error:
        raise BadRequest(f"{path} is {error}.", param="jwks") from None
    keys = document.get("keys", [document] if "kty" in document else None)
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise BadRequest(f'{path} is no key set: {{"keys": [...]}}, or one key (RFC 7517).', param="jwks")
    return tuple(json.dumps(key) for key in keys)
