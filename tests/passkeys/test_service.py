from __future__ import annotations

import asyncio
import json

import pytest

from boundgate.errors import AuthenticationError, BadRequest, Conflict, NotFound
from boundgate.passkeys.model import User
from boundgate.passkeys.wire import encode_base64url
from tests.support.authenticator import HONEST, Lies, SoftAuthenticator
from tests.support.memory_passkeys import ORIGIN, PasskeyDesk

ACT = {"session_id": "s1", "act": "session.end", "target": "s2"}


async def enrolled(
    desk: PasskeyDesk, name: str = "Ada", device: SoftAuthenticator | None = None
) -> tuple[User, SoftAuthenticator]:
    device = device or SoftAuthenticator(ORIGIN)
    token = await desk.enrolment.invite(name)
    user = await desk.enrolment.complete(token, json.dumps(device.create(await desk.enrolment.options(token))))
    return user, device


async def code_of(awaitable) -> str:
    with pytest.raises(AuthenticationError) as caught:
        await awaitable
    return caught.value.public_code


async def confirm(
    desk: PasskeyDesk, user: User, device: SoftAuthenticator, lies: Lies = HONEST, **changes: str
) -> None:
    options = await desk.passkeys.act_options(user, **ACT)
    await desk.passkeys.confirm_act(json.dumps(device.get(options, lies)), **({"user_id": user.id} | ACT | changes))


async def test_a_passkey_signs_in_without_a_name():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    signed_in = await desk.passkeys.sign_in(json.dumps(device.get(desk.passkeys.sign_in_options())))
    assert signed_in.user == user
    assert signed_in.credential_id == device.credentials[0].id


async def test_sign_in_notes_counter_backup_and_time():
    desk = PasskeyDesk()
    user, device = await enrolled(desk, device=SoftAuthenticator(ORIGIN, synced=True))
    desk.clock.now += 100
    await desk.passkeys.sign_in(json.dumps(device.get(desk.passkeys.sign_in_options(), Lies(backed_up=False))))
    [passkey] = await desk.passkeys.passkeys_of(user.id)
    assert (passkey.sign_count, passkey.backed_up, passkey.last_used_at) == (2, False, desk.clock.now)


async def test_one_answer_signs_in_once_and_its_replay_is_not_called_a_clone():
    desk = PasskeyDesk()
    _, device = await enrolled(desk)
    answer = json.dumps(device.get(desk.passkeys.sign_in_options()))
    await desk.passkeys.sign_in(answer)
    assert await code_of(desk.passkeys.sign_in(answer)) == "passkey_expired"


async def test_one_answer_sent_many_times_at_once_signs_in_once():
    desk = PasskeyDesk()
    _, device = await enrolled(desk, device=SoftAuthenticator(ORIGIN, counting=False))
    answer = json.dumps(device.get(desk.passkeys.sign_in_options()))
    results = await asyncio.gather(*(desk.passkeys.sign_in(answer) for _ in range(8)), return_exceptions=True)
    assert sum(not isinstance(result, Exception) for result in results) == 1


async def test_a_late_answer_is_refused():
    desk = PasskeyDesk()
    _, device = await enrolled(desk)
    answer = json.dumps(device.get(desk.passkeys.sign_in_options()))
    desk.clock.now += 301
    assert await code_of(desk.passkeys.sign_in(answer)) == "passkey_expired"


async def test_a_challenge_that_nobody_issued_is_refused():
    desk = PasskeyDesk()
    _, device = await enrolled(desk)
    answer = device.get(desk.passkeys.sign_in_options(), Lies(challenge=b"mine"))
    assert await code_of(desk.passkeys.sign_in(json.dumps(answer))) == "passkey_expired"


async def test_a_bad_signature_burns_no_challenge():
    desk = PasskeyDesk()
    _, device = await enrolled(desk)
    options = desk.passkeys.sign_in_options()
    assert (
        await code_of(desk.passkeys.sign_in(json.dumps(device.get(options, Lies(other_key=True))))) == "passkey_refused"
    )
    assert await desk.passkeys.sign_in(json.dumps(device.get(options)))


async def test_a_passkey_that_nobody_registered_is_unknown():
    desk = PasskeyDesk()
    stranger = SoftAuthenticator(ORIGIN)
    token = await desk.enrolment.invite("Eve")
    stranger.create(await desk.enrolment.options(token))
    assert (
        await code_of(desk.passkeys.sign_in(json.dumps(stranger.get(desk.passkeys.sign_in_options()))))
        == "passkey_unknown"
    )


@pytest.mark.parametrize("lies", [Lies(omit_user_handle=True), Lies(user_handle=b"somebody else's handle")])
async def test_sign_in_needs_the_handle_of_the_keys_owner(lies):
    desk = PasskeyDesk()
    _, device = await enrolled(desk)
    answer = json.dumps(device.get(desk.passkeys.sign_in_options(), lies))
    assert await code_of(desk.passkeys.sign_in(answer)) == "passkey_refused"


@pytest.mark.parametrize("count", [2, 1, 0])
async def test_a_copied_counter_is_refused_and_changes_nothing(count):
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    await desk.passkeys.sign_in(json.dumps(device.get(desk.passkeys.sign_in_options())))
    before = await desk.passkeys.passkeys_of(user.id)
    answer = json.dumps(device.get(desk.passkeys.sign_in_options(), Lies(sign_count=count)))
    assert await code_of(desk.passkeys.sign_in(answer)) == "passkey_cloned"
    assert await desk.passkeys.passkeys_of(user.id) == before


async def test_of_two_clones_answering_at_once_one_loses():
    desk = PasskeyDesk()
    _, device = await enrolled(desk)
    answers = [json.dumps(device.get(desk.passkeys.sign_in_options(), Lies(sign_count=9))) for _ in range(2)]
    results = await asyncio.gather(*map(desk.passkeys.sign_in, answers), return_exceptions=True)
    assert sorted(getattr(result, "public_code", "ok") for result in results) == ["ok", "passkey_cloned"]


async def test_a_passkey_removed_during_sign_in_is_unknown_rather_than_cloned(monkeypatch):
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    answer = json.dumps(device.get(desk.passkeys.sign_in_options()))
    redeem = desk.challenges.redeem

    async def remove_then_redeem(challenge, **rest):
        await desk.store.remove_all(user.id)
        return await redeem(challenge, **rest)

    monkeypatch.setattr(desk.challenges, "redeem", remove_then_redeem)
    assert await code_of(desk.passkeys.sign_in(answer)) == "passkey_unknown"


async def test_an_act_is_confirmed_by_the_users_own_passkey():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    options = await desk.passkeys.act_options(user, **ACT)
    assert [item["id"] for item in options["publicKey"]["allowCredentials"]] == [
        encode_base64url(device.credentials[0].id)
    ]
    await confirm(desk, user, device)


async def test_an_act_needs_no_user_handle_but_not_a_wrong_one():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    await confirm(desk, user, device, Lies(omit_user_handle=True))
    assert await code_of(confirm(desk, user, device, Lies(user_handle=b"x" * 32))) == "passkey_refused"


@pytest.mark.parametrize("change", [{"act": "passkey.remove"}, {"session_id": "s9"}, {"target": "s3"}])
async def test_a_confirmation_is_good_for_its_own_act_only(change):
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    assert await code_of(confirm(desk, user, device, **change)) == "passkey_expired"


async def test_a_confirmation_counts_once():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    answer = json.dumps(device.get(await desk.passkeys.act_options(user, **ACT)))
    await desk.passkeys.confirm_act(answer, user_id=user.id, **ACT)
    assert await code_of(desk.passkeys.confirm_act(answer, user_id=user.id, **ACT)) == "passkey_expired"


async def test_a_sign_in_answer_confirms_no_act_and_an_acts_answer_signs_nobody_in():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    sign_in = json.dumps(device.get(desk.passkeys.sign_in_options()))
    assert await code_of(desk.passkeys.confirm_act(sign_in, user_id=user.id, **ACT)) == "passkey_expired"
    act = json.dumps(device.get(await desk.passkeys.act_options(user, **ACT)))
    assert await code_of(desk.passkeys.sign_in(act)) == "passkey_expired"


@pytest.mark.parametrize("lies", [HONEST, Lies(omit_user_handle=True)], ids=["own handle", "no handle"])
async def test_another_users_passkey_confirms_nothing(lies):
    desk = PasskeyDesk()
    ada, _ = await enrolled(desk, "Ada")
    _, bobs_device = await enrolled(desk, "Bob")
    challenge = (await desk.passkeys.act_options(ada, **ACT))["publicKey"]["challenge"]
    answer = json.dumps(bobs_device.get({"challenge": challenge, "rpId": "gate.example"}, lies))
    assert await code_of(desk.passkeys.confirm_act(answer, user_id=ada.id, **ACT)) == "passkey_refused"


async def test_a_user_without_passkeys_can_confirm_nothing():
    desk = PasskeyDesk()
    await desk.enrolment.invite("Ada")
    [user] = await desk.enrolment.users()
    with pytest.raises(Conflict):
        await desk.passkeys.act_options(user, **ACT)


async def test_a_second_passkey_is_added_and_signs_in():
    desk = PasskeyDesk()
    user, _ = await enrolled(desk)
    second = SoftAuthenticator(ORIGIN)
    answer = json.dumps(second.create(await desk.passkeys.add_options(user, "s1")))
    passkey = await desk.passkeys.add(answer, user_id=user.id, session_id="s1", name=" YubiKey ")
    assert (passkey.name, passkey.user_id, passkey.created_at) == ("YubiKey", user.id, desk.clock.now)
    assert (await desk.passkeys.sign_in(json.dumps(second.get(desk.passkeys.sign_in_options())))).user == user
    assert len(await desk.passkeys.passkeys_of(user.id)) == 2


async def test_adding_excludes_the_passkeys_already_there():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    options = (await desk.passkeys.add_options(user, "s1"))["publicKey"]
    assert [item["id"] for item in options["excludeCredentials"]] == [encode_base64url(device.credentials[0].id)]


async def test_a_passkey_is_added_only_by_the_session_that_was_allowed_to_and_once():
    desk = PasskeyDesk()
    user, _ = await enrolled(desk)
    answer = json.dumps(SoftAuthenticator(ORIGIN).create(await desk.passkeys.add_options(user, "s1")))
    assert await code_of(desk.passkeys.add(answer, user_id=user.id, session_id="s2")) == "passkey_expired"
    await desk.passkeys.add(answer, user_id=user.id, session_id="s1")
    assert await code_of(desk.passkeys.add(answer, user_id=user.id, session_id="s1")) == "passkey_expired"


async def test_a_credential_id_that_is_taken_is_not_stored_again():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    [before] = await desk.passkeys.passkeys_of(user.id)
    options = (await desk.passkeys.add_options(user, "s1"))["publicKey"] | {"excludeCredentials": []}
    answer = device.create_again(device.credentials[0].id, options)
    with pytest.raises(Conflict):
        await desk.passkeys.add(json.dumps(answer), user_id=user.id, session_id="s1")
    assert await desk.passkeys.passkeys_of(user.id) == [before]


async def test_a_refused_name_burns_no_challenge():
    desk = PasskeyDesk()
    user, _ = await enrolled(desk)
    answer = json.dumps(SoftAuthenticator(ORIGIN).create(await desk.passkeys.add_options(user, "s1")))
    with pytest.raises(BadRequest):
        await desk.passkeys.add(answer, user_id=user.id, session_id="s1", name="x" * 65)
    assert await desk.passkeys.add(answer, user_id=user.id, session_id="s1", name="ok")


async def test_one_of_two_passkeys_can_go_and_the_last_cannot():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    second = SoftAuthenticator(ORIGIN)
    answer = json.dumps(second.create(await desk.passkeys.add_options(user, "s1")))
    await desk.passkeys.add(answer, user_id=user.id, session_id="s1")
    await desk.passkeys.remove(user.id, encode_base64url(device.credentials[0].id))
    with pytest.raises(Conflict):
        await desk.passkeys.remove(user.id, encode_base64url(second.credentials[0].id))
    assert (
        await code_of(desk.passkeys.sign_in(json.dumps(device.get(desk.passkeys.sign_in_options()))))
        == "passkey_unknown"
    )


async def test_removing_what_is_not_there_or_not_ones_own_says_so():
    desk = PasskeyDesk()
    ada, _ = await enrolled(desk, "Ada")
    _, bobs_device = await enrolled(desk, "Bob")
    for credential_id in ("AAAA", encode_base64url(bobs_device.credentials[0].id)):
        with pytest.raises(NotFound):
            await desk.passkeys.remove(ada.id, credential_id)
    with pytest.raises(BadRequest):
        await desk.passkeys.remove(ada.id, "not base64url!")


async def test_a_sign_in_as_somebody_is_answered_by_their_passkeys_alone():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    eve, other = await enrolled(desk, "Eve")
    options = await desk.passkeys.sign_in_options_as(user.id)
    allowed = [one["id"] for one in options["publicKey"]["allowCredentials"]]
    assert allowed == [encode_base64url(device.credentials[0].id)]
    anybody = {"publicKey": options["publicKey"] | {"allowCredentials": []}}
    assert await code_of(desk.passkeys.sign_in_as(json.dumps(other.get(anybody)), user_id=user.id)) == "passkey_refused"
    answer = json.dumps(device.get(options))
    assert await code_of(desk.passkeys.sign_in_as(answer, user_id=eve.id)) == "passkey_refused"
    assert (await desk.passkeys.sign_in_as(answer, user_id=user.id)).user == user
    assert await code_of(desk.passkeys.sign_in_as(answer, user_id=user.id)) == "passkey_expired"


async def test_a_challenge_for_one_kind_of_sign_in_is_worth_nothing_in_the_other():
    desk = PasskeyDesk()
    user, device = await enrolled(desk)
    ordinary = json.dumps(device.get(desk.passkeys.sign_in_options()))
    assert await code_of(desk.passkeys.sign_in_as(ordinary, user_id=user.id)) == "passkey_expired"
    as_user = json.dumps(device.get(await desk.passkeys.sign_in_options_as(user.id)))
    assert await code_of(desk.passkeys.sign_in(as_user)) == "passkey_expired"


async def test_nobody_signs_in_as_somebody_who_has_no_passkey():
    with pytest.raises(Conflict, match="no passkey"):
        await PasskeyDesk().passkeys.sign_in_options_as("nobody")
