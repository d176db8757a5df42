"""Providers as the settings name them, and their secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from boundgate.outside_services import outside_providers
from boundgate.settings import Settings, SettingsError, load_settings


def settings(tmp_path: Path, secret: bytes | None) -> Settings:
    file = tmp_path / "secret"
    if secret is not None:
        file.write_bytes(secret)
    acme = {"name": "Acme", "issuer": "https://id.example", "client_id": "bg", "client_secret_file": file}
    return load_settings(data_dir=tmp_path, outside_providers={"acme": acme})


def test_each_issuer_has_a_redirect_uri_of_its_own_and_the_secret_stays_out_of_sight(tmp_path: Path) -> None:
    (acme,) = outside_providers(settings(tmp_path, b" s3cret\n"))
    assert acme.redirect_uri == "https://localhost:8443/sign-in/outside/acme/callback"
    assert acme.client_secret == "s3cret"
    assert "s3cret" not in repr(acme)


@pytest.mark.parametrize(
    "secret",
    [None, b"", b"\n", b"two\nl1nes", b"\xff", b"x" * 5000],
    ids=["no-file", "empty", "blank", "lines", "binary", "long"],
)
def test_a_secret_that_cannot_be_read_stops_the_start_and_is_not_shown(tmp_path: Path, secret: bytes | None) -> None:
    with pytest.raises(SettingsError, match="client_secret_file") as refused:
        outside_providers(settings(tmp_path, secret))
    assert "l1nes" not in str(refused.value)
