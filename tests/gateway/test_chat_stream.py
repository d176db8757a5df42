from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundgate.errors import UpstreamError
from boundgate.gateway.chat_stream import ChatStream, ReportedError
from boundgate.gateway.prices import TokenUsage
from tests.gateway.fakes import DONE, USAGE_CHUNK, chunk, events, usage


def relay(*chunks: bytes, include_usage: bool = False) -> tuple[list, ChatStream]:
    stream = ChatStream(include_usage=include_usage)
    return events(b"".join(event for piece in chunks for event in stream.feed(piece))), stream


def test_events_are_written_anew_and_the_end_is_noticed():
    out, stream = relay(b': ping\r\ndata: {"choices":\r\ndata: [{}], "x": "\xc3\xa9"}\r\n\r\n', DONE, chunk("late"))
    assert out == [{"choices": [{}], "x": "é"}]
    assert stream.done
    stream.finish()


def test_the_usage_record_is_hidden_from_those_who_did_not_ask():
    out, stream = relay(chunk("a", usage=None), USAGE_CHUNK)
    assert len(out) == 1
    assert "usage" not in out[0]
    assert stream.usage == TokenUsage(10, 20)


def test_the_usage_record_is_shown_to_those_who_asked():
    out, _ = relay(chunk("a", usage=None), USAGE_CHUNK, include_usage=True)
    assert out[0]["usage"] is None
    assert out[1]["usage"] == usage()


def test_the_last_of_several_records_counts():
    _, stream = relay(chunk("a", usage=usage(1, 1)), chunk("b", usage=usage(1, 2)))
    assert stream.usage == TokenUsage(1, 2)


def test_chunks_without_choices_that_are_no_usage_record_pass():
    out, _ = relay(chunk(choices=[]), chunk(choices=[], usage=None))
    assert [event["choices"] for event in out] == [[], []]


@pytest.mark.parametrize("data", [b"nonsense", b"[]", b'{"a": NaN}', b'{"a":1,"a":2}', b"\xff", b"x" * 2_000_000])
def test_what_is_no_json_object_ends_the_stream_after_what_came_before(data):
    stream, seen = ChatStream(include_usage=False), []
    with pytest.raises(UpstreamError) as caught:
        seen.extend(stream.feed(chunk("a") + b"data: " + data + b"\n\n"))
    assert len(seen) == 1
    assert caught.value.public_code == "upstream_error"


def test_a_reported_error_is_told_apart():
    with pytest.raises(ReportedError):
        relay(b'data: {"error": {"message": "m"}}\n\n')


def test_an_end_without_done_or_usage_is_a_break():
    _, stream = relay(chunk())
    with pytest.raises(UpstreamError):
        stream.finish()
    _, stream = relay(chunk(), USAGE_CHUNK)
    stream.finish()


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30) | st.sampled_from([chunk(), USAGE_CHUNK, DONE, b"data: {}\n\n", b"data: "])))
def test_any_bytes_give_json_events_or_a_declared_error(pieces):
    stream = ChatStream(include_usage=True)
    try:
        events(b"".join(event for piece in pieces for event in stream.feed(piece)))
        stream.finish()
    except (UpstreamError, ReportedError):
        pass
