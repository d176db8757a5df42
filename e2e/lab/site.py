"""One host of the laboratory: its addresses, its script, and the plain session that most experiments begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from e2e.lab.stub import Rule, Stub
from e2e.lab.visit import Visit
from e2e.lab.wire import ATTRIBUTES, Answer, Seen, cookie, json_answer, offer, page


@dataclass(frozen=True, slots=True)
class Site:
    """A host of the stub, or a registrable domain with hosts below it."""

    stub: Stub
    host: str

    @property
    def origin(self) -> str:
        return f"https://{self.host}:{self.stub.port}"

    def url(self, path: str = "/") -> str:
        return self.origin + path

    def below(self, label: str) -> Site:
        """A subdomain."""
        return Site(self.stub, f"{label}.{self.host}")

    def on(self, path: str, *answers: Answer | Rule) -> None:
        """Script a path; see `Stub.on`."""
        self.stub.on(self.host, path, *answers)

    def seen(self, path: str | None = None) -> list[Seen]:
        return self.stub.seen(self.host, path)

    def document(self, session_id: str = "s1", **changes: Any) -> dict[str, Any]:
        """Instructions of a session of this origin, written by hand; `changes` replace whole members."""
        return {
            "session_identifier": session_id,
            "refresh_url": "/ref",
            "scope": {"origin": self.origin, "include_site": False, "scope_specification": []},
            "credentials": [{"type": "cookie", "name": "bound", "attributes": ATTRIBUTES}],
        } | changes

    def config(self, session_id: str = "s1", *headers: tuple[str, str], **changes: Any) -> Answer:
        """An answer with such instructions and the cookie that they ask for."""
        return json_answer(self.document(session_id, **changes), cookie(), *headers)

    def bind(self, visit: Visit, *headers: tuple[str, str], answer: Answer | None = None) -> dict[str, Any]:
        """Register a session in the browser; ends on `/login`. Returns what the browser reports about it."""
        self.on("/login", page(offer()))
        self.on("/reg", (answer or self.config()).having(*headers))
        known = len(visit.events)
        visit.goto(self.url("/login"))
        return visit.wait_for("creation", after=known)[0]
