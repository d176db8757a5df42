"""A cookie that a session keeps fresh, and its `Set-Cookie` line, from one object (DBSC §9.5; RFC 6265bis §4.1).

Chromium compares the cookie in its jar with its credential and refreshes before every request, silently, until its
quota is gone, where they differ. So both are written here and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, cast

from boundgate.dbsc.cookie_attributes import PERMITTED_ATTRIBUTES, read_attributes
from boundgate.dbsc.errors import ConfigurationError
from boundgate.dbsc.judge import check_instructions
from boundgate.dbsc.problems import Problem, problem

SameSite = Literal["Lax", "Strict", "None"]

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_ATTRIBUTES, _NAME = "credential.attributes", "credential.name"


@dataclass(frozen=True, slots=True)
class BoundCredential:
    """One cookie.

    Args:
        name: with the prefix `__Host-` unless `domain` or `plantable` is given.
        path: what the cookie is sent with; `/` for the prefix `__Host-`.
        domain: makes it a cookie of all hosts below; None for the host that sets it.
        same_site: None leaves the attribute out, which Chromium takes for something else than `Lax`.
        http_only, secure: the attributes.
        plantable: says that a sibling host may set a cookie of this name too, and that nothing rests on it.

    Raises:
        ConfigurationError: a cookie that Chromium would refuse, or that any host of the site could plant.
    """

    name: str
    path: str = field(default="/", kw_only=True)
    domain: str | None = field(default=None, kw_only=True)
    same_site: SameSite | None = field(default="Lax", kw_only=True)
    http_only: bool = field(default=True, kw_only=True)
    secure: bool = field(default=True, kw_only=True)
    plantable: bool = field(default=False, kw_only=True)
    attributes: str = field(init=False, repr=False, compare=False)
    """As in the instructions. No Max-Age: Chromium refuses the whole configuration where it sees one."""

    def __post_init__(self) -> None:
        parts = (
            f"Domain={self.domain}" if self.domain is not None else "",
            f"Path={self.path}",
            "Secure" if self.secure else "",
            "HttpOnly" if self.http_only else "",
            f"SameSite={self.same_site}" if self.same_site else "",
        )
        object.__setattr__(self, "attributes", "; ".join(filter(None, parts)))
        problems = self._problems()
        if problems:
            raise ConfigurationError(problems)

    @classmethod
    def from_attributes(cls, name: str, attributes: str, *, plantable: bool = False) -> BoundCredential:
        """The credential of a name and attributes as text, such as `Path=/; Secure; HttpOnly; SameSite=Lax`.

        Raises:
            ConfigurationError: an attribute that Chromium does not permit, such as Max-Age; no Path; and as above.
        """
        found = read_attributes(attributes)
        if found is None:
            raise ConfigurationError([problem("InvalidCredentialsCookieParsing", _ATTRIBUTES)])
        unknown = sorted(found.keys() - PERMITTED_ATTRIBUTES)
        if unknown:
            detail = ", ".join(unknown)
            raise ConfigurationError([problem("InvalidCredentialsCookieUnpermittedAttribute", _ATTRIBUTES, detail)])
        # RFC 6265bis §5.6.7: an unknown value counts as none.
        same_site = {"lax": "Lax", "strict": "Strict", "none": "None"}.get(found.get("samesite", "").lower())
        return cls(
            name,
            path=found.get("path", ""),
            domain=found.get("domain") or None,
            same_site=cast("SameSite | None", same_site),
            http_only="httponly" in found,
            secure="secure" in found,
            plantable=plantable,
        )

    def set_cookie(self, value: str, *, max_age_seconds: int) -> str:
        """A `Set-Cookie` value with the very same attributes.

        Raises:
            ValueError: the value holds anything but cookie-octets (RFC 6265 §4.1.1).
        """
        # Searching for five characters costs a fifth of what a pattern or a set does, and this runs on every refresh.
        foreign = ";" in value or " " in value or "," in value or '"' in value or "\\" in value
        if foreign or not (value.isascii() and value.isprintable()):
            raise ValueError("a cookie's value holds only ASCII without space, quote, comma, semicolon and backslash")
        return f"{self.name}={value}; {self.attributes}; Max-Age={max_age_seconds}"

    def expire(self) -> str:
        """A `Set-Cookie` value that removes it."""
        return f"{self.name}=; {self.attributes}; Max-Age=0"

    def _problems(self) -> list[Problem]:
        if self.path[:1] != "/" or ";" in self.path:
            return [problem("cookie_path_relative", _ATTRIBUTES)]
        if any(character in (self.domain or "") for character in "; \t"):
            return [problem("InvalidCredentialsCookieInvalidDomain", _ATTRIBUTES)]
        if not self.secure and self.same_site == "None":
            return [problem("BoundCookieSetForbidden", _ATTRIBUTES)]
        # The host is not known yet. A Domain is judged as if it were one; the rest holds for any.
        host = (self.domain or "").removeprefix(".") or "host.example"
        document = {
            "session_identifier": "s",
            "scope": {"include_site": False},
            "credentials": [{"type": "cookie", "name": self.name, "attributes": self.attributes}],
        }
        try:
            judged = check_instructions(document, serving_url=f"https://{host}/register")
        except ValueError:
            return [problem("InvalidCredentialsCookieInvalidDomain", _ATTRIBUTES)]
        found = [one for one in judged if one.where.startswith("credentials")]
        if not found and not _TOKEN.fullmatch(self.name):
            found.append(problem("cookie_name_no_token", _NAME))
        if not found and self.domain is None and not self.plantable and not self.name.startswith("__Host-"):
            found.append(problem("cookie_plantable", _NAME))
        return found
