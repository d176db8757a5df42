"""What Chromium makes of a registration offer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.doctor.offers import Member, read_offer, usable

URL = "https://app.example.test/login"


@pytest.mark.parametrize(
    ("value", "endpoint"),
    [
        ('(ES256 RS256);path="/dbsc/register";challenge="c"', "https://app.example.test/dbsc/register"),
        ('(ES256);path="register";challenge="c"', "https://app.example.test/register"),
        ('(none ES256);path="/r?a=b";challenge="c"', "https://app.example.test/r?a=b"),
        ('(RS256);path="https://id.example.test/r";challenge="c"', "https://id.example.test/r"),
        ('(ES256);path="/r";challenge="c";unknown=1', "https://app.example.test/r"),
    ],
)
def test_a_good_offer_leads_to_its_endpoint(value, endpoint):
    assert read_offer(value, URL) == (Member(endpoint),)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ('ES256;path="/r";challenge="c"', "no list of algorithms"),
        ('("ES256");path="/r";challenge="c"', "neither ES256 nor RS256"),
        ('(PS256 none);path="/r";challenge="c"', "neither ES256 nor RS256"),
        ('(ES256);challenge="c"', "no path"),
        ("(ES256);path=token", "no quoted string"),
        ('(ES256);path="/r";challenge=7', "no quoted string"),
        ('(ES256);path="http://app.example.test/r";challenge="c"', "no https:// URL"),
        ('(ES256);path="https://evil.test/r";challenge="c"', "another site"),
        ('(ES256);path="https://[";challenge="c"', "no URL"),
        ('(ES256);path="/r";challenge="c";provider_key="k"', "all three or none"),
    ],
)
def test_a_member_that_the_browser_ignores_is_said_why(value, why):
    (member,) = read_offer(value, URL)
    assert member.endpoint is None
    assert why in member.why
    assert not usable(value, URL)


@pytest.mark.parametrize(
    ("value", "remark"),
    [
        ('(ES256);path="/r"', "without any proof"),
        ('(ES256);path="/r";authorization="a"', "over no challenge"),
        ('(ES256);path="/r";challenge=""', "can be replayed"),
        ('(RS256 ES256);path="/r";challenge="c"', "RS256 stands first"),
    ],
)
def test_what_works_and_is_unwise_is_remarked(value, remark):
    (member,) = read_offer(value, URL)
    assert member.endpoint == "https://app.example.test/r"
    assert remark in " ".join(member.remarks)


def test_several_lines_are_one_list():
    members = read_offer('(ES256);path="/a";challenge="c"\n(RS256);path="/b";challenge="d"', URL)
    assert [member.endpoint for member in members] == ["https://app.example.test/a", "https://app.example.test/b"]


@pytest.mark.parametrize("value", ['(ES256;path="/r"', "é", '(ES256);path="/r"; ,', "(ES256);path=/r"])
def test_a_header_that_cannot_be_read_is_ignored_as_a_whole(value):
    assert read_offer(value, URL) is None
    assert not usable(value, URL)


@given(value=st.text(max_size=80) | st.from_regex(r'\((ES256|RS256| )*\);path="[ -~]{0,20}"(;[a-z]+="[ -~]*")*'))
def test_no_header_makes_it_fail(value):
    for member in read_offer(value, URL) or ():
        assert (member.endpoint is None) == (member.why is not None)
