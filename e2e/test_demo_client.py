"""The command-line client against a real server: a person decides in Chromium, the key is a file, then a TPM's."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from e2e.support.demo_client import ROOT, DemoClient, registered
from e2e.support.person import Person
from e2e.support.secrets import Secrets, leaks
from e2e.support.server import Server
from tests.support.swtpm import Maker, new_maker, running_tpm


@pytest.fixture(scope="module")
def client_id(server: Server) -> str:
    return registered(server)


@pytest.fixture
def client(server: Server, client_id: str, tmp_path: Path, secrets: Secrets) -> DemoClient:
    return DemoClient(server, tmp_path / "state", secrets, client_id=client_id)


def login_of(client: DemoClient) -> dict[str, str]:
    found: dict[str, str] = json.loads((client.state_dir / "login.json").read_text())
    return found


def test_log_in_chat_and_log_out(client: DemoClient, owner: Person) -> None:
    said = client.log_in(owner)
    assert "Logged in at" in said
    assert "gpt-5.2-mini" in client.ask("models")
    answer = client.ask("chat", "Say", "hello")
    assert answer.strip()
    premium = client.run("chat", "--model", "gpt-5.2", "x")
    assert (premium.returncode, premium.stdout) == (1, "")
    assert "step_up_required" in premium.stderr
    shown = client.ask("whoami")
    assert owner.name in shown
    thumbprint = json.loads(client.ask("key", "show", "--json"))["thumbprint"]
    assert shown.count(thumbprint) == 2, "once from here, once from the server"
    assert "software" in shown
    assert client.ask("usage").split()[:2] == ["calls", "1"]
    assert "this one" in client.ask("devices")

    stolen = login_of(client)
    assert list(leaks(client.server, {stolen["access_token"], stolen["refresh_token"]})) == []
    assert client.run("logout").returncode == 0
    after = client.run("chat", "x")
    assert after.returncode == 1
    assert "not logged in" in after.stderr
    assert client.server.recorded("oauth.revoke")[-1] == "ok"
    # What was copied before is over as well, key and all.
    (client.state_dir / "login.json").write_text(json.dumps(stolen))
    (client.state_dir / "login.json").chmod(0o600)
    refused = client.run("models")
    assert refused.returncode == 1
    assert "this login has ended" in refused.stderr


def test_the_page_shows_the_key_that_the_program_names(client: DemoClient, owner: Person) -> None:
    with client.logging_in() as (link, process):
        owner.page.goto(link)
        assert process.stderr is not None
        named = next(line for line in process.stderr if "must be" in line).rpartition("must be ")[2].strip(" .\n")
        expect(owner.page.get_by_text(named)).to_be_visible()
        expect(owner.page.get_by_text("a program on this computer")).to_be_visible()


def test_declining_is_heard_in_the_terminal(client: DemoClient, owner: Person) -> None:
    with client.logging_in() as (link, process):
        owner.page.goto(link)
        owner.page.get_by_role("button", name="Decline").click()
        expect(owner.page.get_by_text("you declined")).to_be_visible(timeout=15_000)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "access_denied" in said
    assert not (client.state_dir / "login.json").exists()


def test_the_link_is_good_for_longer_than_a_pushed_request(client: DemoClient, owner: Person) -> None:
    with client.logging_in() as (link, process):
        for _ in range(2):  # whoever opens it twice begins anew
            owner.page.goto(link)
            expect(owner.page.get_by_role("button", name="Allow with passkey")).to_be_enabled()
        owner.page.get_by_role("button", name="Allow with passkey").click()
        expect(owner.page.get_by_text("You can close this tab")).to_be_visible(timeout=15_000)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_ctrl_c_while_it_waits_leaves_nothing(client: DemoClient) -> None:
    with client.logging_in() as (_, process):
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert not (client.state_dir / "login.json").exists()


def test_with_a_software_key_the_copied_directory_works_until_the_owner_rotates(
    client: DemoClient, owner: Person, tmp_path: Path
) -> None:
    client.log_in(owner)
    shutil.copytree(client.state_dir, tmp_path / "stolen")
    thief = DemoClient(client.server, tmp_path / "stolen", client.secrets)
    assert "gpt-5.2-mini" in thief.ask("models")
    assert client.run("key", "rotate").returncode == 0
    assert thief.run("models").returncode == 1


GUIDES = "".join((ROOT / name).read_text() for name in ("README.md", "docs/clients.md"))
PROGRAMS = [
    found
    for found in re.findall(r"^```python\n(.+?)^```", GUIDES, re.MULTILINE | re.DOTALL)
    if "Session.open()" in found
]


def test_every_program_of_the_guides_runs_as_it_is_printed(client: DemoClient, owner: Person) -> None:
    client.log_in(owner)
    for program in PROGRAMS:
        assert client.python(program).strip(), program


@pytest.fixture
def maker() -> Maker:
    with new_maker() as made:
        yield made


def test_with_a_tpm_the_key_is_in_it_is_attested_and_a_copied_directory_is_worth_nothing(
    start_server: Callable[..., Server], person: Callable[..., Person], maker: Maker, secrets: Secrets, tmp_path: Path
) -> None:
    with running_tpm(maker) as tcti, running_tpm() as thiefs:
        roots, chain = tmp_path / "roots.pem", tmp_path / "chain.pem"
        roots.write_bytes(maker.root_pem)
        chain.write_bytes((maker.directory / "issuercert.pem").read_bytes())
        server = start_server(attestation_roots_file=roots)
        owner = person(at=server)
        owner.name = "Grace"
        owner.enrol(server.invite(owner.name))

        variables = {"BOUNDGATE_CLIENT_TCTI": tcti}
        client = DemoClient(server, tmp_path / "state", secrets, environment=variables, client_id=registered(server))
        client.log_in(owner)
        assert json.loads(client.ask("key", "show", "--json"))["kind"] == "tpm"
        assert client.ask("chat", "hello").strip()

        waits = client.run("key", "attest", "--chain", str(chain))
        assert waits.returncode == 0, waits.stderr
        assert "new for your account" in waits.stderr
        assert f"{server.origin}/account" in waits.stderr
        owner.page.goto(f"{server.origin}/account")
        owner.page.get_by_role("button", name="Accept").click()
        expect(owner.page.get_by_role("button", name="Accept")).to_have_count(0)
        again = client.run("key", "attest", "--chain", str(chain))
        assert "it is attested" in again.stderr

        shutil.copytree(client.state_dir, tmp_path / "stolen")
        thief = DemoClient(server, tmp_path / "stolen", secrets, environment={"BOUNDGATE_CLIENT_TCTI": thiefs})
        refused = thief.run("chat", "x")
        assert refused.returncode == 1
        assert "cannot be used" in refused.stderr
        assert client.ask("chat", "hello").strip()
