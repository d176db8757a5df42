"""The settings: layers, cross-checks, and sentences instead of traces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from boundgate.settings import SettingsError, load_settings
from boundgate.storage import ValkeyLink
from boundgate.terms import Provenance, Tier


@pytest.fixture(autouse=True)
def _own_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_defaults_work_and_mean_this_machine():
    settings = load_settings()
    assert (settings.origin, settings.rp_id) == ("https://localhost:8443", "localhost")
    assert settings.development_tls
    assert settings.sqlalchemy_url == "sqlite+aiosqlite:///.boundgate/boundgate.sqlite3"


def test_port_443_is_left_out_of_the_origin_as_browsers_do():
    assert load_settings(port=443).origin == "https://localhost"


def test_options_win_over_the_environment_and_that_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "x.toml").write_text('port = 1\nhost = "127.0.0.2"\norganisation = "File"')
    monkeypatch.setenv("BOUNDGATE_PORT", "2")
    monkeypatch.setenv("BOUNDGATE_HOST", "127.0.0.3")
    settings = load_settings(config_file=tmp_path / "x.toml", port=3)
    assert (settings.port, settings.host, settings.organisation) == (3, "127.0.0.3", "File")


def test_a_file_in_the_data_directory_is_read_unasked(tmp_path, monkeypatch):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "boundgate.toml").write_text("port = 7")
    assert load_settings(data_dir=tmp_path / "d").port == 7
    monkeypatch.setenv("BOUNDGATE_DATA_DIR", str(tmp_path / "d"))
    assert load_settings().port == 7


def test_an_empty_variable_is_not_set(monkeypatch):
    monkeypatch.setenv("BOUNDGATE_TLS_CERT_FILE", "")
    assert load_settings().development_tls


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        load_settings().port = 1


def test_changing_one_field_of_a_tier_keeps_the_others(monkeypatch):
    monkeypatch.setenv("BOUNDGATE_TIERS__PREMIUM__PROOF_MAX_AGE_SECONDS", "60")
    tiers = load_settings().tiers
    assert (tiers[Tier.PREMIUM].proof_max_age_seconds, tiers[Tier.PREMIUM].step_up) == (60, True)
    assert tiers[Tier.STANDARD].step_up is False


def test_the_keys_that_a_tier_accepts_are_a_list_in_either_spelling(tmp_path, monkeypatch):
    (tmp_path / "x.toml").write_text('[tiers.standard]\naccepted_provenances = ["software"]\n')
    monkeypatch.setenv("BOUNDGATE_TIERS__PREMIUM__ACCEPTED_PROVENANCES", "browser, attested")
    tiers = load_settings(config_file=tmp_path / "x.toml").tiers
    assert tiers[Tier.PREMIUM].accepted_provenances == (Provenance.BROWSER, Provenance.ATTESTED)
    assert tiers[Tier.STANDARD].accepted_provenances == (Provenance.SOFTWARE,)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"host": "0.0.0.0"}, "reachable from outside"),
        ({"host": "gate.example"}, "reachable from outside"),
        ({"tls_cert_file": "x"}, "go together"),
        ({"public_origin": "http://gate.example"}, "must look like https://"),
        ({"public_origin": "https://gate.example/"}, "origin only"),
        ({"public_origin": "https://Gate.example"}, "lower case"),
        ({"public_origin": "https://gäte.example"}, "ASCII"),
        ({"public_origin": "https://gate.example:443"}, "must not name port 443"),
        ({"public_origin": "https://gate.example:99999"}, "must look like"),
        ({"public_origin": "https://[x"}, "must look like"),
        ({"public_origin": "https://192.0.2.1"}, "must not be an IP address"),
        ({"public_origin": "https://[::1]:8443"}, "must not be an IP address"),
        ({"dbsc_challenge_seconds": 300}, "must exceed bound_cookie_seconds"),
        ({"oauth_again_seconds": 60, "oauth_access_seconds": 60}, "must be below oauth_access_seconds"),
        ({"login_idle_seconds": 600, "login_seconds": 300}, "must not exceed login_seconds"),
        ({"upstream_api_key": "sk-1", "upstream_api_key_file": "f"}, "not both"),
        ({"upstream_base_url": "api.example.com"}, "upstream_base_url must look like"),
        ({"upstream_base_url": "https://me:sk-1@api.example.com"}, "no user name or password"),
        ({"trusted_proxies": "10.0.0.0/8,nonsense"}, "trusted_proxies"),
        ({"port": 0}, "port"),
        ({"nonsense": 1}, "nonsense: there is no such setting"),
        ({"tiers": {"gold": {}}}, "tiers"),
        ({"tiers": {"premium": {"accepted_provenances": []}}}, "an empty list would admit nobody"),
        ({"tiers": {"premium": {"accepted_provenances": ["none", "browser"]}}}, "none is no key"),
        ({"tiers": {"premium": {"accepted_provenances": ["tpm"]}}}, "tiers.premium.accepted_provenances.0: Input"),
        ({"tiers": {"premium": {"least_provenance": "browser"}}}, "there is no such setting"),
        ({"registration_seconds": 9}, "registration_seconds must be at least 10"),
        ({"workers": 2}, "workers above 1 need hot_state_url"),
        ({"hot_state_url": "valkey.example.com:6379"}, "hot_state_url must look like redis://"),
        ({"hot_state_url": "redis://"}, "hot_state_url must look like redis://"),
        ({"hot_state_url": "unix://"}, "hot_state_url must look like redis://"),
        ({"hot_state_url": "redis://h:notaport"}, "hot_state_url must look like redis://"),
        ({"hot_state_url": "redis://h?password=sk-1"}, "hot_state_url must hold its password before the host"),
        ({"hot_state_prefix": "{other}"}, "hot_state_prefix"),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence_without_values_of_secrets(given, said):
    with pytest.raises(SettingsError) as caught:
        load_settings(**given)
    assert said in str(caught.value)
    assert "sk-1" not in str(caught.value)


def test_every_problem_is_told_at_once():
    with pytest.raises(SettingsError) as caught:
        load_settings(host="0.0.0.0", dbsc_challenge_seconds=300)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"[[["])
def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path, content):
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"x\.toml is not TOML"):
        load_settings(config_file=tmp_path / "x.toml")


def test_a_named_file_must_exist(tmp_path, monkeypatch):
    with pytest.raises(SettingsError, match="no settings file"):
        load_settings(config_file=tmp_path / "x.toml")
    monkeypatch.setenv("BOUNDGATE_CONFIG_FILE", "gone.toml")
    with pytest.raises(SettingsError, match=r"no settings file at gone\.toml"):
        load_settings()


def test_a_variable_that_should_be_json_and_is_not_is_named(monkeypatch):
    monkeypatch.setenv("BOUNDGATE_TIERS", "{")
    with pytest.raises(SettingsError, match="tiers"):
        load_settings()


@given(origin=st.text(max_size=40) | st.text(max_size=30).map("https://{}".format))
def test_any_origin_is_accepted_as_browsers_send_it_or_refused_in_a_sentence(origin):
    try:
        settings = load_settings(public_origin=origin)
    except SettingsError:
        return
    assert settings.origin.startswith("https://")
    assert settings.rp_id


@given(url=st.text(max_size=40) | st.text(max_size=30).map("redis://{}".format))
def test_any_address_of_a_hot_state_is_accepted_or_refused_in_a_sentence(url):
    try:
        settings = load_settings(workers=2, hot_state_url=url)
    except SettingsError:
        return
    ValkeyLink(settings.hot_state_url, prefix=settings.hot_state_prefix)


@pytest.mark.parametrize("url", ["redis://h", "rediss://u:p@h:6380/2", "unix:///run/valkey.sock", "unix://:p@/x?db=1"])
def test_several_workers_share_a_hot_state(url):
    assert load_settings(workers=4, hot_state_url=url).workers == 4


@given(networks=st.text(max_size=40))
def test_any_list_of_networks_is_read_or_refused_in_a_sentence(networks):
    try:
        settings = load_settings(trusted_proxies=networks)
    except SettingsError:
        return
    assert isinstance(settings.trusted_proxies, tuple)


def provider(**changes):
    return {"name": "Acme", "issuer": "https://id.acme.example", "client_id": "bg"} | changes


def test_outside_providers_come_from_the_file_and_the_environment(tmp_path, monkeypatch):
    (tmp_path / "x.toml").write_text(
        '[outside_providers.acme]\nname = "Acme"\nissuer = "https://id.acme.example"\nclient_id = "file"\n'
    )
    monkeypatch.setenv("BOUNDGATE_OUTSIDE_PROVIDERS__ACME__CLIENT_ID", "environment")
    monkeypatch.setenv("BOUNDGATE_OUTSIDE_PROVIDERS__ACME__SCOPES", "openid, profile")
    acme = load_settings(config_file=tmp_path / "x.toml").outside_providers["acme"]
    assert (acme.name, acme.client_id, acme.scopes) == ("Acme", "environment", ("openid", "profile"))


@pytest.mark.parametrize(
    ("providers", "said"),
    [
        ({"Acme": provider()}, "part of an address"),
        ({"a/b": provider()}, "part of an address"),
        ({"acme": provider(name=" Acme")}, "white space"),
        ({"acme": provider(issuer="http://id.acme.example")}, "https://id.example.com"),
        ({"acme": provider(issuer="https://id.acme.example?x")}, "https://id.example.com"),
        ({"acme": provider(issuer="https://")}, "https://id.example.com"),
        ({"acme": provider(), "two": provider()}, "redirect URI of its own"),
        ({"acme": provider(issuer="https://localhost:8443")}, "this server"),
        ({"acme": provider(scopes="profile")}, "openid"),
        ({"acme": provider(scopes=["openid", "a b"])}, "without spaces"),
        ({"acme": provider(client_id="b\u00e9")}, "printable ASCII"),
        ({"acme": {"name": "Acme"}}, "issuer: Field required"),
        ({"acme": provider(secret="x")}, "secret: there is no such setting"),
    ],
    ids=[
        *("upper-case", "slash", "space", "http", "query", "no-host", "twice", "itself", "no-openid", "scope-of-two"),
        *("client-id", "missing", "unknown"),
    ],
)
def test_a_provider_that_cannot_work_is_refused_with_a_sentence(providers, said):
    with pytest.raises(SettingsError, match=said):
        load_settings(outside_providers=providers)
