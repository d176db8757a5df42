"""`run.json`: whole, private, and nobody else's."""

from __future__ import annotations

import json
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.private_files import write_private
from boundgate.runfile import RunInfo, read_run_file, remove_run_file, write_run_file

INFO = RunInfo(url="https://localhost:8443", spki_sha256="AAAA", enrolment_url=None, pid=7)


def test_it_holds_the_names_of_the_contract_and_only_its_owner_may_read_it(tmp_path):
    path = write_run_file(tmp_path / "data", INFO)
    assert path == tmp_path / "data" / "run.json"
    assert json.loads(path.read_text()) == {
        "url": "https://localhost:8443",
        "spki_sha256": "AAAA",
        "enrolment_url": None,
        "pid": 7,
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_was_written_is_read_back(tmp_path):
    info = RunInfo(url="u", spki_sha256="s", enrolment_url="u/enrol#t", pid=9)
    write_run_file(tmp_path, info)
    assert read_run_file(tmp_path) == info


def test_replacing_leaves_no_other_file_and_keeps_the_mode(tmp_path):
    write_run_file(tmp_path, INFO)
    write_run_file(tmp_path, INFO)
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    target = tmp_path / "directory"
    target.mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(target, b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["directory"]


def test_only_the_server_that_wrote_it_removes_it(tmp_path):
    write_run_file(tmp_path, INFO)
    remove_run_file(tmp_path, pid=8)
    assert read_run_file(tmp_path) == INFO
    remove_run_file(tmp_path, pid=7)
    remove_run_file(tmp_path, pid=7)
    assert not (tmp_path / "run.json").exists()


@given(content=st.one_of(st.binary(max_size=200), st.recursive(st.none() | st.text(), st.lists).map(json.dumps)))
def test_a_file_that_is_not_ours_reads_as_none(content, tmp_path_factory):
    directory = tmp_path_factory.mktemp("run")
    (directory / "run.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert read_run_file(directory) is None


def test_fields_of_another_type_read_as_none(tmp_path):
    (tmp_path / "run.json").write_text('{"url": 1, "spki_sha256": "", "enrolment_url": null, "pid": 1}')
    assert read_run_file(tmp_path) is None
