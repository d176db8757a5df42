"""What stolen cookies are worth."""

from __future__ import annotations

from tests.protect.rig import BOUND, FRESH, NEW, Rig, ask


async def test_the_applications_cookie_alone_is_refused_at_once(rig: Rig) -> None:
    owner = await rig.owner()
    response = await ask(rig.app, "GET", "/account", headers={"Cookie": f"sid={owner.cookie('sid')}"})
    assert (response.status, response.code) == (401, "proof_required")


async def test_a_stolen_session_beside_a_bound_cookie_of_the_thiefs_own_is_refused(rig: Rig) -> None:
    owner, thief = await rig.owner("alice"), await rig.owner("mallory")
    assert (await thief.visit("GET", "/account")).status == 200
    thief.jar["sid"] = owner.jar["sid"]
    assert await thief.standing() == "missing"
    thief.key = None
    assert (await thief.visit("GET", "/account")).code == "proof_required"
    assert (await owner.visit("GET", "/account")).status == 200


async def test_a_copied_jar_dies_after_the_owners_next_proof(rig: Rig) -> None:
    owner = await rig.owner()
    thief = owner.copy_jar()
    rig.clock.advance(200)
    await owner.refresh()
    assert (await owner.visit("GET", "/account")).status == 200
    assert (await thief.visit("GET", "/account")).status == 200, "for ten seconds a late request of the owner's own"
    rig.clock.advance(10.5)
    assert (await thief.visit("GET", "/account")).code == "proof_required"
    assert (await owner.visit("GET", "/account")).status == 200


async def test_a_copied_jar_dies_with_its_cookie_where_the_owner_has_gone(rig: Rig) -> None:
    thief = (await rig.owner()).copy_jar()
    rig.clock.advance(301)
    thief.jar = {name: (value, rig.clock() + 9999) for name, (value, _) in thief.jar.items()}
    assert (await thief.visit("GET", "/account")).code == "proof_required"


async def test_a_copied_jar_is_refused_at_once_from_another_network(rig: Rig) -> None:
    owner = await rig.owner()
    thief = owner.copy_jar(address="203.0.113.5")
    assert (await thief.visit("GET", "/account")).code == "proof_required"
    assert (await owner.visit("GET", "/account")).status == 200


async def test_a_thief_gets_no_offer_and_no_cookie(rig: Rig) -> None:
    thief = (await rig.owner()).copy_jar(address="203.0.113.5")
    for path in ("/account", "/open", "/standing", "/static/x"):
        response = await thief.visit("GET", path)
        assert response.header("Secure-Session-Registration") is None
        assert all(value in {"", "(expired)"} for value in response.cookies().values())


async def test_what_is_refused_leaves_the_jar_so_that_its_owner_can_prove_again(rig: Rig) -> None:
    owner = await rig.owner()
    value, until = owner.jar[BOUND]
    owner.jar[BOUND] = (value[:-1] + ("A" if value[-1] != "A" else "B"), until)
    key, owner.key = owner.key, None
    response = await owner.visit("GET", "/account")
    assert response.status == 401
    assert response.cookies()[BOUND] == "(expired)"
    owner.key = key
    assert (await owner.visit("GET", "/account")).status == 200


async def test_a_thief_who_signs_in_to_an_account_of_his_own_ends_nothing_with_a_stale_copy(rig: Rig) -> None:
    owner = await rig.owner()
    thief = owner.copy_jar()
    await owner.refresh()
    await owner.visit("GET", "/account")
    rig.clock.advance(11)
    await thief.sign_in("mallory")
    thief.dbsc = True
    await thief.register()
    assert (await owner.visit("GET", "/account")).status == 200
    assert not [name for name in rig.told() if name.startswith("Terminated")]


async def test_a_thiefs_key_cannot_refresh(rig: Rig) -> None:
    owner, thief = await rig.owner("alice"), await rig.owner("mallory")
    thief.session_id = owner.session_id
    response = await thief.refresh()
    assert response.status == 403
    assert response.cookies() == {}
    assert (await owner.visit("GET", "/account")).status == 200


async def test_a_page_script_cannot_send_a_proof(rig: Rig) -> None:
    owner = await rig.owner()
    assert owner.key is not None
    proof = owner.key.refresh_proof(owner.challenge)
    headers = {"Sec-Secure-Session-Id": owner.session_id or "", "Secure-Session-Response": proof}
    headers |= {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin", "Origin": "https://app.example.com"}
    assert (await owner.send("POST", "/dbsc/refresh", headers=headers)).status == 403


async def test_a_sibling_hosts_cookie_of_the_same_name_cannot_end_the_owners_session(rig: Rig) -> None:
    owner = await rig.owner()
    sid = owner.jar.pop("sid")
    owner.jar = {" sid": ("planted", rig.clock() + 9999), "sid": sid} | owner.jar
    await owner.refresh()
    assert owner.key is not None
    assert not [name for name in rig.told() if name.startswith("Terminated")]


async def test_a_quote_in_a_planted_cookie_hides_nothing(rig: Rig) -> None:
    owner = await rig.owner()
    sid = owner.jar.pop("sid")
    owner.jar = {"a": ('"', rig.clock() + 9), "sid": sid, **owner.jar, "b": ('"', rig.clock() + 9)}
    assert (await owner.visit("GET", "/account")).status == 200


async def test_an_empty_credential_alone_is_no_proof(rig: Rig) -> None:
    thief = (await rig.owner()).copy_jar()
    del thief.jar[BOUND], thief.jar[NEW]
    assert thief.cookie(FRESH) == ""
    assert (await thief.visit("GET", "/account")).code == "proof_required"
