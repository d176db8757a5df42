"""Script in a page of a bound site, injected or not, can neither read the extension's key nor have anything signed
that the server did not ask for. It is tried here with everything that a page has, in both browsers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from e2e.extension.either import Either
from e2e.extension.independent_server import TICKET, IndependentServer
from e2e.extension.test_other_servers import bind, signed

EVIL = "a-challenge-of-the-attackers-own"
VERBS = ("recover", "status", "sites", "enable", "disable", "forget", "renew", "sign", "prove", "refresh", "register")

# Wherever keys or proofs might pass on their way: each built-in that page code can replace notes what it is given.
SPY = """
async () => {
  globalThis.caught = [];
  const note = value => {
    try {
      if (value instanceof CryptoKey || String(value).includes('eyJ')) caught[caught.length] = String(value);
    } catch { /* not ours to read */ }
  };
  const spy = (owner, name) => {
    const real = owner[name];
    owner[name] = function (...given) {
      given.forEach(note);
      const result = Reflect.apply(real, this, given);
      note(result);
      return result;
    };
  };
  for (const [owner, names] of [
    [Promise.prototype, ['then', 'catch', 'finally']],
    [Array.prototype, ['push', 'map', 'filter', 'find', 'includes', 'join']],
    [String.prototype, ['startsWith', 'slice', 'split', 'replace']],
    [Map.prototype, ['get', 'set', 'has']],
    [JSON, ['stringify', 'parse']],
    [Headers.prototype, ['get', 'set', 'append']],
    [Response.prototype, ['json', 'text', 'clone']],
    [Request.prototype, ['clone']],
    [EventTarget.prototype, ['addEventListener', 'dispatchEvent']],
    [MessagePort.prototype, ['postMessage']],
    [SubtleCrypto.prototype, ['sign', 'importKey', 'exportKey']],
    [IDBObjectStore.prototype, ['get', 'put', 'getAll']],
    [Function.prototype, ['call', 'bind']],
    [globalThis, ['fetch', 'postMessage', 'structuredClone']],
  ]) for (const name of names) spy(owner, name);
  for (const name of ['data', 'detail', 'origin'])
    Object.defineProperty(Object.prototype, name, {configurable: true, get() { return undefined; }});
}
"""
# Talks to anything that might listen: windows, events of every name that scripts of extensions use, the runtime itself.
TALK = """
async () => {
  const verbs = %(verbs)s, url = location.href, heard = [];
  const hear = event => heard.push(String(event.type) + JSON.stringify(event.data ?? event.detail ?? null));
  addEventListener('message', event => { if (!event.data?.mine) hear(event); });
  document.addEventListener('boundgate-answer', hear);
  for (const verb of verbs) {
    const message = {verb, url, origin: location.origin, challenge: '%(evil)s', jti: '%(evil)s', sessionId: '%(id)s',
      mine: true};
    postMessage(message, '*');
    for (const name of ['boundgate', `boundgate:${verb}`, `boundgate-${verb}`, 'dbsc', verb])
      for (const target of [window, document, document.documentElement])
        target.dispatchEvent(new CustomEvent(name, {detail: message}));
    for (const word of [url, `${url}private`, `${url}device/refresh`, 'https://localhost/', verb])
      document.dispatchEvent(new CustomEvent('boundgate-refused', {detail: `1 ${word} ${message.challenge}`}));
    for (const runtime of [globalThis.chrome?.runtime, globalThis.browser?.runtime])
      for (const id of [[], ['%(host)s']])
        try { heard.push(JSON.stringify(await runtime.sendMessage(...id, message))); } catch { /* nobody there */ }
  }
  // An answer that does not come has no event to wait for.
  await new Promise(done => setTimeout(done, 500));
  return heard;
}
"""
# A worker of the site's own: it makes answers up, headers and all, and asks while the extension is asking.
WORKER = """
addEventListener('install', () => skipWaiting());
addEventListener('activate', event => event.waitUntil(clients.claim()));
addEventListener('fetch', event => {
  const {pathname} = new URL(event.request.url);
  if (pathname.startsWith('/made-up')) event.respondWith(new Response('made up', {status: 401, headers: {
    'Secure-Session-Challenge': '"%(evil)s";id="%(id)s"', 'Clear-Site-Data': '"cookies"',
    'Secure-Session-Registration': '(ES256);path="/device/register";challenge="%(evil)s";authorization="x"'}}));
});
addEventListener('message', async event => {
  const answer = await fetch('/device/refresh', {method: 'POST', credentials: 'include', headers: event.data});
  event.source.postMessage(answer.status);
});
"""
INSTALL = """
async () => {
  await navigator.serviceWorker.register('/evil.js');
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller)
    await new Promise(done => navigator.serviceWorker.addEventListener('controllerchange', done, {once: true}));
}
"""
MADE_UP = "async () => [(await fetch('/made-up/1')).status, (await fetch('/made-up/2', {method: 'POST'})).status]"
ASK = "async () => (await fetch('/private')).status"
BESIDE = """
async () => {
  const headers = {'Sec-Secure-Session-Id': '%(id)s', 'Secure-Session-Response': 'eyJhbGciOiJFUzI1NiJ9.e30.AAAA'};
  const answer = new Promise(done => navigator.serviceWorker.addEventListener('message', event => done(event.data)));
  const own = fetch('/device/refresh', {method: 'POST', headers});
  navigator.serviceWorker.controller.postMessage(headers);
  return [(await own).status, await answer];
}
"""
REACH = """
async () => {
  const got = [], names = (await indexedDB.databases()).map(found => found.name);
  const tried = async (what, attempt) => { try { got.push([what, await attempt()]); } catch { /* refused */ } };
  for (const path of ['/manifest.json', '/src/ui/options.html', '/src/background.js', '/src/protocol/proof.js']) {
    await tried('fetch', async () => (await fetch('%(extension)s' + path)).text());
    await tried('import', async () => Object.keys(await import('%(extension)s' + path)));
  }
  await tried('frame', async () => {
    const frame = document.createElement('iframe');
    frame.src = '%(extension)s/src/ui/options.html';
    // A frame that is refused may load nothing at all.
    const loaded = new Promise(done => { frame.onload = done; setTimeout(done, 1500); });
    document.documentElement.append(frame);
    await loaded;
    frame.contentWindow.postMessage({verb: 'sites'}, '*');
    return frame.contentWindow.document.body.innerText.length > 0 ? 'readable' : Promise.reject(new Error('empty'));
  });
  await tried('window', async () => {
    const opened = open('%(extension)s/src/ui/options.html');
    return opened.document.title || Promise.reject(new Error('empty'));
  });
  return {got, names};
}
"""


@pytest.fixture
def victim(either: Either, other: IndependentServer) -> str:
    """The id of a bound session, with a page of its site open for the attacker's script."""
    bind(either, other)
    either.open(f"{other.origin}/")
    (session_id,) = other.sessions
    return session_id


def proofs(other: IndependentServer) -> list[dict[str, Any]]:
    """What the client has signed so far."""
    return [signed(seen) for seen in list(other.log) if _is_proof(seen.headers.get("secure-session-response", ""))]


def _is_proof(text: str) -> bool:
    return text.count(".") == 2 and not text.endswith(".AAAA")


def nothing_else_was_signed(other: IndependentServer) -> bool:
    """Whether every proof answers a challenge that this server has issued, and none was made twice."""
    answered = [claims["jti"] for claims in proofs(other)]
    return set(answered) <= set(other.challenges) and len(answered) == len(set(answered))


def still_renews(either: Either, other: IndependentServer) -> bool:
    """Whether the honest way works as before, on a page without the attacker."""
    either.open(f"{other.origin}/")
    either.lose(TICKET)
    return either.script(ASK) == 200 and either.keys() == 1


def test_the_extensions_storage_and_pages_are_out_of_reach(
    either: Either, other: IndependentServer, victim: str
) -> None:
    found = either.script(REACH % {"extension": either.extension})
    assert found == {"got": [], "names": []}
    assert still_renews(either, other)


def test_words_of_a_page_move_the_extension_to_nothing(either: Either, other: IndependentServer, victim: str) -> None:
    before = proofs(other)
    host = either.extension.partition("://")[2]
    words = {"verbs": json.dumps(VERBS), "evil": EVIL, "id": victim, "host": host}
    heard = either.script(TALK % words)
    assert set(heard) <= {'boundgate-answer"1 0"', 'boundgate-answer"1 1"'}, "whether to ask again, and nothing else"
    assert nothing_else_was_signed(other)
    assert len(proofs(other)) <= len(before) + 1, "at most the renewal that any visit may cause"
    assert either.keys() == 1, "nobody forgot the session"
    assert still_renews(either, other)


def test_replaced_built_ins_see_neither_key_nor_proof(either: Either, other: IndependentServer, victim: str) -> None:
    either.script(SPY)
    either.lose(TICKET)
    either.script(ASK)
    either.script("async () => Promise.all([fetch('/private'), fetch(new Request('/private'))]).then(() => 0)")
    assert either.script("async () => globalThis.caught") == []
    assert either.script("async () => { ['eyJ'].map(String); return globalThis.caught; }"), "the spies listen"
    assert nothing_else_was_signed(other)
    assert still_renews(either, other)


def test_answers_that_the_sites_own_worker_makes_up_are_not_believed(
    either: Either, other: IndependentServer, victim: str
) -> None:
    other.files["/evil.js"] = ("text/javascript", WORKER % {"evil": EVIL, "id": victim})
    either.script(INSTALL)
    registrations = len(other.seen("/device/register"))
    assert either.script(MADE_UP) == [401, 401]
    either.open(f"{other.origin}/made-up/document")
    assert still_renews(either, other), "nothing made up has ended it"
    assert nothing_else_was_signed(other)
    assert EVIL not in {claims["jti"] for claims in proofs(other)}
    assert len(other.seen("/device/register")) == registrations


def test_a_page_cannot_ask_for_a_refresh_itself_even_beside_the_extension(
    either: Either, other: IndependentServer, victim: str
) -> None:
    other.files["/evil.js"] = ("text/javascript", WORKER % {"evil": EVIL, "id": victim})
    either.script(INSTALL)
    either.lose(TICKET)
    with other.gate:
        either.script("async () => { globalThis.waiting = fetch('/private').then(answer => answer.status); }")
        either.until(lambda: other.arrived == 1)
        either.script(f"async () => {{ globalThis.beside = ({BESIDE % {'id': victim}})(); }}")
        either.until(lambda: other.arrived == 3)
    assert either.script("async () => globalThis.waiting") == 200
    assert either.script("async () => globalThis.beside") == [404, 404], "without the header there is no session"
    asked = [seen for seen in other.seen("/device/refresh") if "sec-secure-session-id" in seen.headers]
    assert {seen.headers["origin"].partition("://")[0] for seen in asked} <= {"chrome-extension", "moz-extension"}
    assert nothing_else_was_signed(other)
