"""The cases of `cookies.json`: which of a session's cookies are missing for a request, by the jar (DBSC §8.6, §9.5)."""

from __future__ import annotations

from typing import Any

Case = dict[str, Any]
HOST = "example.test"
SERVING_URL, URL = f"https://{HOST}/dbsc/register", f"https://{HOST}/account"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
NOW = 1_800_000_000


def cookie(**changed: Any) -> Case:
    """A cookie of the jar. Its domain begins with a dot where hosts below get it too; `expires` is null where it ends
    with the browser, and `partition` where it has none."""
    members = {"name": "bound", "domain": HOST, "path": "/", "secure": True, "http_only": True, "same_site": "Lax"}
    return members | {"partition": None, "expires": NOW + 300} | changed


def case(
    name: str,
    jar: list[Case],
    missing: list[str],
    *,
    attributes: str = ATTRIBUTES,
    url: str = URL,
    names: tuple[str, ...] = ("bound",),
    serving_url: str = SERVING_URL,
) -> Case:
    document = {
        "session_identifier": "sid-1",
        "refresh_url": "/dbsc/refresh",
        "scope": {"origin": f"https://{HOST}", "include_site": True},
        "credentials": [{"type": "cookie", "name": each, "attributes": attributes} for each in names],
    }
    given = {"document": document, "serving_url": serving_url, "url": url, "now": NOW, "cookies": jar}
    return {"name": name, "input": given, "expected": {"ok": missing}}


def there(name: str, *jar: Case, **options: Any) -> Case:
    return case(name, list(jar), [], **options)


def lost(name: str, *jar: Case, **options: Any) -> Case:
    return case(name, list(jar), ["bound"], **options)


def members() -> list[Case]:
    plain = "Path=/; Secure; HttpOnly"
    domain = f"Domain={HOST}; {ATTRIBUTES}"
    return [
        there("the very cookie", cookie()),
        there("without end", cookie(expires=None)),
        there("one more second to live", cookie(expires=NOW + 1)),
        there("among others", cookie(name="a"), cookie(), cookie(path="/x")),
        lost("an empty jar"),
        lost("expired now", cookie(expires=NOW)),
        lost("expired", cookie(expires=NOW - 1)),
        lost("another name", cookie(name="Bound")),
        lost("another path", cookie(path="/account")),
        lost("without Secure", cookie(secure=False)),
        lost("without HttpOnly", cookie(http_only=False)),
        lost("without SameSite, which is not Lax", cookie(same_site=None)),
        lost("another SameSite", cookie(same_site="Strict")),
        lost("partitioned", cookie(partition="https://other.test")),
        there("no SameSite on both sides", cookie(same_site=None), attributes=plain),
        lost("SameSite=None, where none is asked for", cookie(same_site="None"), attributes=plain),
        there("SameSite=None on both sides", cookie(same_site="None"), attributes=f"{plain}; SameSite=None"),
        there("unknown SameSite counts as none", cookie(same_site=None), attributes=f"{plain}; SameSite=Some"),
        there("a Domain cookie", cookie(domain=f".{HOST}"), attributes=domain),
        there("Domain with a dot", cookie(domain=f".{HOST}"), attributes=f"Domain=.{HOST}; {ATTRIBUTES}"),
        there("Domain in capitals", cookie(domain=f".{HOST}"), attributes=f"Domain=EXAMPLE.test; {ATTRIBUTES}"),
        lost("a host's own cookie, where Domain is asked for", cookie(), attributes=domain),
        lost("a Domain cookie, where none is asked for", cookie(domain=f".{HOST}")),
        lost("of a host below", cookie(domain=f"app.{HOST}")),
    ]


def requests() -> list[Case]:
    app = f"https://app.{HOST}/account"
    domain, below = f"Domain={HOST}; {ATTRIBUTES}", "Path=/app; Secure; HttpOnly; SameSite=Lax"
    default = "Secure; HttpOnly; SameSite=Lax"
    return [
        lost("a Domain cookie, from a host below", attributes=domain, url=app),
        there("a host's own cookie does not go below", url=app),
        there("nor does a Domain cookie go to what only ends alike", attributes=domain, url=f"https://un{HOST}/"),
        lost("a path", attributes=below, url=f"https://{HOST}/app"),
        lost("below a path", attributes=below, url=f"https://{HOST}/app/x?y"),
        there("beside a path", attributes=below, url=f"https://{HOST}/apple"),
        there("above a path", attributes=below, url=f"https://{HOST}/"),
        there("Secure without TLS", url=f"http://{HOST}/account"),
        lost("a WebSocket's handshake", url=f"wss://{HOST}/account"),
        lost("no Path: the serving URL's directory", cookie(), attributes=default, url=f"https://{HOST}/dbsc/x"),
        there("no Path, which is there", cookie(path="/dbsc"), attributes=default, url=f"https://{HOST}/dbsc/x"),
        there("no Path, elsewhere", attributes=default),
        there("no Path, from the top", cookie(), attributes=default, serving_url=f"https://{HOST}/register"),
        case("one of two", [cookie(name="a")], ["b"], names=("a", "b")),
        case("two of two", [], ["a", "b"], names=("a", "b")),
    ]


def cookie_cases() -> list[Case]:
    return [*members(), *requests()]
