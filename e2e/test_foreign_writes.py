"""Every write, sent by a page of another site and of a sibling origin in the owner's own browser, is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.support.foreign import foreign_pages
from e2e.support.person import Person
from e2e.support.server import Server

WRITES = (
    "/sign-in/options",
    "/sign-in",
    "/enrol/options",
    "/enrol",
    "/sign-out",
    "/account/confirm",
    "/account/passkeys/options",
    "/account/passkeys",
    "/account/passkeys/remove",
    "/account/sessions/end",
    "/v1/chat/completions",
)
# A form post carries Lax cookies from a sibling; a no-cors fetch with credentials is the script's way.
ATTACK = """
async ([origin, paths]) => {
  for (const path of paths) {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const headers = {'content-type': type};
      const body = path.startsWith('/v1') ? '{"model":"gpt-5.2-mini","messages":[]}' : 'credential=x';
      await fetch(origin + path, {method: 'POST', mode: 'no-cors', credentials: 'include', headers, body})
        .catch(() => null);
    }
  }
}
"""
FORM = """
([origin, path]) => {
  const form = document.createElement('form');
  form.method = 'post'; form.action = origin + path;
  document.body.append(form); form.submit();
}
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"], ids=["cross-site", "sibling"])
def test_foreign_writes_are_refused(owner: Person, server: Server, tls_dir: Path, host: str) -> None:
    thumbprint = owner.session()["key_thumbprint"]
    events_before = server.rows("SELECT COALESCE(SUM(count), 0) FROM events WHERE outcome = 'foreign_origin'")[0][0]
    calls_before = len(server.rows("SELECT 1 FROM calls WHERE method = 'POST'"))
    with foreign_pages(tls_dir) as port:
        page = owner.context.new_page()
        page.goto(f"https://{host}:{port}/")
        page.evaluate(ATTACK, [owner.origin, list(WRITES)])
        for path in ("/sign-out", "/sign-in"):
            page.goto(f"https://{host}:{port}/")
            page.evaluate(FORM, [owner.origin, path])
            page.wait_for_url(owner.origin + path)
            assert page.get_by_text("another").first.is_visible()
    server.recorded("sign_out")
    events_after = server.rows("SELECT COALESCE(SUM(count), 0) FROM events WHERE outcome = 'foreign_origin'")[0][0]
    decisions = server.rows(
        "SELECT decision FROM calls WHERE method = 'POST' ORDER BY seq LIMIT -1 OFFSET ?", calls_before
    )
    assert events_after - events_before == 2 * (len(WRITES) - 1) + 2
    assert {decision for (decision,) in decisions} == {"foreign_origin"}
    state = owner.session()
    assert (state["state"], state["key_thumbprint"]) == ("bound", thumbprint)
