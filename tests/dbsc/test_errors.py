"""The errors of the protocol, and what an endpoint does about each."""

from __future__ import annotations

import pytest

from boundgate import dbsc
from boundgate.dbsc import DbscError
from boundgate.dbsc.problems import problem
from boundgate.errors import BoundgateError, Disposition

TABLE = {
    "ProofMalformed": ("proof_malformed", 400, Disposition.RETRY),
    "KeyRefused": ("key_refused", 400, Disposition.RETRY),
    "ProofRefused": ("proof_refused", 403, Disposition.RETRY),
    "KeyNotVouched": ("key_not_vouched", 403, Disposition.RETRY),
    "ChallengeStale": ("challenge_stale", 403, Disposition.RETRY),
    "PageScript": ("page_script", 403, Disposition.REJECT),
    "SessionUnknown": ("session_unknown", 404, Disposition.TERMINATE),
    "SessionEnded": ("session_ended", 410, Disposition.TERMINATE),
}


def test_the_table_names_every_error() -> None:
    classes = [value for value in vars(dbsc).values() if isinstance(value, type) and issubclass(value, DbscError)]
    assert {one.__name__ for one in classes} == {*TABLE, "DbscError"}
    assert issubclass(DbscError, BoundgateError)


@pytest.mark.parametrize("name", TABLE)
def test_each_error_has_its_code_status_and_disposition(name: str) -> None:
    error = getattr(dbsc, name)("What is wrong.")
    assert (error.public_code, error.status, error.disposition) == TABLE[name]


def test_only_a_session_that_is_unknown_or_over_makes_a_browser_drop_it() -> None:
    ending = [name for name in TABLE if getattr(dbsc, name).disposition is Disposition.TERMINATE]
    assert ending == ["SessionUnknown", "SessionEnded"]


def test_a_stale_challenge_and_a_key_that_nobody_vouched_for_are_refused_proofs() -> None:
    assert issubclass(dbsc.ChallengeStale, dbsc.ProofRefused)
    assert issubclass(dbsc.KeyNotVouched, dbsc.ProofRefused)


def test_a_configuration_error_is_never_sent_to_anybody() -> None:
    assert issubclass(dbsc.ConfigurationError, ValueError)
    assert not issubclass(dbsc.ConfigurationError, BoundgateError)
    problems = [problem("NoCredentials", "credentials"), problem("scope_is_empty", "scope")]
    error = dbsc.ConfigurationError(problems)
    assert error.problems == tuple(problems)
    assert str(error).splitlines() == [str(one) for one in problems]
