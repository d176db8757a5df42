"""One stream of records, ours and the libraries', without credentials and without local variables."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from boundgate.logging_setup import configure_logging, redact_record

TOKEN = "Zm9yIHRoZSBlcnMgb2YgdGhpcyB0ZXN0IG9ubHkgMTIzNDU2"


@pytest.fixture(autouse=True)
def _restore_logging():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture(params=["json", "console"])
def stream(request):
    target = io.StringIO()
    configure_logging(request.param, stream=target)
    return target


def test_json_is_one_object_a_line_with_time_level_and_logger():
    target = io.StringIO()
    configure_logging("auto", stream=target)
    structlog.get_logger("boundgate.dbsc").info("registered", provenance="browser")
    record = json.loads(target.getvalue())
    assert record["event"] == "registered"
    assert record["provenance"] == "browser"
    assert (record["level"], record["logger"]) == ("info", "boundgate.dbsc")
    assert record["timestamp"].endswith("Z")


def test_our_own_records_are_redacted(stream):
    structlog.get_logger().info(f"came with Cookie: x={TOKEN}", token=TOKEN, headers=[(b"cookie", TOKEN.encode())])
    assert "came with" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


def test_records_of_libraries_are_redacted(stream):
    logging.getLogger("hypercorn.error").error("bad request %s", f"Authorization: DPoP {TOKEN}")
    assert "bad request" in stream.getvalue()
    assert TOKEN not in stream.getvalue()


def test_an_uncaught_exception_has_its_request_id_and_no_local_variables(stream):
    structlog.contextvars.bind_contextvars(request_id="req-42")
    try:
        held = TOKEN
        raise RuntimeError(f"failed with token={held}")
    except RuntimeError:
        logging.getLogger("quart.app").exception("Exception on request")
        structlog.get_logger().exception("ours")
    shown = stream.getvalue()
    assert shown.count("req-42") == 2
    assert "RuntimeError" in shown
    assert "test_logging_setup.py" in shown
    assert TOKEN not in shown


def test_chatter_of_libraries_is_left_out(stream):
    logging.getLogger("hypercorn.error").info("Running on https://127.0.0.1")
    logging.getLogger("sqlalchemy.engine").info("SELECT")
    assert stream.getvalue() == ""


def test_a_record_that_cannot_be_redacted_is_withheld():
    class Spiteful:
        def __repr__(self):
            raise RuntimeError(TOKEN)

    shown = redact_record(None, "info", {"event": "x", "thing": Spiteful()})
    assert "withheld" in shown["event"]
    assert TOKEN not in str(shown)
