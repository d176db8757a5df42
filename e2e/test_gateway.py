"""The gateway behind real TLS: OpenAI's own package, HTTP/2, an upstream that records, answers that are hostile."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import openai
import pytest
from playwright.sync_api import expect

from e2e.support.person import BOUND, Person
from e2e.support.server import Server, in_thread
from e2e.support.upstream import recording_upstream

MESSAGES = [{"role": "user", "content": "hello"}]


@pytest.fixture
def trust(tls_dir: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(tls_dir / "ca.pem"))


def bound_cookie(owner: Person) -> str:
    cookie = owner.cookie(BOUND)
    assert cookie is not None
    return f"{BOUND}={cookie['value']}"


@pytest.fixture
def client(owner: Person, trust: ssl.SSLContext) -> Iterator[openai.OpenAI]:
    """OpenAI's package with a bound cookie; it sends a Bearer header as well."""
    with httpx.Client(verify=trust) as http_client:
        yield openai.OpenAI(
            base_url=f"{owner.origin}/v1",
            api_key="not-a-key",
            default_headers={"Cookie": bound_cookie(owner)},
            http_client=http_client,
            max_retries=0,
        )


def test_the_openai_package_chats_plain_and_streamed(client: openai.OpenAI) -> None:
    plain = client.chat.completions.create(model="gpt-5.2-mini", messages=MESSAGES)
    assert plain.choices[0].message.content
    assert plain.usage is not None
    chunks = list(
        client.chat.completions.create(
            model="gpt-5.2-mini", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert chunks[-1].usage is not None
    assert [model.id for model in client.models.list()] == ["gpt-5.2-mini", "gpt-5.2"]


def test_the_openai_package_raises_its_own_exceptions(client: openai.OpenAI, owner: Person) -> None:
    create = client.chat.completions.create
    with pytest.raises(openai.BadRequestError) as bad:
        create(model="gpt-5.2-mini", messages=MESSAGES, extra_body={"surprise": 1})
    assert (bad.value.code, bad.value.param) == ("unknown_parameter", "surprise")
    with pytest.raises(openai.NotFoundError) as unknown:
        create(model="gpt-9", messages=MESSAGES)
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.AuthenticationError) as premium:
        create(model="gpt-5.2", messages=MESSAGES)
    assert premium.value.code == "step_up_required"
    stranger = client.with_options(default_headers={"Cookie": ""})
    with pytest.raises(openai.AuthenticationError) as refused:
        stranger.chat.completions.create(model="gpt-5.2-mini", messages=MESSAGES)
    assert refused.value.code == "invalid_token"
    with pytest.raises(openai.NotFoundError) as unpriced:
        client.embeddings.create(model="gpt-5.2-mini", input="x")
    assert unpriced.value.code == "route_unpriced"


def test_a_refused_post_leaves_the_streams_beside_it_alone(owner: Person, trust: ssl.SSLContext) -> None:
    cookie = bound_cookie(owner)

    async def run() -> tuple[int, str, str, str]:
        async with httpx.AsyncClient(http2=True, verify=trust, base_url=owner.origin, timeout=30) as client:
            request = client.build_request(
                "POST",
                "/v1/chat/completions",
                headers={"Cookie": cookie},
                json={
                    "model": "gpt-5.2-mini",
                    "messages": [{"role": "user", "content": "stream 100 chunks"}],
                    "stream": True,
                },
            )
            stream = await client.send(request, stream=True)
            lines = stream.aiter_lines()
            first = await anext(lines)
            body = json.dumps({"model": "gpt-5.2-mini", "messages": [{"role": "user", "content": "x" * 200_000}]})
            refused = await client.post(
                "/v1/chat/completions", content=body, headers={"Content-Type": "application/json"}
            )
            rest = [line async for line in lines]
            assert stream.http_version == refused.http_version == "HTTP/2"
            return refused.status_code, refused.json()["error"]["code"], first, [line for line in rest if line][-1]

    status, code, first, last = in_thread(run())
    assert (status, code) == (401, "binding_required")
    assert first.startswith("data: {")
    assert last == "data: [DONE]"


def test_no_credential_of_a_caller_reaches_the_upstream_and_none_of_its_comes_back(
    start_server: Callable[..., Server], person: Callable[..., Person], tmp_path: Path
) -> None:
    key_file = tmp_path / "upstream.key"
    key_file.write_text("sk-of-the-gateway\n")
    key_file.chmod(0o600)
    with recording_upstream() as upstream:
        server = start_server(upstream_base_url=upstream.base_url, upstream_api_key_file=key_file)
        someone = person(at=server)
        someone.enrol(server.invite("upstream"))
        someone.wait_until("bound")
        plain = someone.call({"model": "gpt-5.2-mini", "messages": MESSAGES, "user": "u"})
        streamed = someone.call({"model": "gpt-5.2-mini", "messages": MESSAGES, "stream": True})
    assert json.loads(plain["text"])["choices"][0]["message"]["content"] == "hi"
    assert streamed["text"].endswith("data: [DONE]\n\n")
    for answer in (plain, streamed):
        joined = json.dumps(answer).lower()
        assert not any(word in joined for word in ("upstream-cookie", "org-secret", "sk-upstream", "sk-of-the-gateway"))
    cookies = {cookie["value"] for cookie in someone.context.cookies() if cookie["value"]}
    for _path, headers, body in upstream.requests:
        lowered = {name.lower(): value for name, value in headers.items()}
        assert lowered["authorization"] == "Bearer sk-of-the-gateway"
        assert not lowered.keys() & {
            "cookie",
            "dpop",
            "origin",
            "referer",
            "secure-session-response",
            "x-forwarded-for",
        }
        assert not any(name.startswith("sec-") for name in lowered)
        text = json.dumps(headers) + body.decode()
        assert not any(value in text for value in cookies)
    assert json.loads(upstream.requests[1][2])["stream_options"] == {"include_usage": True}


def test_a_hostile_answer_runs_and_fetches_nothing(owner: Person) -> None:
    hostile = (
        "<script>globalThis.pwned = 1</script>"
        "<img src='https://evil.example/pixel.png' onerror='globalThis.pwned = 2'>"
        "[click](javascript:globalThis.pwned=3) ![x](https://evil.example/x.png)"
        "<a href='javascript:globalThis.pwned=4'>here</a>"
    )
    requested: list[str] = []
    owner.page.on("request", lambda request: requested.append(request.url))
    owner.ask(f"```echo\n{hostile}\n```")
    owner.expect_answer("globalThis.pwned=4")
    answer = owner.page.get_by_label("Answer", exact=True)
    expect(answer).to_have_attribute("aria-busy", "false")
    assert answer.locator("*").count() == 0
    assert owner.page.evaluate("globalThis.pwned") is None
    assert all(url.startswith(owner.origin) for url in requested)
