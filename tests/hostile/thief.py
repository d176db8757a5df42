"""What somebody with a copy of the whole jar, and no key, can send; and what must never come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from quart.wrappers import Response

from tests.support.site import BOUND, FRESH, LOGIN, ORIGIN, SoftBrowser
from tests.support.soft_browser import SoftDbsc, refresh_headers, registration_headers

FOREVER = float("inf")
COOKIES = (LOGIN, BOUND, FRESH)
COMBINATIONS = tuple(frozenset(names) for size in range(4) for names in combinations(COOKIES, size))
"""Every choice of cookies: all of them, each alone, none."""
REASONS = ("unreachable", "server_error", "quota_exceeded")
REDIRECTED, REFUSED = 307, 401


@dataclass(frozen=True, slots=True)
class Prey:
    """What is copied: the jar at one moment, and the session's identifier, which is no secret."""

    jar: dict[str, str]
    session_id: str

    @classmethod
    def of(cls, owner: SoftBrowser) -> Prey:
        """The owner's, now."""
        assert owner.session_id is not None
        return cls({name: value for name, (value, _) in owner.jar.items()}, owner.session_id)

    def with_bound(self, value: str) -> Prey:
        """The same with another bound cookie, such as one that has expired."""
        return replace(self, jar=self.jar | {BOUND: value})


def forgeries(session_id: str) -> list[dict[str, str]]:
    """Header fields by which a request claims that its browser could not refresh, or has lost its key."""
    skipped = [{"Secure-Session-Skipped": f'{reason};session_identifier="{session_id}"'} for reason in REASONS]
    return [
        {},
        *skipped,
        {"Secure-Session-Skipped": ", ".join(field["Secure-Session-Skipped"] for field in skipped)},
        {"Secure-Session-Skipped": "key_lost"},
        {"Secure-Session-Skipped": f'signing_error;session_identifier="{session_id}"', "Secure-Session-Response": ""},
        {"Sec-Session-Skipped": "unreachable", "Sec-Session-Id": session_id, "Sec-Secure-Session-Id": session_id},
    ]


def dress(thief: SoftBrowser, prey: Prey, names: frozenset[str]) -> SoftBrowser:
    """Give the thief these cookies of the prey, good for ever in a jar that obeys nobody."""
    thief.jar = {name: (value, FOREVER) for name, value in prey.jar.items() if name in names}
    return thief


async def calls(thief: SoftBrowser, prey: Prey, headers: dict[str, str]) -> list[Response]:
    """A call as the jar stands, and once more when it comes back from a redirect without a proof."""
    answers = [await thief.bare_chat(**headers)]
    if answers[0].status_code == REDIRECTED:
        answers.append(await thief.bare_chat(**headers))
    return answers


async def looks(thief: SoftBrowser, headers: dict[str, str]) -> list[Response]:
    """Whatever else might hand something out: pages, state, the endpoints' other methods, arrivals from elsewhere."""
    document = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    return [
        *[
            await thief.send("GET", path, headers=document | {"Sec-Fetch-Site": site} | headers)
            for path in ("/", "/account", "/playground", "/v1/models")
            for site in ("none", "cross-site")
        ],
        await thief.send("GET", "/session", headers=headers),
        await thief.send("GET", "/dbsc/register", headers=headers),
        await thief.submit("/sign-in", credential="{}"),
        await thief.submit("/sign-out"),
    ]


async def claims_of_a_lost_key(thief: SoftBrowser, prey: Prey, headers: dict[str, str]) -> list[Response]:
    """Registrations and refreshes with a key of the thief's own, and with none."""
    key, login = SoftDbsc(), prey.jar[LOGIN]
    proofs = [
        key.refresh_proof("guess"),
        key.refresh_proof("guess", jwk=key.jwk),
        key.registration_proof("guess", login),
        key.registration_proof(None, prey.session_id),
    ]
    sent = [registration_headers(proof, origin=ORIGIN) for proof in proofs]
    posts = [("/dbsc/register", fields) for fields in sent]
    posts += [("/dbsc/refresh", fields | {"Sec-Secure-Session-Id": prey.session_id}) for fields in sent]
    posts.append(("/dbsc/refresh", refresh_headers(prey.session_id, None, origin=ORIGIN)))
    posts.append(("/dbsc/register", {"Origin": ORIGIN}))
    return [await thief.send("POST", path, headers=fields | headers) for path, fields in posts]


def assert_worthless(answer: Response) -> None:
    """No offer, and no cookie but one that removes a cookie or notes that a demand was made."""
    assert_worthless_fields("Secure-Session-Registration" in answer.headers, answer.headers.getlist("Set-Cookie"))


def assert_worthless_fields(offered: bool, set_cookies: Iterable[str]) -> None:
    """The same of whatever carries the fields."""
    assert not offered
    for line in set_cookies:
        removes = "Max-Age=0" in line and line.partition(";")[0].endswith("=")
        notes = line.startswith(f"{FRESH}=d")
        assert removes or notes, line.partition("=")[0]


def everything(session_id: str) -> Iterator[tuple[frozenset[str], dict[str, str]]]:
    """Every choice of cookies under every forgery."""
    for headers in forgeries(session_id):
        for names in COMBINATIONS:
            yield names, headers
