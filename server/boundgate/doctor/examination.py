"""Drives a browser through one examination, and writes down what it saw."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urljoin

from boundgate.chromium import BrowserError
from boundgate.dbsc.headers import REGISTRATION
from boundgate.dbsc.hosts import read_origin
from boundgate.doctor.browser import Page
from boundgate.doctor.evidence import Attempt, Evidence, JarCookie, Message, Offer, Order, Session, Visit, stored_cookie
from boundgate.doctor.offers import usable
from boundgate.doctor.pipe import BrowserSilent, CommandRefused

Tell = Callable[[str], None]
EVENT = "Network.deviceBoundSessionEventOccurred"
PROBE = "/boundgate-doctor"
LOAD_SECONDS, SETTLE_SECONDS = 30.0, 1.5
ANSWER_SECONDS = 30.0
"""Chromium gives an endpoint 20 seconds; its own timer must run out before ours."""

# Errors of navigations that were answered: a download, an empty page, an error without a body.
_ANSWERED = {"net::ERR_ABORTED", "net::ERR_HTTP_RESPONSE_CODE_FAILURE"}
_FETCH = "fetch({url}, {{cache: 'no-store', redirect: 'manual', credentials: 'include'}}).then(r => r.status, () => 0)"


class Examination:
    """One examination with one page.

    Args:
        page: an empty page of a browser that is used for nothing else.
        order: what to examine.
        tell: is told in a few words what happens next.
        evidence: is filled in, so that nothing is lost where the browser fails on the way.
    """

    def __init__(self, page: Page, order: Order, *, tell: Tell, evidence: Evidence) -> None:
        self._page, self._order, self._tell, self._seen = page, order, tell, evidence

    def run(self) -> None:
        """Everything, up to where it can go. Raises BrowserError where the browser itself fails."""
        self._seen.browser = self._page.version
        self._page.call("Page.setBypassCSP", {"enabled": True})
        self._put_cookies()
        if not self._load():
            return
        self._register()
        session = self._seen.session
        if session is None:
            return
        self._seen.jar = self._jar(session)
        for number in ("first", "second"):
            if self._seen.deletion is None:
                self._tell(f"Forcing the {number} refresh")
                self._refresh(session)
        self._close(session)

    def _put_cookies(self) -> None:
        for name, value in self._order.cookies:
            cookie = {
                "name": name,
                "value": value,
                "url": self._order.url,
                "secure": True,
                "httpOnly": True,
                "path": "/",
            }
            if not self._page.call("Network.setCookie", cookie).get("success"):
                raise BrowserError(f"the browser does not take the cookie {name} for {self._order.url}.")

    def _load(self) -> bool:
        self._tell(f"Opening {self._order.url}")
        self._seen.page = self._visit(self._order.url)
        if self._seen.page.error:
            return False
        if self._order.login is not None:
            url = urljoin(self._seen.page.url, self._order.login)
            self._tell(f"Opening {url} to sign in")
            self._seen.login = self._visit(url)
        return self._seen.login is None or not self._seen.login.error

    def _visit(self, url: str) -> Visit:
        mark = self._page.mark()
        try:
            error = self._page.call("Page.navigate", {"url": url}, seconds=LOAD_SECONDS).get("errorText")
        except BrowserSilent:
            error = "net::ERR_TIMED_OUT"
        except CommandRefused as refused:
            error = str(refused)
        if error in _ANSWERED:
            error = None
        if error is None:
            self._wait(lambda: self._page.events("Page.loadEventFired", since=mark), SETTLE_SECONDS * 10)
        documents = [
            e for e in self._page.events("Network.responseReceived", since=mark) if e.get("type") == "Document"
        ]
        answer = documents[-1]["response"] if documents else {}
        return Visit(url=str(answer.get("url", url)), status=answer.get("status"), error=error)

    def _register(self) -> None:
        created: Callable[[], Any] = lambda: self._events("creationEventDetails")  # noqa: E731 - asked for again and again
        if self._order.window:
            self._tell(f"Sign in in the window; {self._order.wait_seconds:g} seconds are left for it")
            self._wait(created, self._order.wait_seconds)
        else:
            self._wait(lambda: self._offers() or created(), SETTLE_SECONDS)
        self._seen.offers = tuple(self._offers())
        if any(usable(offer.value, offer.url) for offer in self._seen.offers):
            self._tell("An offer came; waiting for the registration")
            self._wait(created, ANSWER_SECONDS)
        self._wait(lambda: None, SETTLE_SECONDS / 3)
        succeeded = [event for event in created() if event["succeeded"]]
        events = succeeded or created()
        if events:
            self._seen.creation = events[-1]["creationEventDetails"]
            raw = self._seen.creation["newSession"] if succeeded else None
            self._seen.session = Session(raw) if raw else None
        self._seen.challenges = [
            e["challengeEventDetails"]["challengeResult"] for e in self._events("challengeEventDetails")
        ]
        self._note_deletion(0)

    def _offers(self) -> Iterable[Offer]:
        # Redirects share a request's identifier; the n-th headers belong to the n-th URL.
        urls: dict[str, list[str]] = {}
        for event in self._page.events("Network.requestWillBeSent"):
            urls.setdefault(event["requestId"], []).append(event["request"]["url"])
        counts: dict[str, int] = {}
        found = []
        for event in self._page.events("Network.responseReceivedExtraInfo"):
            number = counts.get(event["requestId"], 0)
            counts[event["requestId"]] = number + 1
            own = urls.get(event["requestId"], [])
            values = [value for name, value in event["headers"].items() if name.lower() == REGISTRATION.lower()]
            found += [Offer(own[number] if number < len(own) else self._order.url, value) for value in values]
        return found

    def _refresh(self, session: Session) -> None:
        url = self._probe_url(session)
        self._be_at(url)
        before, challenge_ahead = self._jar(session), self._holds_challenge(session)
        mark = self._page.mark()
        for cookie in before[:1]:
            where = {"name": cookie.stored.name, "domain": cookie.stored.domain, "path": cookie.stored.path}
            self._page.call("Network.deleteCookies", where)
        # A request that is never answered is one thing, what the browser did for it is another.
        with contextlib.suppress(BrowserSilent):
            self._page.script(_FETCH.format(url=json.dumps(url)), seconds=ANSWER_SECONDS)
        results = self._wait(lambda: self._refreshes(session, mark), SETTLE_SECONDS)
        self._wait(lambda: None, SETTLE_SECONDS / 5)
        self._note_deletion(mark)
        self._seen.attempts.append(
            Attempt(
                url=url,
                usages=tuple(self._usages(session, url, mark)),
                result=results[-1] if results else None,
                challenge_ahead=challenge_ahead,
                challenges=tuple(
                    event["challengeEventDetails"]["challengeResult"]
                    for event in self._events("challengeEventDetails", since=mark)
                ),
                before=before,
                after=self._jar(session),
                deletion=self._seen.deletion,
            )
        )

    def _probe_url(self, session: Session) -> str:
        """A URL of the scope, best one that answers nothing of interest: a page might offer a new session."""
        scope = session.scope
        base = str(session.raw["inclusionRules"]["origin"])
        visited = [visit.url for visit in (self._seen.page, self._seen.login) if visit]
        included = [rule.path for rule in scope.rules if rule.kind == "include"] if scope else []
        paths = [PROBE, *(path.rstrip("/") + PROBE for path in included), *included]
        urls = [*(base + path for path in paths), *visited]
        return next((url for url in urls if scope is not None and scope.includes(url)), urls[0])

    def _be_at(self, url: str) -> None:
        """Refreshes are started for requests of the scope's own origin only; a person may have ended up elsewhere."""
        here = read_origin(str(self._page.script("location.href") or ""))
        if here != read_origin(url):
            self._visit(url)

    def _holds_challenge(self, session: Session) -> bool:
        sessions = [
            session.raw,
            *(e["refreshEventDetails"].get("newSession") for e in self._events("refreshEventDetails")),
        ]
        return Session([raw for raw in sessions if raw][-1]).cached_challenge

    def _refreshes(self, session: Session, mark: int) -> list[Message]:
        events = self._events("refreshEventDetails", since=mark)
        return [e["refreshEventDetails"] for e in events if e.get("sessionId") == session.id]

    def _usages(self, session: Session, url: str, mark: int) -> Iterable[str]:
        requests = {
            e["requestId"]
            for e in self._page.events("Network.requestWillBeSent", since=mark)
            if e["request"]["url"] == url
        }
        for event in self._page.events("Network.requestWillBeSentExtraInfo", since=mark):
            if event["requestId"] in requests:
                for usage in event.get("deviceBoundSessionUsages", ()):
                    if usage["sessionKey"]["id"] == session.id:
                        yield usage["usage"]

    def _note_deletion(self, mark: int) -> None:
        session = self._seen.session
        for event in self._events("terminationEventDetails", since=mark):
            if session is not None and event.get("sessionId") == session.id:
                reason = event["terminationEventDetails"]["deletionReason"]
                self._seen.deletion = None if reason == "Replaced" else reason

    def _close(self, session: Session) -> None:
        if self._seen.deletion is not None:
            return
        self._tell("Closing the session")
        mark = self._page.mark()
        self._page.call("Network.deleteDeviceBoundSession", {"key": session.raw["key"]})
        self._seen.closed = bool(
            self._wait(lambda: self._events("terminationEventDetails", since=mark), SETTLE_SECONDS)
        )

    def _jar(self, session: Session) -> tuple[JarCookie, ...]:
        names = {cookie.name for cookie in session.cookies}
        raw = [cookie for cookie in self._page.pipe.call("Storage.getCookies")["cookies"] if cookie["name"] in names]
        now = self._page.script("Date.now() / 1000")
        lives = [None if cookie.get("session") or not now else cookie["expires"] - now for cookie in raw]
        cookies = [JarCookie(stored_cookie(c), c["value"], life) for c, life in zip(raw, lives, strict=True)]
        # The one that a session asks for comes first: another of the same name may belong to something else.
        return tuple(sorted(cookies, key=lambda cookie: cookie.stored not in session.cookies))

    def _events(self, kind: str, *, since: int = 0) -> list[Message]:
        return [event for event in self._page.events(EVENT, since=since) if kind in event]

    def _wait(self, look: Callable[[], Any], seconds: float) -> Any:
        return self._page.pipe.wait(lambda: look() or None, seconds=seconds)
