"""After everything else: no secret that was issued in this run is in a log, the database, the metrics or a file."""

from __future__ import annotations

import stat

import httpx
import pytest

from e2e.support.secrets import files, leaks
from e2e.support.server import Server


@pytest.mark.last
def test_no_secret_of_this_run_is_at_rest(server: Server, secrets, tls_dir, owner, request) -> None:
    secrets.add_cookies(owner.context)
    metrics = httpx.get(f"{server.origin}/metrics", verify=_trust(tls_dir)).content
    assert b"boundgate_calls_total" in metrics
    assert len(secrets.found) >= 6, "cookies, an offer's two values, an enrolment token"
    assert {path.suffix for path in files(server.data_dir)} >= {".log", ".sqlite3"}
    server.recorded("sign_in")
    assert list(leaks(server, secrets.found, metrics)) == []


@pytest.mark.last
def test_files_that_hold_secrets_are_their_owners_alone(server: Server) -> None:
    for name in ("run.json", "keys.json", "tls/key.pem"):
        assert stat.S_IMODE((server.data_dir / name).stat().st_mode) == 0o600, name
    assert not list(server.data_dir.glob("**/ca-key*"))


@pytest.mark.last
def test_the_scan_finds_what_is_there(server: Server, tmp_path) -> None:
    """A scan that cannot find anything would prove nothing."""
    assert [place for place, _ in leaks(server, {"CREATE TABLE"})]


def _trust(tls_dir):
    import ssl

    return ssl.create_default_context(cafile=str(tls_dir / "ca.pem"))
