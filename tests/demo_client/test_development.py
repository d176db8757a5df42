"""Beside a development server the client registers itself; anywhere else somebody says what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boundgate.runfile import RunInfo, write_run_file
from demo_client.development import NAME, REDIRECT_URI, client_id_here, runs_here
from tests.support.site import ORIGIN, running_site

ROOT = Path(__file__).parents[2]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory as a server leaves it that runs now; the working directory is above it."""
    monkeypatch.chdir(tmp_path)
    data_dir = tmp_path / ".boundgate"
    (data_dir / "tls").mkdir(parents=True)
    (data_dir / "tls" / "ca.pem").write_text("an authority")
    write_run_file(data_dir, RunInfo(url=ORIGIN, spki_sha256="x", enrolment_url=None, pid=os.getpid()))
    return data_dir


def test_only_the_server_that_runs_here_is_here(here: Path) -> None:
    assert runs_here(ORIGIN)
    assert not runs_here("https://localhost:9443")
    assert not runs_here("https://gate.example")
    (here / "tls" / "ca.pem").unlink()
    assert not runs_here(ORIGIN), "it has a certificate of somebody else's"


def test_without_a_server_nothing_is_here(here: Path) -> None:
    (here / "run.json").unlink()
    assert not runs_here(ORIGIN)


async def test_it_is_registered_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "server"))
    async with running_site(here) as site:
        first = client_id_here()
        assert first is not None
        (client,) = await site.services.oauth.registry.clients()
        assert (client.id, client.name, client.redirect_uris) == (first, NAME, (REDIRECT_URI,))
        assert client.published
        assert client_id_here() == first
        assert len(await site.services.oauth.registry.clients()) == 1


def test_where_that_fails_nothing_is_made_up(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "server"))
    assert client_id_here() is None, "no server has ever run on this directory"
