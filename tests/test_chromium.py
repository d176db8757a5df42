"""The switches with which Chromium speaks DBSC, and where it is found."""

from __future__ import annotations

from boundgate.chromium import dbsc_switches, find_chromium

SPKI = "FohUsLNfAm8/jNRedGC1RwZmS5gKI/sfRT4nCOkqchI="
BOTH = "--enable-features=DeviceBoundSessions,EnableBoundSessionCredentialsSoftwareKeysForManualTesting"


def test_linux_gets_both_features_in_one_switch_and_the_certificates_key():
    assert dbsc_switches(SPKI, "linux") == [BOTH, f"--ignore-certificate-errors-spki-list={SPKI}"]


def test_a_platform_with_hardware_keys_gets_software_keys_only_when_asked():
    for platform in ("darwin", "win32"):
        assert dbsc_switches(None, platform) == ["--enable-features=DeviceBoundSessions"]
        assert dbsc_switches(None, platform, software_keys=True) == [BOTH]
    assert dbsc_switches(None, "linux", software_keys=False) == ["--enable-features=DeviceBoundSessions"]


def test_the_sandbox_is_given_up_only_for_root():
    assert "--no-sandbox" in dbsc_switches(None, "linux", root=True)
    assert "--no-sandbox" not in dbsc_switches(None, "linux")


def test_the_signing_quota_is_lifted_only_for_tests_that_ask():
    (features,) = dbsc_switches(None, "linux", signing_quota=False)
    assert features == BOTH.replace("Sessions,", "Sessions:RefreshQuota/false,")


def program(directory, name):
    path = directory / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_named_browser_wins_and_a_wrong_name_is_not_replaced_by_another(tmp_path):
    program(tmp_path, "chromium")
    mine = program(tmp_path, "mine")
    assert find_chromium("linux", {"PATH": str(tmp_path), "BOUNDGATE_BROWSER": mine}) == mine
    assert find_chromium("linux", {"PATH": str(tmp_path), "BOUNDGATE_BROWSER": "/nowhere/chrome"}) is None


def test_chrome_on_the_path_is_preferred_to_chromium(tmp_path):
    chromium = program(tmp_path, "chromium")
    assert find_chromium("linux", {"PATH": str(tmp_path)}) == chromium
    chrome = program(tmp_path, "google-chrome")
    assert find_chromium("linux", {"PATH": str(tmp_path)}) == chrome


def test_no_browser_is_none(tmp_path):
    assert find_chromium("unknown", {"PATH": str(tmp_path)}) is None
