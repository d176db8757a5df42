"""Problems: named as the browser names them, and said so that somebody can act."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import boundgate.dbsc
from boundgate.dbsc.problems import _TEXTS, REFUSALS, problem

PACKAGE = Path(boundgate.dbsc.__file__).parent
CODES = [code for texts in _TEXTS.values() for code in texts]


def test_a_refusal_has_chromiums_name_and_one_of_ours() -> None:
    one = problem("InvalidCredentialsCookieUnpermittedAttribute", "credentials[0]", "max-age")
    assert (one.code, one.chrome, one.refused) == (
        "invalid_credentials_cookie_unpermitted_attribute",
        "InvalidCredentialsCookieUnpermittedAttribute",
        True,
    )
    assert str(one) == (
        "credentials[0]: Chromium refuses all of it for any attribute but Domain, Path, Secure, HttpOnly and SameSite: "
        "max-age (InvalidCredentialsCookieUnpermittedAttribute). "
        "Leave Max-Age, Expires, Partitioned and the like to the Set-Cookie line."
    )


def test_what_chromium_accepts_to_no_good_has_no_name_of_its_own() -> None:
    one = problem("cookie_mismatch", "credentials[1]", "secure")
    assert (one.code, one.chrome, one.refused) == ("cookie_mismatch", None, False)


def test_every_problem_says_what_chromium_does_and_how_to_fix_it() -> None:
    for code in CODES:
        one = problem(code, "here")
        assert "Chromium" in one.says, code
        assert not one.says.endswith("."), code
        assert not one.fix.endswith("."), code
        assert one.fix[0].isupper(), code
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", one.code), code
    assert len({problem(code, "").code for code in CODES}) == len(CODES)
    assert {*REFUSALS, *_TEXTS["registration"]} == {code for code in CODES if problem(code, "").refused}


def test_every_problem_is_told_somewhere_and_nothing_else_is() -> None:
    texts = {
        node.value
        for path in PACKAGE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(CODES) <= texts
