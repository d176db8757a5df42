"""What a ready server says: the link on a terminal, and only there."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from boundgate.certificates import TlsFiles
from boundgate.cli.banner import print_banner
from boundgate.runfile import RunInfo
from boundgate.serving import Running
from boundgate.settings import load_settings

LINK = "https://localhost:8443/enrol#" + "t" * 43


@pytest.fixture
def running(tmp_path):
    tls = TlsFiles(
        cert_file=Path("c"),
        key_file=Path("k"),
        spki_sha256="S" * 43 + "=",
        not_after=dt.datetime(2030, 1, 2, tzinfo=dt.UTC),
        names=("localhost",),
        development=True,
    )
    info = RunInfo(url="https://localhost:8443", spki_sha256=tls.spki_sha256, enrolment_url=LINK, pid=1)
    return Running(info, tls, load_settings(data_dir=tmp_path))


def shown(running, *, terminal):
    out = io.StringIO()
    print_banner(running, Console(file=out, force_terminal=terminal, width=40, color_system=None, highlight=False))
    return out.getvalue()


def test_a_terminal_gets_the_whole_link_unbroken_with_its_life(running):
    text = shown(running, terminal=True)
    assert LINK in text
    assert "within 15 minutes" in text


def test_a_log_gets_see_run_json_instead(running):
    text = shown(running, terminal=False)
    assert "see run.json" in text
    assert "t" * 43 not in text


def test_both_get_the_address_the_hash_the_browsers_command_and_how_to_stop(running):
    for terminal in (True, False):
        text = shown(running, terminal=terminal)
        assert "https://localhost:8443\n" in text
        assert running.info.spki_sha256 in text
        assert "-m demo_client browser https://localhost:8443 --data-dir " in text
        assert "Ctrl-C" in text


def test_nothing_is_said_of_enrolment_when_no_link_is_open(running):
    text = shown(replace(running, info=replace(running.info, enrolment_url=None)), terminal=True)
    assert "first user" not in text
