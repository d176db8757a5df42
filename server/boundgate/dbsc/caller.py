"""Was this proof sent by the browser itself, or by a script in a page? (Fetch Metadata; Fetch §4)"""

from __future__ import annotations

from collections.abc import Collection

from boundgate.dbsc.errors import PageScript


def refuse_page_script(
    *, fetch_mode: str | None, fetch_site: str | None, origin: str | None, expected_origins: Collection[str]
) -> None:
    """Raise where a page's script, ours or another's, is the sender.

    A browser's own DBSC request has mode `no-cors`, in which a script cannot set `Secure-Session-Response`. Chrome
    before 156 sends neither `Sec-Fetch-*` nor `Origin`, so their absence proves nothing and is accepted.

    Args:
        fetch_mode, fetch_site, origin: the request's `Sec-Fetch-Mode`, `Sec-Fetch-Site` and `Origin`.
        expected_origins: those whose pages may have carried the offer, or whose session it is: our own.

    Raises:
        PageScript
    """
    if fetch_mode not in {None, "no-cors"} and fetch_site != "none":
        raise PageScript("A proof is sent by the browser itself, not by a page's script.")
    if origin is not None and origin.partition(":")[0].lower() in {"http", "https"} and origin not in expected_origins:
        raise PageScript("The proof comes from a page of another origin.")
    if origin == "null":
        raise PageScript("The proof comes from a page without an origin.")
