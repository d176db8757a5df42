"""Names that people choose: what they may hold, and how they are kept."""

from __future__ import annotations

import unicodedata

from boundgate.errors import BadRequest

NAME_MAX_CHARACTERS = 64
_RAW_MAX_CHARACTERS = 4 * NAME_MAX_CHARACTERS
DEFAULT_PASSKEY_NAME = "Passkey"
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Controls, format characters (the bidirectional ones among them), surrogates, private use, line separators:
none of them shows, and each can make one name look like another (Unicode TR 36 §2.10)."""


def user_name(text: str) -> str:
    """A user's name as it is stored: Unicode NFC, without surrounding white space.

    Raises:
        BadRequest: empty, longer than 64 characters, or with invisible characters.
    """
    name = _clean(text)
    if not name:
        raise BadRequest("The user's name is empty. Give 1 to 64 characters.", param="name")
    return name


def passkey_name(text: str) -> str:
    """A passkey's name as it is stored, `"Passkey"` where the user gave none.

    Raises:
        BadRequest: longer than 64 characters, or with invisible characters.
    """
    return _clean(text) or DEFAULT_PASSKEY_NAME


def _clean(text: str) -> str:
    # Normalising takes quadratic time over marks, so what cannot come out short enough does not go in.
    name = unicodedata.normalize("NFC", text).strip() if len(text) <= _RAW_MAX_CHARACTERS else text
    if len(name) > NAME_MAX_CHARACTERS:
        raise BadRequest(f"The name is longer than {NAME_MAX_CHARACTERS} characters. Shorten it.", param="name")
    if any(unicodedata.category(character) in _REFUSED_CATEGORIES for character in name):
        raise BadRequest(
            "The name holds invisible characters (controls, text direction, zero width). Type it without them.",
            param="name",
        )
    return name
