from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.errors import AuthenticationError, BadRequest, Conflict, Gone, NotFound
from boundgate.passkeys.enrolment import hash_link_token
from boundgate.passkeys.model import LinkPurpose, User
from tests.support.authenticator import HONEST, Lies, SoftAuthenticator
from tests.support.memory_passkeys import ORIGIN, PasskeyDesk


async def answer_to(desk: PasskeyDesk, token: str, lies: Lies = HONEST, device: SoftAuthenticator | None = None) -> str:
    device = device or SoftAuthenticator(ORIGIN)
    return json.dumps(device.create(await desk.enrolment.options(token), lies))


async def enrol(desk: PasskeyDesk, token: str, device: SoftAuthenticator | None = None) -> User:
    return await desk.enrolment.complete(token, await answer_to(desk, token, device=device))


async def assert_gone(desk: PasskeyDesk, token: str) -> None:
    with pytest.raises(Gone) as caught:
        await desk.enrolment.options(token)
    assert "new" in caught.value.detail
    assert len(token) < 43 or token not in caught.value.detail


async def test_the_first_link_makes_an_operator():
    desk = PasskeyDesk()
    token = await desk.enrolment.first_link()
    user = await enrol(desk, token)
    assert (user.name, user.operator) == ("operator", True)
    assert len(user.handle) == 32
    assert await desk.enrolment.first_link() is None


async def test_a_new_first_link_replaces_the_older_one_and_makes_no_second_user():
    desk = PasskeyDesk()
    older, newer = await desk.enrolment.first_link(), await desk.enrolment.first_link()
    assert older != newer
    await assert_gone(desk, older)
    assert (await enrol(desk, newer)).operator
    assert len(await desk.enrolment.users()) == 1


async def test_the_first_link_serves_an_operator_who_was_invited_before_anybody_enrolled():
    desk = PasskeyDesk()
    await desk.enrolment.invite("Grace", operator=True)
    assert (await enrol(desk, await desk.enrolment.first_link())).name == "Grace"


async def test_the_first_operators_name_cannot_be_taken_by_an_ordinary_user():
    desk = PasskeyDesk()
    with pytest.raises(BadRequest):
        await desk.enrolment.invite("operator")
    assert (await enrol(desk, await desk.enrolment.first_link())).operator


async def test_tokens_have_256_bits_and_are_stored_as_hashes_only():
    desk = PasskeyDesk()
    token = await desk.enrolment.invite("Ada")
    assert len(token) == 43
    assert hash_link_token(token) == hashlib.sha256(token.encode()).digest()
    assert list(desk.store._links) == [hash_link_token(token)]
    assert token not in repr(desk.store._links)


async def test_an_invitation_shows_whom_it_is_for():
    desk = PasskeyDesk()
    options = await desk.enrolment.options(await desk.enrolment.invite("Ada"))
    assert options["user"] == {"name": "Ada"}
    assert options["purpose"] == "enrol"
    assert options["publicKey"]["user"]["name"] == "Ada"


async def test_names_are_normalised_before_they_are_compared():
    desk = PasskeyDesk()
    await enrol(desk, await desk.enrolment.invite("Am\u00e9lie"))
    with pytest.raises(Conflict) as caught:
        await desk.enrolment.invite(" Ame\u0301lie ")
    assert "recover" in caught.value.detail


async def test_a_second_invitation_before_enrolment_replaces_the_first():
    desk = PasskeyDesk()
    older, newer = await desk.enrolment.invite("Ada"), await desk.enrolment.invite("Ada")
    await assert_gone(desk, older)
    await enrol(desk, newer)
    assert [user.name for user in await desk.enrolment.users()] == ["Ada"]


async def test_a_new_link_raises_nobody_to_operator():
    desk = PasskeyDesk()
    token = await desk.enrolment.invite("Ada")
    with pytest.raises(Conflict):
        await desk.enrolment.invite("Ada", operator=True)
    assert not (await enrol(desk, token)).operator


async def test_two_invitations_of_one_name_at_once_make_one_user():
    desk = PasskeyDesk()
    await asyncio.gather(desk.enrolment.invite("Ada"), desk.enrolment.invite("Ada"))
    assert len(await desk.enrolment.users()) == 1


async def test_an_invitation_survives_losing_the_race_for_the_name(monkeypatch):
    desk = PasskeyDesk()
    create_user = desk.store.create_user

    async def somebody_was_faster(user):
        await create_user(user)
        return False

    monkeypatch.setattr(desk.store, "create_user", somebody_was_faster)
    assert (await enrol(desk, await desk.enrolment.invite("Ada"))).name == "Ada"


@pytest.mark.parametrize(("make", "life"), [("first_link", 900), ("invite", 86_400)])
async def test_links_end_with_their_time(make, life):
    desk = PasskeyDesk()
    token = await (desk.enrolment.first_link() if make == "first_link" else desk.enrolment.invite("Ada"))
    desk.clock.now += life - 1
    answer = await answer_to(desk, token)
    desk.clock.now += 1
    await assert_gone(desk, token)
    with pytest.raises(Gone):
        await desk.enrolment.complete(token, answer)


async def test_a_used_link_is_gone():
    desk = PasskeyDesk()
    token = await desk.enrolment.invite("Ada")
    answer = await answer_to(desk, token)
    await enrol(desk, token)
    await assert_gone(desk, token)
    with pytest.raises(Gone):
        await desk.enrolment.complete(token, answer)


async def test_of_many_who_race_for_one_link_one_enrols():
    desk = PasskeyDesk()
    token = await desk.enrolment.invite("Ada")
    answers = [await answer_to(desk, token) for _ in range(8)]
    results = await asyncio.gather(
        *(desk.enrolment.complete(token, answer) for answer in answers), return_exceptions=True
    )
    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, Gone) for result in results) == 7
    [user] = await desk.enrolment.users()
    assert len(await desk.passkeys.passkeys_of(user.id)) == 1


async def test_a_link_used_between_check_and_storing_is_gone(monkeypatch):
    desk = PasskeyDesk()
    token = await desk.enrolment.invite("Ada")
    mine, theirs = await answer_to(desk, token), await answer_to(desk, token)
    redeem = desk.challenges.redeem

    async def let_the_other_win(challenge, **rest):
        monkeypatch.setattr(desk.challenges, "redeem", redeem)
        await desk.enrolment.complete(token, theirs)
        return await redeem(challenge, **rest)

    monkeypatch.setattr(desk.challenges, "redeem", let_the_other_win)
    with pytest.raises(Gone):
        await desk.enrolment.complete(token, mine)


@given(token=st.text())
def test_any_text_as_a_token_is_hashed_without_an_error(token):
    assert len(hash_link_token(token)) == 32


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 10_000, "\ud800", "é" * 43])
async def test_an_unknown_token_is_gone(token):
    desk = PasskeyDesk()
    await desk.enrolment.invite("Ada")
    await assert_gone(desk, token)


@pytest.mark.parametrize("lies", [Lies(origin="https://evil.example"), Lies(user_verified=False), Lies(challenge=b"x")])
async def test_a_bad_answer_leaves_the_link_usable(lies):
    desk = PasskeyDesk()
    token = await desk.enrolment.invite("Ada")
    with pytest.raises(AuthenticationError):
        await desk.enrolment.complete(token, await answer_to(desk, token, lies))
    assert (await enrol(desk, token)).name == "Ada"


@pytest.mark.parametrize(("answer", "name"), [("junk", ""), (None, "bad\x00name")])
async def test_junk_and_bad_names_leave_link_and_challenge_usable(answer, name):
    desk = PasskeyDesk()
    token = await desk.enrolment.invite("Ada")
    good = await answer_to(desk, token)
    with pytest.raises(BadRequest):
        await desk.enrolment.complete(token, answer or good, name)
    assert await desk.enrolment.complete(token, good, "Laptop")
    [user] = await desk.enrolment.users()
    assert [passkey.name for passkey in await desk.passkeys.passkeys_of(user.id)] == ["Laptop"]


async def test_an_answer_made_for_one_link_does_not_open_another():
    desk = PasskeyDesk()
    adas, bobs = await desk.enrolment.invite("Ada"), await desk.enrolment.invite("Bob")
    with pytest.raises(AuthenticationError) as caught:
        await desk.enrolment.complete(bobs, await answer_to(desk, adas))
    assert caught.value.public_code == "passkey_expired"


async def test_a_credential_id_that_is_taken_is_refused_and_the_link_stays():
    desk = PasskeyDesk()
    device = SoftAuthenticator(ORIGIN)
    await enrol(desk, await desk.enrolment.invite("Ada"), device)
    token = await desk.enrolment.invite("Bob")
    answer = device.create_again(device.credentials[0].id, await desk.enrolment.options(token))
    with pytest.raises(Conflict):
        await desk.enrolment.complete(token, json.dumps(answer))
    assert (await enrol(desk, token)).name == "Bob"


async def test_recovery_takes_everything_and_tells_the_owner():
    desk = PasskeyDesk()
    device = SoftAuthenticator(ORIGIN)
    user = await enrol(desk, await desk.enrolment.invite("Ada"), device)
    token = await desk.enrolment.recover("Ada")
    assert desk.ended == [user.id]
    assert await desk.passkeys.passkeys_of(user.id) == []
    with pytest.raises(AuthenticationError) as caught:
        await desk.passkeys.sign_in(json.dumps(device.get(desk.passkeys.sign_in_options())))
    assert caught.value.public_code == "passkey_unknown"
    [notice] = await desk.passkeys.notices(user.id)
    assert "recovered" in notice.text
    assert (await desk.enrolment.options(token))["purpose"] == LinkPurpose.RECOVER.value
    assert await enrol(desk, token) == user


async def test_recovery_has_removed_the_passkeys_before_it_ends_the_sessions(monkeypatch):
    desk = PasskeyDesk()
    await enrol(desk, await desk.enrolment.invite("Ada"))
    left: list[int] = []

    async def count_what_is_left(user_id):
        left.append(len(await desk.passkeys.passkeys_of(user_id)))

    monkeypatch.setattr(desk.enrolment, "_end_everything", count_what_is_left)
    await desk.enrolment.recover("Ada")
    assert left == [0]


async def test_recovery_replaces_an_open_link_and_opens_no_first_link():
    desk = PasskeyDesk()
    await enrol(desk, await desk.enrolment.invite("Ada"))
    older = await desk.enrolment.recover("Ada")
    newer = await desk.enrolment.recover("Ada")
    await assert_gone(desk, older)
    assert await desk.enrolment.first_link() is None
    assert await enrol(desk, newer)


async def test_nobody_can_be_recovered_who_is_not_there():
    desk = PasskeyDesk()
    with pytest.raises(NotFound):
        await desk.enrolment.recover("Nobody")


def test_passkeys_import_neither_the_web_framework_nor_storage_nor_other_domains():
    script = (
        "import sys, boundgate.passkeys.service, boundgate.passkeys.enrolment\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('quart', 'sqlalchemy', 'statsmodels')]\n"
        "bad += [m for m in sys.modules if m.startswith('boundgate.') and m.split('.')[1] not in "
        "('passkeys', 'errors', 'clock', 'terms')]\n"
        "sys.exit(', '.join(bad) or 0)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": "server"}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
