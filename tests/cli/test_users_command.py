"""`boundgate users` over a stub of the services: what is printed where."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import types

import pytest

from boundgate.cli import run
from boundgate.errors import NotFound
from boundgate.passkeys.model import User
from boundgate.runfile import RunInfo, write_run_file

TOKEN = "dG9rZW4gb2YgYW4gaW52aXRhdGlvbiBpbiBhIHRlc3Q"


class Enrolment:
    def __init__(self):
        self.calls, self.everybody = (
            [],
            [
                User(id="1", name="[b]root[/b]", handle=b"h", operator=True, created_at=0.0),
                User(id="2", name="alice", handle=b"i", operator=False, created_at=86_400.0),
            ],
        )

    async def invite(self, name, operator=False):
        self.calls.append((name, operator))
        return TOKEN

    async def recover(self, name):
        if name != "alice":
            raise NotFound("No user has this name. Check the spelling.")
        return TOKEN

    async def users(self):
        return self.everybody


@pytest.fixture
def enrolment(monkeypatch, tmp_path):
    service = Enrolment()

    @contextlib.asynccontextmanager
    async def open_services(settings, *, beside):
        assert beside, "it tells the server that runs"
        yield types.SimpleNamespace(origin=settings.origin, enrolment=service)

    module = types.ModuleType("boundgate.app")
    module.open_services = open_services
    monkeypatch.setitem(sys.modules, "boundgate.app", module)
    monkeypatch.setattr("boundgate.logging_setup.configure_logging", lambda _format: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".boundgate").mkdir(mode=0o700)
    (tmp_path / ".boundgate" / "boundgate.sqlite3").touch()
    return service


def test_an_invitation_prints_the_link_alone_on_standard_output_and_once(enrolment, capfd):
    assert run(["users", "invite", "alice", "--operator"]) == 0
    shown = capfd.readouterr()
    assert shown.out == f"https://localhost:8443/enrol#{TOKEN}\n"
    assert "24 hours" in shown.err
    assert TOKEN not in shown.err
    assert enrolment.calls == [("alice", True)]


def test_a_link_leads_to_the_server_that_runs_whatever_its_port(enrolment, tmp_path, capfd):
    info = RunInfo(url="https://localhost:9443", spki_sha256="", enrolment_url=None, pid=os.getpid())
    write_run_file(tmp_path / ".boundgate", info)
    assert run(["users", "invite", "alice"]) == 0
    shown = capfd.readouterr()
    assert shown.out == f"https://localhost:9443/enrol#{TOKEN}\n"
    assert "No server runs" not in shown.err


def test_without_a_running_server_it_is_said_where_the_link_leads(enrolment, capfd):
    assert run(["users", "invite", "alice"]) == 0
    assert "No server runs on .boundgate now: the link opens once one serves https://localhost:8443." in (
        capfd.readouterr().err
    )


@pytest.mark.parametrize("command", [["list"], ["recover", "alice"]])
def test_a_directory_on_which_no_server_ran_is_refused_and_not_made(command, enrolment, tmp_path, capfd):
    assert run(["users", *command, "--data-dir", "mistyped"]) == 1
    assert "no server has run on mistyped yet" in capfd.readouterr().err
    assert not (tmp_path / "mistyped").exists()


def test_an_empty_list_says_what_comes_first(enrolment, capfd):
    enrolment.everybody = []
    assert run(["users", "list"]) == 0
    shown = capfd.readouterr()
    assert (shown.out, "first user's link" in shown.err) == ("", True)


def test_an_invitation_is_for_a_plain_user_unless_asked(enrolment):
    assert run(["users", "invite", "bob"]) == 0
    assert enrolment.calls == [("bob", False)]


def test_a_recovery_says_what_it_ended_and_prints_the_link(enrolment, capfd):
    assert run(["users", "recover", "alice"]) == 0
    shown = capfd.readouterr()
    assert shown.out.endswith(f"/enrol#{TOKEN}\n")
    assert "has ended" in shown.err


def test_a_refusal_is_its_public_sentence(enrolment, capfd):
    assert run(["users", "recover", "mallory"]) == 1
    assert capfd.readouterr().err == "boundgate: No user has this name. Check the spelling.\n"


def test_the_list_shows_names_as_they_are_and_roles(enrolment, capfd):
    assert run(["users", "list"]) == 0
    out = capfd.readouterr().out
    assert "[b]root[/b]  operator  1970-01-01 00:00 UTC" in out
    assert "alice" in out


def test_the_list_for_programs_is_json_without_handles(enrolment, capfd):
    assert run(["users", "list", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)[1] == {"name": "alice", "operator": False, "created_at": 86_400.0}
