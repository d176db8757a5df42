"""`boundgate settings`, and environment variables that nothing reads."""

from __future__ import annotations

import json

import pytest

from boundgate.cli import run
from boundgate.cli.environment import variable_of, warnings_for
from boundgate.settings import Settings


@pytest.fixture(autouse=True)
def _own_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def shown(capfd, *arguments):
    assert run(["settings", "--json", *arguments]) == 0
    return json.loads(capfd.readouterr().out)


def test_every_setting_is_shown_with_value_source_and_description(capfd):
    settings = shown(capfd)
    assert list(settings) == list(Settings.model_fields)
    assert all(entry["description"] for entry in settings.values())
    assert {entry["source"] for entry in settings.values()} == {"default"}
    assert settings["port"]["value"] == 8443


def test_the_strongest_source_wins_and_is_named(tmp_path, monkeypatch, capfd):
    (tmp_path / "x.toml").write_text('port = 1111\nhost = "127.0.0.2"\n[tiers.premium]\nproof_max_age_seconds = 60\n')
    monkeypatch.setenv("BOUNDGATE_PORT", "2222")
    monkeypatch.setenv("boundgate_log_format", "json")
    monkeypatch.setenv("BOUNDGATE_TIERS__STANDARD__PROOF_MAX_AGE_SECONDS", "120")
    settings = shown(capfd, "--config", "x.toml", "--data-dir", "d")
    told = {name: (settings[name]["value"], settings[name]["source"]) for name in ("port", "host", "data_dir")}
    assert told == {"port": (2222, "environment"), "host": ("127.0.0.2", "file"), "data_dir": ("d", "option")}
    assert settings["log_format"]["source"] == "environment"
    assert settings["tiers"]["source"] == "environment"
    assert settings["tiers"]["value"]["premium"]["step_up"] is True


def test_secrets_are_shown_as_set_or_not_set(monkeypatch, capfd):
    assert shown(capfd)["upstream_api_key"]["value"] == "not set"
    monkeypatch.setenv("BOUNDGATE_UPSTREAM_API_KEY", "sk-very-secret")
    monkeypatch.setenv("BOUNDGATE_DATABASE_URL", "postgresql+asyncpg://gate:hidden@db/boundgate")
    settings = shown(capfd)
    assert settings["upstream_api_key"]["value"] == "set"
    assert settings["database_url"]["value"] == "postgresql+asyncpg://gate:***@db/boundgate"


@pytest.mark.parametrize("password", ["hidden", "hid@den", "hid:den"])
def test_the_password_of_the_hot_state_is_never_shown(password, monkeypatch, capfd):
    monkeypatch.setenv("BOUNDGATE_HOT_STATE_URL", f"rediss://gate:{password}@valkey:6380/2")
    assert shown(capfd)["hot_state_url"]["value"] == "rediss://gate:***@valkey:6380/2"
    monkeypatch.setenv("BOUNDGATE_HOT_STATE_URL", f"redis://:{password}@valkey")
    assert shown(capfd)["hot_state_url"]["value"] == "redis://:***@valkey"


def test_the_table_for_people_hides_them_too_and_breaks_no_name(monkeypatch, capfd):
    monkeypatch.setenv("BOUNDGATE_UPSTREAM_API_KEY", "sk-very-secret")
    assert run(["settings"]) == 0
    out = capfd.readouterr().out
    assert "sk-very-secret" not in out
    assert all(name in out for name in Settings.model_fields)


def test_a_misspelt_variable_is_named_with_the_nearest_one_and_without_its_value(monkeypatch, capfd):
    monkeypatch.setenv("BOUNDGATE_UPSTREAM_APIKEY", "sk-very-secret")
    assert run(["settings"]) == 0
    err = capfd.readouterr().err
    assert "BOUNDGATE_UPSTREAM_APIKEY is not a setting; did you mean BOUNDGATE_UPSTREAM_API_KEY?" in err
    assert "sk-very-secret" not in err


def test_known_variables_of_every_kind_pass_without_a_word():
    known = [variable_of(name) for name in Settings.model_fields]
    others = ["BOUNDGATE_CONFIG_FILE", "BOUNDGATE_BROWSER", "BOUNDGATE_TIERS__PREMIUM__STEP_UP", "PATH", "BOUNDGATES"]
    assert warnings_for([*known, *others]) == []


def test_a_variable_unlike_any_other_points_at_the_list():
    (warning,) = warnings_for(["BOUNDGATE_QQQQQQ"])
    assert "boundgate settings" in warning
