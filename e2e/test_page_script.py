"""What a script in our own page can do, had somebody injected one: neither read an offer nor register a key."""

from __future__ import annotations

from collections.abc import Callable

from e2e.support.person import Person
from e2e.support.server import Server

# Relays a real assertion of the user by fetch, as injected script would, and looks for the offer everywhere.
RELAY = """
async how => {
  const options = await (await fetch('/sign-in/options',
    {method: 'POST', headers: {'content-type': 'application/json'}, body: '{}'})).json();
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey);
  const credential = (await navigator.credentials.get({publicKey})).toJSON();
  const body = new URLSearchParams({credential: JSON.stringify(credential)});
  const response = await fetch('/sign-in', {method: 'POST', body, redirect: how});
  const headers = Object.fromEntries(response.headers);
  const entries = JSON.stringify(performance.getEntriesByType('resource'));
  return {status: response.status, type: response.type, headers: JSON.stringify(headers), entries};
}
"""
REGISTER = """
async () => {
  const headers = {'Secure-Session-Response': 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA'};
  const cors = await fetch('/dbsc/register', {method: 'POST', headers});
  let quiet = 'sent';
  try { await fetch('/dbsc/register', {method: 'POST', headers, mode: 'no-cors'}); } catch (e) { quiet = e.name; }
  return {status: cors.status, code: (await cors.json()).code, quiet};
}
"""


def test_script_can_relay_a_touch_but_not_read_the_offer(owner: Person) -> None:
    owner.sign_out()
    for how in ("follow", "manual"):
        owner.page.goto(f"{owner.origin}/")
        found = owner.page.evaluate(RELAY, how)
        everything = (found["headers"] + found["entries"]).lower()
        assert "secure-session" not in everything
        assert "authorization" not in everything


def test_script_cannot_register_a_key(owner: Person, server: Server) -> None:
    before = owner.session()["key_thumbprint"]
    found = owner.page.evaluate(REGISTER)
    assert (found["status"], found["code"]) == (403, "page_script")
    assert owner.session()["key_thumbprint"] == before
    # In the mode that the server accepts, the browser strips the header from a script's request.
    assert set(server.recorded("dbsc.register")) <= {"ok", "page_script", "proof_missing"}


def test_inline_script_and_evaluation_are_refused_by_the_policy(owner: Person) -> None:
    owner.page.goto(f"{owner.origin}/playground")
    found = owner.page.evaluate(
        """async () => {
          const script = document.createElement('script');
          let sink = 'assigned';
          try { script.textContent = 'globalThis.pwned = 1'; } catch (e) { sink = e.name; }
          document.head.append(script);
          return {sink, pwned: globalThis.pwned ?? null};
        }"""
    )
    assert found["pwned"] is None


def test_pages_cannot_be_framed(owner: Person, person: Callable[..., Person]) -> None:
    owner.page.goto(f"{owner.origin}/static/mark.svg")
    errors: list[str] = []
    owner.page.on("console", lambda message: errors.append(message.text))
    owner.page.goto(f"{owner.origin}/account")
    loaded = owner.page.evaluate(
        """async () => {
          const frame = document.createElement('iframe');
          frame.src = '/playground';
          document.body.append(frame);
          await new Promise(done => { frame.onload = done; setTimeout(done, 3000); });
          try { return frame.contentDocument?.title ?? 'unreadable'; } catch { return 'unreadable'; }
        }"""
    )
    assert "Playground" not in loaded
