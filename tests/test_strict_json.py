"""JSON without leniency: what the RFC allows is read, everything else is refused, nothing else is raised."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.strict_json import StrictJSONError, loads, loads_object

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)
REFUSED = {
    "nothing": "",
    "blank": "  ",
    "word": "hello",
    "single quotes": "{'a':1}",
    "comment": "{} // no",
    "trailing comma in an object": '{"a":1,}',
    "trailing comma in a list": "[1,]",
    "unquoted member": "{a:1}",
    "two values": "{}{}",
    "cut off": '{"a":',
    "NaN": "[NaN]",
    "Infinity": '{"a":Infinity}',
    "negative Infinity": "-Infinity",
    "a number beyond all doubles": "1e999",
    "a negative number beyond all doubles": '{"a":[-1e400]}',
    "an integer that takes too long to read": "9" * 5000,
    "leading zero": "01",
    "leading plus": "+1",
    "bare point": "1.",
    "digits of another script": "\u0661",
    "control character in a string": '"\t"',
    "unknown escape": '"\\x41"',
    "byte-order mark": "\ufeff{}",
    "no-break space": "\u00a0{}",
    "duplicate member": '{"a":1,"a":1}',
    "duplicate member, once escaped": '{"a":1,"\\u0061":2}',
    "duplicate member deep inside": '[{"x":{"a":1,"b":2,"a":3}}]',
    "half a surrogate pair": '"\\ud800"',
    "the other half": '"\\uDC00"',
    "pair in the wrong order": '"\\udc00\\ud800"',
    "half a surrogate pair as a member": '{"\\uD800":1}',
    "half a surrogate pair, not escaped": '"\ud800"',
}


@given(value=VALUES)
def test_what_is_json_is_read(value: Any) -> None:
    assert loads(json.dumps(value)) == value
    assert loads(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(StrictJSONError):
        loads(text)
    with pytest.raises(StrictJSONError):
        loads(text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize(
    "octets",
    [b'"\xff"', b'"\xc3"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16"),
     '{"a":1}'.encode("utf-16-le"), '{"a":1}'.encode("utf-32-be")],
)  # fmt: skip
def test_only_utf_8_is_read(octets: bytes) -> None:
    with pytest.raises(StrictJSONError):
        loads(octets)


def test_what_looks_odd_and_is_json_is_read() -> None:
    assert loads('"\\ud83d\\ude00"') == "\U0001f600"
    assert loads('"\\\\ud800"') == "\\ud800"
    assert loads('{"a":{"a":[{"a":1}]},"A":2,"":3}') == {"a": {"a": [{"a": 1}]}, "A": 2, "": 3}
    assert loads(" \t\r\n[1e308, -0.0, 1E-400] ") == [1e308, -0.0, 0.0]
    assert loads('"\u2028\x7f\\u0000"') == "\u2028\x7f\0"


@pytest.mark.parametrize("limit", [0, 1, 4, 32])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("innermost", ["1", '"\\ud83d\\ude00"'])
def test_nesting_is_counted_in_arrays_and_objects(limit: int, opening: str, closing: str, innermost: str) -> None:
    def nested(depth: int) -> str:
        return opening * depth + innermost + closing * depth

    loads(nested(limit), max_depth=limit)
    with pytest.raises(StrictJSONError, match=f"deeper than {limit}"):
        loads(nested(limit + 1), max_depth=limit)


def test_empty_arrays_and_objects_count_like_full_ones() -> None:
    assert loads("[[]]", max_depth=2) == [[]]
    for text in ("[[]]", "[{}]", '{"a":[]}', '[1,"x",{}]'):
        with pytest.raises(StrictJSONError, match="deeper than 1"):
            loads(text, max_depth=1)


@pytest.mark.parametrize("depth", [*range(900, 1000), 5_000, 100_000])
def test_no_depth_exhausts_the_stack(depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        with pytest.raises(StrictJSONError):
            loads(opening * depth + '"\\ud83d\\ude00"' + closing * depth)
        with pytest.raises(StrictJSONError):
            loads(opening * depth)


@given(text=st.text() | st.text('[]{}",:\\ud8 0e9-+.tNaIn\u0661\ud800', max_size=30))
def test_any_text_is_json_or_refused(text: str) -> None:
    with contextlib.suppress(StrictJSONError):
        _assert_plain(loads(text))


@given(octets=st.binary() | st.text('[]{}",:\\ud8 0e9', max_size=30).map(str.encode))
def test_any_octets_are_json_or_refused(octets: bytes) -> None:
    with contextlib.suppress(StrictJSONError):
        _assert_plain(loads(octets))


@given(text=st.text('[]{}",:\\ud8 0e9', max_size=30))
def test_nothing_is_read_that_the_standard_reader_refuses(text: str) -> None:
    with contextlib.suppress(StrictJSONError):
        assert loads(text) == json.loads(text)


@pytest.mark.parametrize("text", ["[]", '"a"', "1", "null", "true", "[{}]"])
def test_only_an_object_is_an_object(text: str) -> None:
    with pytest.raises(StrictJSONError, match="not a JSON object"):
        loads_object(text)


def test_an_object_is_read_with_the_same_rules() -> None:
    assert loads_object(b'{"a":[1]}', max_depth=2) == {"a": [1]}
    for text, depth in (('{"a":1,"a":2}', 32), ('{"a":[1]}', 1), ("{", 32)):
        with pytest.raises(StrictJSONError):
            loads_object(text, max_depth=depth)


@pytest.mark.parametrize("text", ['{"secret-value":1,"secret-value":2}', "secret-value", '["secret-value", NaN]'])
def test_a_refusal_quotes_nothing_and_keeps_no_cause(text: str) -> None:
    with pytest.raises(StrictJSONError) as refused:
        loads(text)
    assert "secret-value" not in str(refused.value)
    assert refused.value.__cause__ is None


def _assert_plain(value: Any) -> None:
    """What was read can be written again, as JSON that anybody reads."""
    assert not isinstance(value, float) or math.isfinite(value)
    assert json.loads(json.dumps(value, allow_nan=False).encode()) == value
    json.dumps(value, ensure_ascii=False).encode("utf-8")
