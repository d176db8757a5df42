"""Several worker processes around a stub application: who serves, how they end, and who takes their place."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path

import pytest

from tests.test_serving import Server, free_port, until

TWO = {"BOUNDGATE_WORKERS": "2", "BOUNDGATE_HOT_STATE_URL": "redis://127.0.0.1:1"}


def processes(parent):
    """Worker processes of a server, by number of process."""
    found = []
    for directory in Path("/proc").iterdir():
        try:
            status, command = (directory / "status").read_text(), (directory / "cmdline").read_bytes()
        except OSError:
            continue
        if f"PPid:\t{parent}\n" in status and b"spawn_main" in command and "State:\tZ" not in status:
            found.append(int(directory.name))
    return found


def alive(process):
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


@pytest.fixture
def start(tmp_path):
    started = []

    def _start(**options):
        started.append(Server(tmp_path, environment=TWO, **options))
        return started[-1]

    yield _start
    for server in started:
        left = processes(server.process.pid)
        if server.process.poll() is None:
            server.process.kill()
            server.process.communicate()
        for process in left:
            until(lambda process=process: not alive(process))


def pid_of_a_new_connection(server):
    with server.client() as client:
        return int(client.get("/pid").text)


@contextlib.contextmanager
def client_of(server, wanted, others):
    """A client whose connection `wanted` has accepted, because the others were asleep."""
    with server.client() as client:
        for process in others:
            os.kill(process, signal.SIGSTOP)
            until(lambda process=process: "State:\tT" in Path(f"/proc/{process}/status").read_text())
        try:
            assert int(client.get("/pid").text) == wanted
        finally:
            for process in others:
                os.kill(process, signal.SIGCONT)
        yield client


def test_each_worker_serves_and_the_parent_does_not(start):
    server = start().ready()
    workers = processes(server.process.pid)
    assert len(workers) == 2
    assert server.facts["pid"] == server.process.pid
    for worker in workers:
        with client_of(server, worker, set(workers) - {worker}):
            pass
    status, out, err = server.stop()
    assert (status, err, server.facts) == (0, "", None)
    assert out.count("services closed") == 3
    assert [worker for worker in workers if alive(worker)] == []


def test_the_link_leaves_run_json_once_it_has_been_used(start):
    server = start(token="dG9rZW4gb2YgdGhlIHN0dWIgc2VydmVyIGZvciB0ZXN0cy4").ready()
    assert "/enrol#" in server.facts["enrolment_url"]
    status, out, err = server.stop()
    assert status == 0
    assert "see run.json" in out
    assert "dG9rZW4" not in out + err


@pytest.mark.parametrize("to_all", [False, True])
def test_the_first_signal_lets_answers_in_flight_end_also_where_every_process_gets_it(start, to_all):
    server = start().ready()
    workers = processes(server.process.pid)
    with (
        client_of(server, workers[0], workers[1:]) as one,
        client_of(server, workers[1], workers[:1]) as two,
        one.stream("GET", "/slow/1") as first,
        two.stream("GET", "/slow/1") as second,
    ):
        chunks = [answer.iter_text() for answer in (first, second)]
        assert [next(part) for part in chunks] == ["begun ", "begun "]
        for process in [server.process.pid, *(workers if to_all else [])]:
            os.kill(process, signal.SIGTERM if to_all else signal.SIGINT)
        assert ["".join(part)[:8] for part in chunks] == ["HTTP/1.1", "HTTP/1.1"]
    assert server.ended()[0] == 0


def test_ctrl_c_on_a_terminal_is_one_signal_for_all(start):
    server = start().ready()
    workers = processes(server.process.pid)
    with client_of(server, workers[0], workers[1:]) as client, client.stream("GET", "/slow/1") as answer:
        chunks = answer.iter_text()
        assert next(chunks) == "begun "
        for process in [*workers, server.process.pid]:
            os.kill(process, signal.SIGINT)
        assert "".join(chunks).startswith("HTTP/1.1")
    status, _, err = server.ended()
    assert (status, err) == (0, "")


def test_the_second_signal_does_not_wait(start):
    server = start().ready()
    workers = processes(server.process.pid)
    with client_of(server, workers[0], workers[1:]) as client, client.stream("GET", "/slow/60") as answer:
        next(answer.iter_text())
        server.process.send_signal(signal.SIGINT)
        until(lambda: server.facts is None)
        status, _, err = server.stop(signal.SIGINT)
    assert status == 130
    assert "Traceback" not in err
    assert [worker for worker in workers if alive(worker)] == []


def test_the_second_signal_ends_even_services_that_will_not_close(start):
    server = start().ready()
    workers = processes(server.process.pid)
    for worker in workers:
        with client_of(server, worker, set(workers) - {worker}) as client:
            client.post("/linger")
    server.process.send_signal(signal.SIGTERM)
    until(lambda: server.facts is None)
    assert server.stop()[0] == 130
    assert [worker for worker in workers if alive(worker)] == []


@pytest.mark.parametrize("how", ["of itself", "killed", "asked to end"])
def test_a_worker_that_ends_is_replaced_with_a_line_in_the_log_and_the_other_serves_on(start, how):
    server = start().ready()
    workers = processes(server.process.pid)
    with client_of(server, workers[1], workers[:1]) as other:
        if how == "of itself":
            with client_of(server, workers[0], workers[1:]) as client, pytest.raises(Exception, match=r".+"):
                client.post("/die")
        else:
            os.kill(workers[0], signal.SIGKILL if how == "killed" else signal.SIGTERM)
        until(lambda: not alive(workers[0]))
        assert int(other.get("/pid").text) == workers[1]
    replacement = until(lambda: set(processes(server.process.pid)) - set(workers))
    until(lambda: pid_of_a_new_connection(server) in replacement)
    status, _, err = server.stop()
    assert status == 0
    expected = {"of itself": "7", "killed": "-9", "asked to end": "0"}[how]
    line = rf"worker [01] \(process {workers[0]}\) ended with status {expected}; another takes its place in 0.5 seconds"
    assert len(re.findall(line, err)) == 1


def test_no_worker_outlives_a_parent_that_was_killed(start):
    server = start().ready()
    workers = processes(server.process.pid)
    server.process.kill()
    assert server.ended()[0] == -signal.SIGKILL
    until(lambda: not any(alive(worker) for worker in workers))


def test_several_workers_without_a_hot_state_are_refused(tmp_path):
    server = Server(tmp_path, environment={"BOUNDGATE_WORKERS": "2"})
    status, _, err = server.ended()
    assert status == 1
    assert "workers above 1 need hot_state_url" in err
    assert not (tmp_path / "tls").exists()


def test_a_worker_that_cannot_start_ends_the_server_with_its_sentence(tmp_path):
    server = Server(tmp_path, environment=TWO, token="cannot open")
    status, _, err = server.ended()
    assert (status, server.facts) == (1, None)
    assert "boundgate: this worker cannot open its services" in err


def test_a_worker_that_dies_again_and_again_is_not_replaced_without_a_pause(start):
    server = start().ready()
    for _ in range(3):
        before = processes(server.process.pid)
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        until(lambda before=before: len(set(processes(server.process.pid)) - set(before)) == 2, 30)
    _, _, err = server.stop()
    pauses = re.findall(r"worker 0 .*takes its place in ([0-9.]+) seconds", err)
    assert pauses[:3] == ["0.5", "1.0", "2.0"]


def test_a_port_in_use_is_a_sentence_before_any_worker_is_started(start, tmp_path):
    first = start(port=free_port()).ready()
    second = Server(tmp_path / "second", environment=TWO, port=first.port)
    status, _, err = second.ended()
    assert status == 1
    assert "is in use" in err
