"""Hosts, headers, probes, and errors that are the same everywhere."""

from __future__ import annotations

import pytest

from tests.support.site import Site, SoftBrowser, running_site


async def test_other_names_of_this_machine_are_sent_to_the_origin(site: Site) -> None:
    for host in ("127.0.0.1:8443", "[::1]:8443", "localhost:9000", "127.0.0.2"):
        response = await site.browser().send("GET", "/account?x=1", headers={"Host": host})
        assert response.status_code == 308
        assert response.headers["Location"] == "https://localhost:8443/account?x=1"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "a@localhost", "", "[::", "10.0.0.1"])
async def test_unknown_hosts_are_misdirected(site: Site, host: str) -> None:
    response = await site.browser().send("GET", "/", headers={"Host": host})
    assert response.status_code == 421


async def test_every_answer_carries_the_security_headers(site: Site, owner: SoftBrowser) -> None:
    for path in ("/", "/account", "/playground", "/enrol", "/session", "/v1/models", "/nowhere", "/static/tokens.css"):
        headers = (await owner.page(path)).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "require-trusted-types-for 'script'" in headers["Content-Security-Policy"]
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == ("no-cache" if path.startswith("/static") else "no-store")
        assert "Access-Control-Allow-Origin" not in headers


async def test_pages_hold_no_inline_script_or_style(site: Site, owner: SoftBrowser) -> None:
    for browser, path in ((owner, "/account"), (owner, "/playground"), (site.browser(), "/"), (owner, "/enrol")):
        page = await (await browser.page(path)).get_data(as_text=True)
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick" not in page
        assert all("src=" in tag.partition(">")[0] for tag in page.split("<script")[1:])


async def test_errors_are_pages_for_people_and_problem_documents_for_programs(site: Site) -> None:
    page = await site.browser().page("/nowhere")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    program = await site.browser().send("GET", "/nowhere")
    assert (program.status_code, program.mimetype) == (404, "application/problem+json")
    assert (await program.get_json())["code"] == "not_found"


async def test_an_undeclared_exception_is_a_500_with_nothing_inside(site: Site, monkeypatch) -> None:
    async def fail(**_: object) -> None:
        raise RuntimeError("token-material-in-a-message")

    monkeypatch.setattr(site.services.sessions, "resolve", fail)
    for path in ("/session", "/v1/models"):
        response = await site.browser().send("GET", path)
        assert response.status_code == 500
        assert "token-material" not in await response.get_data(as_text=True)


async def test_probes_answer_under_any_host(site: Site) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await site.browser().send("GET", path, headers={"Host": "10.1.2.3"})).status_code == 200


async def test_metrics_are_for_the_networks_that_the_settings_name(tmp_path) -> None:
    async with running_site(tmp_path / "data") as site:
        owner = await site.owner()
        await owner.chat()
        mine = await site.browser().send("GET", "/metrics")
        text = await mine.get_data(as_text=True)
        assert 'boundgate_calls_total{decision="allow",route="/v1/chat/completions"} 1.0' in text
        elsewhere = await site.browser(address="203.0.113.9").send("GET", "/metrics")
        assert elsewhere.status_code == 404


async def test_forwarding_headers_of_strangers_change_nothing(site: Site, owner: SoftBrowser) -> None:
    response = await owner.bare_chat(**{"X-Forwarded-For": "203.0.113.9", "Remote-Addr": "203.0.113.9"})
    assert response.status_code == 200
    thief = owner.copy_jar(address="203.0.113.9")
    refused = await thief.bare_chat(**{"X-Forwarded-For": "127.0.0.1", "Remote-Addr": "127.0.0.1"})
    assert refused.status_code == 307


async def test_a_trusted_proxy_is_believed(tmp_path) -> None:
    async with running_site(tmp_path / "data", trusted_proxies="127.0.0.0/8") as site:
        owner = await site.owner()
        assert (await owner.bare_chat(**{"X-Forwarded-For": "203.0.113.9"})).status_code == 307


async def test_every_refusal_is_recorded(site: Site, owner: SoftBrowser) -> None:
    await site.browser().send("GET", "/nowhere")
    await site.browser().send("POST", "/sign-in", body=b"credential=%7B%7D", headers={"Content-Type": "text/plain"})
    await site.browser().send("POST", "/dbsc/register")
    outcomes = {outcome for _, outcome in await site.events()}
    assert {"not_found", "unsupported_media_type", "proof_missing"} <= outcomes
