"""A demand for proof in real Chromium, under load and at the end of its signing quota."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Browser

from e2e.support.person import BOUND, FRESH, Person
from e2e.support.server import Server

STREAM = {
    "model": "gpt-5.2-mini",
    "stream": True,
    "messages": [{"role": "user", "content": "stream 12 chunks"}],
}
# Reads every stream piece by piece, and notes when the first and the last one came.
TWENTY_STREAMS = """
async body => Promise.all(Array.from({length: 20}, async () => {
  const response = await fetch('/v1/chat/completions',
    {method: 'POST', body: JSON.stringify(body), headers: {'content-type': 'application/json'}});
  const reader = response.body.getReader();
  const times = []; let text = ''; const decoder = new TextDecoder();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) break;
    times.push(performance.now()); text += decoder.decode(value, {stream: true});
  }
  return {status: response.status, redirected: response.redirected, pieces: times.length,
          spread: times.at(-1) - times[0], done: text.endsWith('data: [DONE]\\n\\n')};
}))
"""


def error_code(answer: dict) -> str:
    return str(json.loads(answer["text"])["error"]["code"])


def test_twenty_streams_in_flight_cost_one_signature(
    quota_browser: Browser, start_server: Callable[..., Server], person: Callable[..., Person]
) -> None:
    # Longer than twenty streams take on a busy machine: beyond it another signature would be due.
    server = start_server(tiers__standard__proof_max_age_seconds=20)
    someone = person(at=server, using=quota_browser)
    someone.enrol(server.invite("streams"))
    someone.wait_until("bound")
    someone.page.wait_for_timeout(21_000)  # and past the ten seconds in which a request counts as crossed
    before = len(server.recorded("dbsc.refresh"))
    answers = someone.page.evaluate(TWENTY_STREAMS, STREAM)
    assert [answer["status"] for answer in answers] == [200] * 20
    assert any(answer["redirected"] for answer in answers), "those that were on their way were asked for a proof"
    assert all(answer["done"] and answer["pieces"] >= 3 and answer["spread"] > 50 for answer in answers)
    assert server.recorded("dbsc.refresh")[before:] == ["ok"], "one signature for all of them"
    assert server.recorded("dbsc.challenge") == []


def test_at_quota_exhaustion_nothing_is_lost_but_the_demand(
    quota_browser: Browser, start_server: Callable[..., Server], person: Callable[..., Person]
) -> None:
    server = start_server(tiers__standard__proof_max_age_seconds=3, signature_limit=5)
    someone = person(at=server, using=quota_browser)
    someone.enrol(server.invite("quota"))
    someone.wait_until("bound")
    answers = []
    for _ in range(8):
        someone.page.wait_for_timeout(3_200)
        someone.delete_cookie(FRESH)  # the browser itself refreshes; it knows no better
        answers.append(someone.call(STREAM | {"stream": False}))
    refused = [answer for answer in answers if answer["status"] != 200]
    assert refused, "the quota ran out"
    assert {error_code(answer) for answer in refused} == {"step_up_required"}
    results = [event["refreshEventDetails"]["refreshResult"] for event in someone.dbsc("refresh")]
    assert "SigningQuotaExceeded" in results
    assert someone.dbsc("termination") == []
    assert someone.cookie(BOUND) is not None, "the demand did not destroy the bound cookie"
    assert someone.session()["state"] == "bound"
    models = someone.page.evaluate("async () => (await fetch('/v1/models')).status")
    assert models == 200, "what needs no fresher proof is still served"
