"""Whose address a request comes from, and which network that is. No DNS, no state."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

UNKNOWN_PREFIX = b"\x00"


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Sequence[IPNetwork]) -> str:
    """The address that a call is booked on.

    Args:
        peer: the other end of the socket.
        forwarded_for: the `X-Forwarded-For` fields in the order of arrival, each with one or more hops.
        trusted: networks of the operator's own proxies; nobody else's word is taken.

    Returns:
        The right-most hop that is not a trusted proxy, in canonical form (IPv4-mapped addresses as IPv4, no zone).
        Whatever stands to the left of an unreadable hop was not vouched for, so the search ends there with the
        proxy that passed it on. An unreadable `peer` is returned as "".
    """
    if not trusted:
        return _canonical(peer)
    current = _parse(peer)
    if current is None:
        return ""
    hops = [hop for field in forwarded_for for hop in field.split(",")]
    while hops and _is_trusted(current, trusted):
        hop = _parse(hops.pop())
        if hop is None:
            break
        current = hop
    return str(current)


@lru_cache(maxsize=4096)
def _canonical(peer: str) -> str:
    address = _parse(peer)
    return "" if address is None else str(address)


@lru_cache(maxsize=4096)
def network_prefix(address: str, ipv4_bits: int, ipv6_bits: int) -> bytes:
    """The network of an address as bytes that compare equal for the same network and for nothing else.

    Args:
        address: an address as `client_address` returns it.
        ipv4_bits: leading bits that count in IPv4, 0 to 32.
        ipv6_bits: leading bits that count in IPv6, 0 to 128.

    Returns:
        One byte for the family (4 or 6; a lone 0 for an unreadable address), then the packed network address.
    """
    parsed = _parse(address)
    if parsed is None:
        return UNKNOWN_PREFIX
    bits = ipv4_bits if parsed.version == 4 else ipv6_bits
    host_bits = parsed.max_prefixlen - bits
    network = int(parsed) >> host_bits << host_bits
    return bytes([parsed.version]) + network.to_bytes(parsed.max_prefixlen // 8, "big")


def _is_trusted(address: IPAddress, trusted: Sequence[IPNetwork]) -> bool:
    return any(address in network for network in trusted)


@lru_cache(maxsize=4096)
def _parse(text: str) -> IPAddress | None:
    bare = _without_port(text.strip()).partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _without_port(text: str) -> str:
    # Some balancers append the port: 192.0.2.1:4711 and [2001:db8::1]:4711.
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, port = text.partition(":")
    return host if colon and port.isascii() and port.isdigit() else text
