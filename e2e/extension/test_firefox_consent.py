"""A program asks, and a person decides in a Firefox without any extension: passkey, page, loopback redirect."""

from __future__ import annotations

from pathlib import Path

from e2e.extension.firefox import Firefox
from e2e.extension.firefox_person import FirefoxUser
from e2e.support.demo_client import DemoClient
from e2e.support.secrets import Secrets
from e2e.support.server import Server

ALLOW = "//button[normalize-space()='Allow with passkey']"


def test_a_program_is_allowed_with_a_passkey_and_calls(
    firefox: Firefox, server: Server, client_id: str, secrets: Secrets, tmp_path: Path
) -> None:
    person, program = FirefoxUser(firefox, server), DemoClient(server, tmp_path / "state", secrets, client_id=client_id)
    person.enrol(server.invite("Firefox and a program"))
    secrets.add_jar(firefox.cookies().values())
    with program.logging_in() as (link, process):
        firefox.open(link)
        assert firefox.url.startswith(f"{server.origin}/oauth/authorize/consent?request=")
        key = firefox.element("//dt[.='Key']/following-sibling::dd/span[contains(@class, 'mono')]").text
        assert process.stderr is not None
        assert any(key in line for line in iter(process.stderr.readline, "") if "must be" in line)
        assert firefox.element("//form[@id='consent']//button[1]").text == "Decline"
        firefox.click(ALLOW)
        firefox.element("//*[contains(., 'You can close this tab')]")
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "code=" not in firefox.url
    secrets.add_state(program.state_dir)
    assert "gpt-5.2-mini" in program.ask("models")
