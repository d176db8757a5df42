"""What a thief gets out of the client: tokens, recorded requests, the state directory with and without the TPM."""

from __future__ import annotations

import shutil

import httpx
import pytest

from demo_client.dpop import DPoPAuth
from demo_client.errors import KeyUnusable, LoginEnded
from demo_client.keys import KeyKind, create_key
from demo_client.keys.file import FileKey
from demo_client.oauth import Authority
from demo_client.session import Session
from demo_client.store import Store
from tests.demo_client.conftest import logged_in
from tests.support.swtpm import running_tpm


class Thief:
    """Has a token, and a key of its own."""

    def __init__(self, resource, token):
        self.key, self.resource, self._token = FileKey.create(), resource, token

    def access_token(self):
        return self._token

    def renewed(self, refused):
        return self._token


def test_a_stolen_access_token_is_refused_with_the_thiefs_key_and_as_a_bearer_token(fake, session):
    token = session.access_token()
    with httpx.Client(transport=fake.transport(), auth=DPoPAuth(Thief(session.resource, token))) as thief:
        assert thief.get(f"{session.resource}/models").json()["error"] == "invalid_token"
    with httpx.Client(transport=fake.transport()) as thief:
        bearer = thief.get(f"{session.resource}/models", headers={"Authorization": f"Bearer {token}"})
        assert bearer.status_code == 401
    assert session.get(f"{session.resource}/models")


def test_a_stolen_refresh_token_is_refused_and_the_owner_is_not_disturbed(fake, session):
    with httpx.Client(transport=fake.transport()) as http:
        stolen = session.login.refresh_token
        thief = Authority(http, session.metadata, client_id="demo", key=FileKey.create(), clock=fake.clock)
        with pytest.raises(LoginEnded):
            thief.refresh(stolen)
    assert not fake.families[0].ended
    fake.expire_access()
    assert session.get(f"{session.resource}/models")


def test_a_recorded_request_is_refused_when_it_is_sent_again(fake, session):
    recorded = []

    def listen(request):
        recorded.append(request)
        return fake.transport().handler(request)

    with httpx.Client(transport=httpx.MockTransport(listen), auth=DPoPAuth(session)) as owner:
        assert owner.get(f"{session.resource}/models").status_code == 200
    with httpx.Client(transport=fake.transport()) as thief:
        headers = {name: recorded[-1].headers[name] for name in ("Authorization", "DPoP")}
        assert thief.get(f"{session.resource}/models", headers=headers).json()["error"] == "invalid_dpop_proof"


def test_the_whole_state_directory_is_worth_nothing_without_the_tpm(fake, store, tmp_path, monkeypatch):
    with running_tpm() as tcti, running_tpm() as thiefs:
        environment = {"BOUNDGATE_CLIENT_TCTI": tcti}
        store.save_key(create_key(KeyKind.TPM, environment).key, now=0)
        login = logged_in(fake, store)
        with Session(store, login, store.require_key(), clock=fake.clock, transport=fake.transport()) as owner:
            assert owner.get(f"{owner.resource}/models")

        shutil.copytree(store.directory, tmp_path / "stolen")
        asked = len(fake.requests)
        monkeypatch.setenv("BOUNDGATE_CLIENT_TCTI", thiefs)
        stolen = Store(tmp_path / "stolen")
        with (
            Session(
                stolen, stolen.login(), stolen.require_key(), clock=fake.clock, transport=fake.transport()
            ) as thief,
            pytest.raises(KeyUnusable, match="cannot be used"),
        ):
            thief.get(f"{thief.resource}/models")
        assert len(fake.requests) == asked
    assert not fake.families[0].ended


def test_with_a_software_key_the_copy_works_by_nature_until_the_key_is_rotated(fake, store, tmp_path):
    login = logged_in(fake, store)
    shutil.copytree(store.directory, tmp_path / "stolen")
    stolen = Store(tmp_path / "stolen")
    with Session(stolen, stolen.login(), stolen.require_key(), clock=fake.clock, transport=fake.transport()) as thief:
        assert thief.get(f"{thief.resource}/models")
        with Session(store, login, store.require_key(), clock=fake.clock, transport=fake.transport()) as owner:
            owner.revoke()
        with pytest.raises(LoginEnded):
            thief.get(f"{thief.resource}/models")
