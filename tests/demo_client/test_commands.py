"""The commands as people and pipes use them: results, refusals, help, and that no secret is ever printed."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from demo_client.__main__ import app, run
from demo_client.jose import thumbprint
from demo_client.store import Store
from tests.demo_client.conftest import Visitor, logged_in
from tests.demo_client.fake_server import Denied

ROOT = Path(__file__).parents[2]
COMMANDS = ["login", "chat", "models", "whoami", "usage", "devices", "logout", "browser"]
KEY_COMMANDS = ["create", "show", "attest", "rotate"]


@pytest.fixture(autouse=True)
def no_tpm(monkeypatch, state_dir):
    monkeypatch.setenv("BOUNDGATE_CLIENT_TCTI", "device:/dev/there-is-none")
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("a browser was opened"))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))


@pytest.fixture
def at_server(served, store):
    """Logged in at a server on a port."""
    logged_in(served, store, at=True)
    return served


@pytest.fixture
def said(capfd, state_dir):
    """Runs a command; gives status, standard output and standard error, and looks for secrets in them."""

    def say(*words):
        before = secrets_in(state_dir)
        status = run(list(words))
        out, err = capfd.readouterr()
        for secret in before | secrets_in(state_dir):
            assert secret not in out + err, "a secret was printed"
        assert "Traceback" not in err
        return status, out, err

    return say


def secrets_in(state_dir):
    found = set()
    for name in ("login.json", "key.json"):
        if (state_dir / name).exists():
            document = json.loads((state_dir / name).read_text())
            found |= {document[key] for key in ("access_token", "refresh_token", "pem") if document.get(key)}
    return found | {line for secret in found for line in secret.split("\n") if len(line) > 20 and "---" not in line}


def environment(**more):
    path = os.pathsep.join([str(ROOT), str(ROOT / "server")])
    return os.environ | {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1"} | more


# Help


def test_the_commands_are_these():
    group = typer.main.get_command(app)
    assert sorted(group.commands) == sorted([*COMMANDS, "key"])
    assert sorted(group.commands["key"].commands) == sorted(KEY_COMMANDS)


@pytest.mark.parametrize("words", [[name] for name in COMMANDS] + [["key", name] for name in KEY_COMMANDS])
def test_every_command_teaches_itself(words, said):
    status, out, _ = said(*words, "--help")
    assert status == 0
    assert "Example" in out
    assert f"python -m demo_client {' '.join(words)}" in re.sub(r"\s+", " ", out)


def test_the_help_of_all_names_where_to_begin(said):
    status, out, _ = said("--help")
    assert status == 0
    assert "Begin with" in out
    for name in [*COMMANDS, "key"]:
        assert name in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nonsense"], "nonsense"),
        (["chat", "--nonsense"], "--nonsense"),
        (["login", "--key", "abacus"], "abacus"),
        (["key", "create", "--kind"], "--kind"),
    ],
)
def test_wrong_use_is_status_two_and_says_where_to_read(words, sentence, said):
    status, _, err = said(*words)
    assert status == 2
    assert sentence in err
    assert "--help" in err


# Not logged in


@pytest.mark.parametrize("words", [["chat", "x"], ["models"], ["whoami"], ["usage"], ["devices"]])
def test_without_a_login_every_command_says_how_to_get_one(words, said):
    status, out, err = said(*words)
    assert (status, out) == (1, "")
    assert "not logged in" in err
    assert "python -m demo_client login" in err


def test_logging_out_without_a_login_is_no_error(said):
    status, _, err = said("logout")
    assert status == 0
    assert "not logged in" in err


# Login and logout


def test_login_prints_a_link_makes_a_key_and_says_that_it_is_software(served, said, monkeypatch, store):
    opened = []
    visitor = Visitor(served)

    def open_it(link):
        opened.append(link)
        visitor.open(link)

    monkeypatch.setattr("webbrowser.open", open_it)
    status, out, err = said("login", "--server", served.origin, "--client-id", "demo")
    assert (status, out) == (0, "")
    assert opened[0] in err
    assert "SOFTWARE" in err
    assert "Logged in at" in err
    assert f"it must be {thumbprint(store.require_key().jwk)}" in err
    assert thumbprint(store.require_key().jwk) in err


def test_a_second_login_ends_the_first_and_keeps_the_key(at_server, said, monkeypatch, store):
    before = store.require_key().jwk
    monkeypatch.setattr("webbrowser.open", Visitor(at_server).open)
    status, _, err = said("login", "--server", at_server.origin)
    assert status == 0
    assert "SOFTWARE" not in err
    assert store.require_key().jwk == before
    assert [family.ended for family in at_server.families] == [True, False]


def test_a_login_that_fails_leaves_the_first_as_it_was(at_server, said, monkeypatch, store):
    before = store.login()
    at_server.decline = True
    monkeypatch.setattr("webbrowser.open", Visitor(at_server).open)
    status, _, err = said("login")
    assert status == 1
    assert "The user declined" in err
    assert store.login() == before
    assert not at_server.families[0].ended


def test_an_earlier_login_that_cannot_be_ended_is_named(at_server, said, monkeypatch):
    def busy(*_):
        raise Denied(503, "temporarily_unavailable", "later")

    monkeypatch.setattr(at_server, "_post_oauth_revoke", busy)
    monkeypatch.setattr("webbrowser.open", Visitor(at_server).open)
    status, _, err = said("login")
    assert status == 0
    assert "The earlier login could not be ended" in err
    assert f"{at_server.origin}/account" in err


def test_a_kind_of_key_that_is_not_the_present_one_is_said(at_server, said):
    status, _, err = said("login", "--server", at_server.origin, "--key", "tpm")
    assert status == 1
    assert "key rotate --kind tpm" in err


def test_logout_ends_the_login_at_the_server_and_keeps_the_key(at_server, said, store):
    status, _, err = said("logout")
    assert status == 0
    assert "Logged out" in err
    assert at_server.families[0].ended
    assert store.login() is None
    assert store.key() is not None


def test_a_logout_that_does_not_reach_the_server_is_kept_for_another_try(store, said, served):
    logged_in(served, store, at=True)
    login = store.login()
    metadata = login.metadata | {"revocation_endpoint": "http://127.0.0.1:1/revoke"}
    store.save_login(type(login)(**{name: getattr(login, name) for name in login.__slots__} | {"metadata": metadata}))
    status, _, err = said("logout")
    assert status == 1
    assert "no connection" in err
    assert store.login() is not None


def test_ctrl_c_while_the_browser_is_awaited_ends_it_in_silence(served, state_dir):
    command = [
        sys.executable,
        "-m",
        "demo_client",
        "login",
        "--no-browser",
        "--server",
        served.origin,
        "--client-id",
        "x",
    ]
    program = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    assert any("Waiting for your decision" in line for line in iter(program.stderr.readline, ""))
    program.send_signal(signal.SIGINT)
    _, rest = program.communicate(timeout=10)
    assert (program.returncode, rest) == (130, "\n")
    assert not (state_dir / "login.json").exists()


# What the server knows


def test_models_are_listed(at_server, said):
    status, out, err = said("models")
    assert (status, err) == (0, "")
    assert out.splitlines()[0].split() == ["model", "tier", "owner"]
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["small", "large"]
    status, out, _ = said("models", "--json")
    assert json.loads(out)["object"] == "list"


def test_whoami_shows_the_key_here_and_what_the_server_says(at_server, said, store):
    status, out, _ = said("whoami")
    assert status == 0
    assert thumbprint(store.require_key().jwk) in out
    assert "Ada" in out
    assert "\x1b[31m" not in out
    assert re.search(r"key\.provenance +software", out)
    assert re.search(r"key\.last_proof_at +2023-11-14 22:13 UTC", out)
    status, out, _ = said("whoami", "--json")
    assert json.loads(out)["server"]["sub"] == "user-1"


@pytest.mark.parametrize("what", ["usage", "devices"])
def test_what_a_server_does_not_tell_is_said_with_where_to_look(at_server, said, what):
    status, _, err = said(what)
    assert status == 1
    assert f"about {what}" in err
    assert "/account" in err


def test_usage_and_devices_are_shown(at_server, said, monkeypatch, store):
    from tests.demo_client.fake_server import Answer

    own = thumbprint(store.require_key().jwk)
    documents = {
        "usage": {"calls": 3, "cost_micro_usd": 2_000_150},
        "devices": {"devices": [{"key_thumbprint": own, "name": "demo", "provenance": "software", "last_proof_at": 0}]},
    }
    for what, document in documents.items():
        monkeypatch.setattr(
            at_server, f"_get_oauth_{what}", lambda *_, d=document: Answer(200, json.dumps(d).encode()), raising=False
        )
    assert "$2.00015" in said("usage")[1]
    shown = said("devices")[1]
    assert "this one" in shown
    assert own in shown


def test_a_refusal_of_the_server_is_its_word_its_sentence_and_what_to_do(at_server, said):
    at_server.refuse_models = Denied(403, "insufficient_scope", "This token may not list models.")
    status, out, err = said("models")
    assert (status, out) == (1, "")
    assert "insufficient_scope: This token may not list models." in err
    assert "Log in again" in err


def test_a_login_that_was_ended_at_the_server_is_said(at_server, said):
    at_server.families[0].ended = True
    status, _, err = said("models")
    assert status == 1
    assert "this login has ended" in err


# Chat


def test_the_answer_and_nothing_else_is_on_standard_output(at_server, said):
    assert said("chat", "Hello", "you")[:2] == (0, "user: Hello you\n\n")


def test_the_system_prompt_files_and_a_pipe_are_sent_in_order(at_server, said, monkeypatch, tmp_path):
    (tmp_path / "notes.md").write_text("the notes\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("from the pipe\n"))
    out = said("chat", "Sum up", "--system", "Be brief", "--file", "notes.md", "--model", "small")[1]
    assert out == "system: Be brief\nuser: Sum up\n\nfrom the pipe\n\nthe notes\n\n"
    assert at_server.count("/v1/models") == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["chat"], "nothing to ask"),
        (["chat", "x", "--file", "missing.md"], "missing.md: No such file"),
        (["chat", "x", "--model", "large"], "step_up_required"),
    ],
)
def test_what_cannot_be_asked_is_said(at_server, said, words, sentence):
    status, out, err = said(*words)
    assert (status, out) == (1, "")
    assert sentence in err


def test_a_file_that_is_no_text_is_said(at_server, said, tmp_path):
    (tmp_path / "image").write_bytes(b"\xff\xd8\xff")
    assert "no text file" in said("chat", "x", "--file", "image")[2]


def test_an_answer_that_is_cut_off_keeps_what_came_and_says_why(at_server, said):
    at_server.cut_stream = True
    status, out, err = said("chat", "Hello")
    assert (status, out) == (1, "user: Hello\n")
    assert "session_revoked" in err


def test_a_reader_that_has_enough_ends_it_in_silence(at_server, state_dir):
    long = "$(head -c 100000 /dev/zero | tr '\\0' x)"  # more than a pipe holds
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m demo_client chat {long} | true; echo ${{PIPESTATUS[0]}}"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_a_conversation_at_a_terminal_remembers_what_was_said(at_server, state_dir):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "demo_client", "chat"]
    program = subprocess.Popen(
        command, env=environment(), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    os.close(theirs)
    os.write(ours, b"first\nsecond\n\n")
    out, err = program.communicate(timeout=60)
    os.close(ours)
    assert program.returncode == 0, err
    assert "user: first\nassistant: user: first\n" in out
    assert "user: second" in out


# The key


def test_a_key_is_made_once_and_shown_without_its_private_half(said, state_dir):
    status, _, err = said("key", "create")
    assert status == 0
    assert "SOFTWARE" in err
    assert "there is no TPM" in err
    status, out, _ = said("key", "show")
    assert status == 0
    assert "software" in out
    assert "PRIVATE" not in out
    shown = json.loads(said("key", "show", "--json")[1])
    assert set(shown["jwk"]) == {"kty", "crv", "x", "y"}
    status, _, err = said("key", "create")
    assert status == 1
    assert "key rotate" in err


def test_a_kind_that_this_machine_lacks_is_said_and_nothing_is_made(said, state_dir):
    for kind in ("tpm", "pkcs11"):
        status, _, err = said("key", "create", "--kind", kind)
        assert status == 1
        assert "BOUNDGATE_CLIENT_" in err
    assert not state_dir.exists()


def test_rotating_ends_the_login_and_makes_another_key(at_server, said, store):
    before = store.require_key().jwk
    status, _, err = said("key", "rotate")
    assert status == 0
    assert "Log in again" in err
    assert store.require_key().jwk != before
    assert store.login() is None
    assert at_server.families[0].ended


def test_a_key_that_cannot_be_used_any_more_can_be_replaced(at_server, said, store):
    record = store.directory / "key.json"
    record.write_text(json.dumps({"kind": "software", "pem": "damaged"}))
    assert "holds no P-256 key" in said("key", "show")[2]
    status, _, err = said("key", "rotate")
    assert status == 0
    assert "its key is gone. End it at" in err
    assert said("key", "show")[0] == 0


def test_showing_a_key_that_is_not_there_says_how_to_make_one(said):
    status, _, err = said("key", "show")
    assert status == 1
    assert "key create" in err


# Around all of them


def test_the_options_are_in_the_environment_too(served, store, said, monkeypatch):
    monkeypatch.setenv("BOUNDGATE_CLIENT_SERVER", served.origin)
    monkeypatch.setenv("BOUNDGATE_CLIENT_ID", "demo")
    monkeypatch.setattr("webbrowser.open", Visitor(served).open)
    assert said("login")[0] == 0
    monkeypatch.setenv("BOUNDGATE_CLIENT_MODEL", "large")
    assert "step_up_required" in said("chat", "x")[2]


def test_another_state_directory_is_another_login(at_server, said, tmp_path):
    assert "not logged in" in said("models", "--state-dir", str(tmp_path / "elsewhere"))[2]
    assert Store(tmp_path / "elsewhere").key() is None


@pytest.mark.parametrize("server", ["gate.example", "http://gate.example", "https://gate.example/v1"])
def test_an_address_that_cannot_be_is_said_before_anything_is_sent(said, server):
    status, _, err = said("login", "--server", server)
    assert status == 1
    assert "https://localhost:8443" in err


def test_a_client_without_an_id_is_told_how_to_get_one(said, state_dir):
    status, _, err = said("login", "--server", "https://gate.example")
    assert status == 1
    assert "no id at https://gate.example yet" in err
    assert "boundgate clients add" in err
    assert not state_dir.exists()


def test_the_next_login_needs_no_options_also_after_a_logout(at_server, said, monkeypatch):
    monkeypatch.setattr("webbrowser.open", Visitor(at_server).open)
    assert said("logout")[0] == 0
    assert said("login")[0] == 0
    assert "no id at https://gate.example yet" in said("login", "--server", "https://gate.example")[2]


def test_a_file_of_authorities_that_holds_none_is_said(said, tmp_path):
    (tmp_path / "ca.pem").write_text("")
    status, _, err = said("login", "--server", "https://gate.example", "--client-id", "x", "--ca-file", "ca.pem")
    assert status == 1
    assert "holds no certificate" in err
