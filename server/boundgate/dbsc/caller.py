"""Was this proof sent by the browser itself or an extension, or by a script in a page? (Fetch Metadata; Fetch §4)"""

from __future__ import annotations

from collections.abc import Collection

from boundgate.dbsc.errors import PageScript


def refuse_page_script(
    *, fetch_mode: str | None, fetch_site: str | None, origin: str | None, expected_origins: Collection[str]
) -> None:
    """Raise where a page's script, ours or another's, is the sender.

    | sender | mode | site | origin |
    |---|---|---|---|
    | Chromium 156, its own DBSC | `no-cors` | that of the initiator | the page's, or none |
    | Chrome before 156, its own DBSC | none | none | none |
    | an extension in Chromium | `cors` | `none` | `chrome-extension://…` |
    | an extension in Firefox | `cors` | `same-origin` | `moz-extension://…` |
    | a page's script | any but `no-cors` | never `none` | the page's, or `null` |

    In `no-cors` a script cannot set `Secure-Session-Response`, and `Origin` and `Sec-Fetch-*` it can set nowhere.
    Absence proves nothing and is accepted. None of it authenticates anybody: programs send what they like.

    Args:
        fetch_mode, fetch_site, origin: the request's `Sec-Fetch-Mode`, `Sec-Fetch-Site` and `Origin`.
        expected_origins: those whose pages may have carried the offer, or whose session it is: our own.

    Raises:
        PageScript
    """
    scheme = origin.partition(":")[0].lower() if origin is not None else ""
    by_extension = scheme == "moz-extension" and (fetch_mode, fetch_site) == ("cors", "same-origin")
    if fetch_mode not in {None, "no-cors"} and fetch_site != "none" and not by_extension:
        raise PageScript("A proof is sent by the browser itself or an extension, not by a page's script.")
    if scheme in {"http", "https"} and origin not in expected_origins:
        raise PageScript("The proof comes from a page of another origin.")
    if origin == "null":
        raise PageScript("The proof comes from a page without an origin.")
