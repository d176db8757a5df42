"""Which requests to the back channel count against the allowance of their network (`boundgate.oauth.allowance`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from quart import g

from boundgate.dpop import UseDpopNonce
from boundgate.errors import BoundgateError
from boundgate.net import network_prefix
from boundgate.routes.context import caller, services

P = ParamSpec("P")
Answer = TypeVar("Answer")

IPV4_BITS, IPV6_BITS = 32, 64
"""One address; in IPv6 the network that one customer has."""


def counted(handler: Callable[P, Awaitable[Answer]]) -> Callable[P, Awaitable[Answer]]:
    """Have a handler's requests counted, unless they prove something (`proved`).

    A demand for a nonce is part of every first request, keeps nothing, and is not counted; nor is what failed here.
    """

    @wraps(handler)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> Answer:
        allowance, place = services().oauth.allowance, network_prefix(caller().address, IPV4_BITS, IPV6_BITS)
        allowance.spend(place)
        try:
            found = await handler(*args, **kwargs)
        except BoundgateError as error:
            if isinstance(error, UseDpopNonce) or error.status >= 500:
                allowance.give_back(place)
            raise
        if g.get("proved", False):
            allowance.give_back(place)
        return found

    return answer


def proved() -> None:
    """The current request came with something that not everybody has: a token, a code, a registered key."""
    g.proved = True
