from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundgate.gateway.sse import SseOverflowError, SseParser


def parse(*chunks: bytes, limit: int = 1000) -> list[bytes]:
    parser = SseParser(max_event_bytes=limit)
    return [event for chunk in chunks for event in parser.feed(chunk)]


def reference(stream: bytes) -> list[bytes]:
    """HTML 9.2.6, word for word, on the whole stream at once."""
    stream = stream.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    *lines, _unfinished = stream.split(b"\n")
    events, data = [], None
    for line in lines:
        if line == b"":
            if data is not None:
                events.append(data[:-1])
            data = None
        elif line.startswith(b"data:"):
            value = line[5:]
            data = (data or b"") + (value[1:] if value.startswith(b" ") else value) + b"\n"
        elif line == b"data":
            data = (data or b"") + b"\n"
    return events


PIECES = [b"data: a", b"data:b", b"data", b"data:  c", b": note", b"event: x", b"id: 1", b"\n", b"\r\n", b"\r", b"\xff"]
streams = st.tuples(
    st.sampled_from([b"", b"\xef\xbb\xbf"]), st.lists(st.sampled_from(PIECES) | st.binary(max_size=4)).map(b"".join)
).map(b"".join)


@settings(deadline=None)
@given(streams, st.lists(st.integers(0, 200)))
def test_any_division_into_chunks_gives_what_the_standard_says(stream, cuts):
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    chunks = [stream[start:end] for start, end in itertools.pairwise(places)]
    # The order mark is told from the first line, which needs its end.
    assert parse(*chunks) == reference(stream)


@settings(deadline=None)
@given(streams)
def test_byte_by_byte_gives_the_same(stream):
    assert parse(*(stream[index : index + 1] for index in range(len(stream)))) == reference(stream)


def test_lines_of_one_event_are_joined_and_comments_are_read_over():
    assert parse(b": hello\ndata: a\r\n: more\ndata: b\n\ndata: c\n\n") == [b"a\nb", b"c"]


def test_an_event_is_given_out_with_the_carriage_return_that_ends_it():
    assert parse(b"data: a\r\r") == [b"a"]
    assert parse(b"data: a\r", b"\n\r", b"\ndata: b\n\n") == [b"a", b"b"]


def test_an_unfinished_event_is_none():
    assert parse(b"data: a\n") == []


@pytest.mark.parametrize(
    "chunks", [[b"data: " + b"x" * 95], [b"data: " + b"x" * 50 + b"\n"] * 2, [b"x" * 60, b"x" * 60], [b"data:\n"] * 101]
)
def test_a_line_or_an_event_beyond_the_bound_is_an_overflow(chunks):
    with pytest.raises(SseOverflowError):
        parse(*chunks, limit=100)


def test_events_before_an_overflow_are_given_out():
    parser, seen = SseParser(max_event_bytes=10), []
    with pytest.raises(SseOverflowError):
        seen.extend(parser.feed(b"data: a\n\ndata: " + b"x" * 20))
    assert seen == [b"a"]
