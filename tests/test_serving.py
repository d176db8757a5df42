"""A real server process around a stub application: what it tells, what it serves, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import h2.config
import h2.connection
import httpx
import pytest

from boundgate.certificates import spki_sha256

ROOT = Path(__file__).parent.parent
TOKEN = "dG9rZW4gb2YgdGhlIHN0dWIgc2VydmVyIGZvciB0ZXN0cy4"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        if value := condition():
            return value
        pause.wait(0.02)
    raise AssertionError("it did not happen in time")


class Server:
    def __init__(self, data_dir, *, token=None, port=None, environment=None):
        self.data_dir, self.port = data_dir, port or free_port()
        data_dir.mkdir(exist_ok=True)
        command = [sys.executable, str(ROOT / "tests/support/stub_server.py"), str(data_dir), str(self.port)]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "server")} | (environment or {})
        pipe = subprocess.PIPE
        command += [token] if token else []
        self.process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment, cwd=data_dir)

    @property
    def facts(self):
        path = self.data_dir / "run.json"
        return json.loads(path.read_text()) if path.exists() else None

    def ready(self):
        until(lambda: self.facts or self.process.poll() is not None)
        return self

    def client(self, **options):
        context = ssl.create_default_context(cafile=self.data_dir / "tls" / "ca.pem")
        return httpx.Client(verify=context, base_url=f"https://localhost:{self.port}", timeout=20, **options)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.ended()

    def ended(self):
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def start(tmp_path):
    started = []

    def _start(**options):
        started.append(Server(tmp_path, **options))
        return started[-1]

    yield _start
    for server in started:
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()


def test_run_json_tells_url_hash_link_and_pid_and_is_gone_after_a_clean_end(start):
    server = start(token=TOKEN).ready()
    certificate = (server.data_dir / "tls" / "cert.pem").read_bytes()
    assert server.facts == {
        "url": f"https://localhost:{server.port}",
        "spki_sha256": spki_sha256(certificate),
        "enrolment_url": f"https://localhost:{server.port}/enrol#{TOKEN}",
        "pid": server.process.pid,
    }
    status, out, _ = server.stop()
    assert (status, server.facts) == (0, None)
    assert "services closed" in out


def test_the_link_leaves_run_json_once_it_has_been_used(start):
    server = start(token=TOKEN).ready()
    with server.client() as client:
        client.post("/use")
    until(lambda: server.facts["enrolment_url"] is None)


def test_redirected_output_never_holds_the_link(start):
    server = start(token=TOKEN).ready()
    _, out, err = server.stop()
    assert "see run.json" in out
    assert f"https://localhost:{server.port}" in out
    assert "demo_client browser" in out
    assert TOKEN not in out + err


def test_both_http_versions_are_served_without_a_server_header(start):
    server = start().ready()
    with server.client() as one, server.client(http2=True) as two:
        first, second = one.get("/"), two.get("/")
    assert first.text.startswith("HTTP/1.1")
    assert second.text.startswith("HTTP/2")
    assert "server" not in first.headers
    assert "server" not in second.headers


def test_tls_before_1_2_is_refused(start):
    server = start().ready()
    context = ssl.create_default_context(cafile=server.data_dir / "tls" / "ca.pem")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", server.port)) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname="localhost")


@pytest.mark.parametrize("http2", [False, True])
def test_a_head_of_64_kib_is_admitted_and_a_larger_one_refused_without_harm(start, http2):
    server = start().ready()
    with server.client(http2=http2) as client:
        assert client.get("/", headers={"x-filler": "a" * 60_000}).status_code == 200
    with server.client(http2=http2) as client:
        try:
            assert client.get("/", headers={"x-filler": "a" * 80_000}).status_code == 431
        except httpx.RemoteProtocolError:
            assert http2  # the connection ends instead
    with server.client(http2=http2) as client:
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_lets_an_answer_in_flight_end(start, number):
    server = start().ready()
    with server.client() as client, client.stream("GET", "/slow/0.5") as answer:
        chunks = answer.iter_text()
        assert next(chunks) == "begun "
        server.process.send_signal(number)
        assert "".join(chunks).startswith("HTTP/1.1")
    assert server.ended()[0] == 0


def test_the_second_signal_does_not_wait(start):
    server = start().ready()
    with server.client() as client, client.stream("GET", "/slow/60") as answer:
        next(answer.iter_text())
        server.process.send_signal(signal.SIGINT)
        until(lambda: server.facts is None)
        began = time.monotonic()
        status, out, err = server.stop(signal.SIGINT)
    assert time.monotonic() - began < 5
    assert status == 130
    assert "services closed" in out
    assert "Traceback" not in err


def test_the_second_signal_ends_even_services_that_will_not_close(start):
    server = start().ready()
    with server.client() as client:
        client.post("/linger")
    server.process.send_signal(signal.SIGTERM)
    until(lambda: server.facts is None)
    began = time.monotonic()
    status, _, err = server.stop()
    assert time.monotonic() - began < 10
    assert (status, err) == (130, "")


def test_a_port_in_use_is_a_sentence_and_leaves_the_other_servers_file(start):
    first = start().ready()
    second = start(port=first.port)
    status, _, err = second.ended()
    assert status == 1
    assert err == (
        f"boundgate: port {first.port} on 127.0.0.1 is in use. "
        "Stop what listens there, or choose another with --port.\n"
    )
    assert first.facts["pid"] == first.process.pid


def test_a_second_server_on_the_same_data_is_refused_and_the_first_goes_on(start):
    first = start(token=TOKEN).ready()
    before = first.facts
    second = start()
    status, _, err = second.ended()
    assert status == 1
    assert f"the server at {before['url']} (pid {first.process.pid}) uses it" in err
    assert first.facts == before


def test_a_killed_server_leaves_its_data_to_the_next(start):
    first = start().ready()
    first.process.kill()
    first.ended()
    (first.data_dir / "run.json").unlink()
    assert start().ready().facts is not None


def test_an_uncaught_exception_is_logged_without_what_it_held(start):
    server = start().ready()
    with server.client() as client:
        assert client.get("/fail").status_code == 500
    _, _, err = server.stop()
    record = json.loads(next(line for line in err.splitlines() if "RuntimeError" in line))
    assert "stub_server.py" in record["exception"]
    assert "x" * 40 not in err


def test_nothing_is_logged_for_ordinary_requests_and_broken_handshakes(start):
    server = start().ready()
    with server.client() as client:
        client.get("/some/path")
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        raw.recv(1)
    assert server.stop()[2] == ""


def test_an_unreadable_http2_request_is_one_line_in_the_log(start):
    server = start().ready()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    client = h2.connection.H2Connection(
        h2.config.H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
    )
    client.initiate_connection()
    head = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"localhost"), (b":path", b"/\xff")]
    client.send_headers(1, head, end_stream=True)
    with (
        socket.create_connection(("127.0.0.1", server.port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as tls,
    ):
        tls.sendall(client.data_to_send())
        while tls.recv(65_536):
            pass
    lines = server.stop()[2].splitlines()
    assert len(lines) == 1
    assert "was dropped (UnicodeDecodeError)" in lines[0]
    assert "Traceback" not in lines[0]
