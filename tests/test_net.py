"""Whose address a request is booked on, and which network that is."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundgate.net import client_address, network_prefix

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))
addresses = st.ip_addresses()
hops = st.one_of(st.text(max_size=60), addresses.map(str), st.sampled_from(["10.1.1.1", "fd00::1", "unknown", ""]))


def test_an_untrusted_peer_is_the_client_whatever_it_claims():
    assert client_address("203.0.113.9", ["198.51.100.1"], PROXIES) == "203.0.113.9"
    assert client_address("10.0.0.1", ["198.51.100.1"], ()) == "10.0.0.1"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], "10.0.0.1"),
        (["198.51.100.1"], "198.51.100.1"),
        (["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        (["192.0.2.66", "198.51.100.1, 10.2.2.2"], "198.51.100.1"),
        (["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        (["192.0.2.66, unknown, 10.2.2.2"], "10.2.2.2"),
        (["192.0.2.66, , 10.2.2.2"], "10.2.2.2"),
        (["198.51.100.1:4711"], "198.51.100.1"),
        (["[2001:db8::1]:4711"], "2001:db8::1"),
        (["::ffff:198.51.100.1"], "198.51.100.1"),
        (["2001:DB8:0::1"], "2001:db8::1"),
    ],
)
def test_the_right_most_untrusted_hop_counts_and_nothing_left_of_an_unreadable_one(fields, expected):
    assert client_address("10.0.0.1", fields, PROXIES) == expected


def test_a_mapped_peer_is_recognised_as_the_trusted_ipv4_proxy():
    assert client_address("::ffff:10.0.0.1", ["198.51.100.1"], PROXIES) == "198.51.100.1"


def test_a_zone_does_not_make_another_address():
    assert client_address("fe80::1%eth0", [], ()) == "fe80::1"


@given(peer=hops, fields=st.lists(st.lists(hops, max_size=4).map(",".join), max_size=4))
def test_any_input_gives_an_address_or_nothing(peer, fields):
    found = client_address(peer, fields, PROXIES)
    assert found == "" or str(ipaddress.ip_address(found)) == found


@given(claims=st.lists(hops, max_size=5), client=addresses)
def test_no_claim_moves_a_client_that_the_proxy_itself_saw(claims, client):
    seen = client_address(str(client), [], ())
    if any(ipaddress.ip_address(seen) in network for network in PROXIES):
        return
    assert client_address("10.0.0.1", [", ".join([*claims, str(client)])], PROXIES) == seen


@given(claims=st.lists(hops, max_size=5), peer=addresses)
def test_no_claim_moves_an_untrusted_peer(claims, peer):
    assert client_address(str(peer), claims, ()) == client_address(str(peer), [], ())


def test_a_prefix_names_family_and_network():
    assert network_prefix("192.0.2.77", 24, 64) == bytes([4, 192, 0, 2, 0])
    assert network_prefix("2001:db8:1:2:3::4", 24, 64) == b"\x06" + ipaddress.ip_address("2001:db8:1:2::").packed
    assert network_prefix("::ffff:192.0.2.1", 24, 64) == network_prefix("192.0.2.250", 24, 64)
    assert network_prefix("192.0.2.1", 0, 64) != network_prefix("::1", 24, 0)


def test_an_unreadable_address_equals_no_readable_network():
    assert network_prefix("", 0, 0) == network_prefix("unknown", 0, 0) == b"\x00"


@given(address=addresses, v4=st.integers(0, 32), v6=st.integers(0, 128))
def test_a_prefix_is_that_of_the_network_as_the_standard_library_sees_it(address, v4, v6):
    parsed = ipaddress.ip_address(client_address(str(address), [], ()))
    bits = v4 if parsed.version == 4 else v6
    network = ipaddress.ip_network((parsed, bits), strict=False)
    assert network_prefix(str(address), v4, v6) == bytes([parsed.version]) + network.network_address.packed


@given(text=st.text(max_size=60), v4=st.integers(0, 32), v6=st.integers(0, 128))
def test_any_text_gives_a_prefix(text, v4, v6):
    assert network_prefix(text, v4, v6)[0] in {0, 4, 6}
