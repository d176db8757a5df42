"""The benchmarks still run, and print every case."""

from __future__ import annotations

from benchmarks.__main__ import main
from benchmarks.token import __main__ as token


def test_every_case_is_measured_and_printed(capsys) -> None:
    main(["--rounds", "2", "--scale", "0.01"])
    printed = capsys.readouterr().out
    for case in ("bare ECDSA", "verify_refresh_proof", "whole refresh", "resolve and decide", "parse_chat"):
        assert case in printed


def test_every_case_of_a_call_with_a_token_is_measured_and_printed(capsys) -> None:
    token.main(["--rounds", "2", "--scale", "0.01"])
    printed = capsys.readouterr().out
    for case in ("bare ECDSA", "verify_proof", "token verified before", "memory of verified tokens off", "joserfc"):
        assert case in printed
