"""Quart: `bound_required` for handlers. The application itself is wrapped by `dbsc.init_app(app)`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, overload

from quart import Response, current_app

from boundgate.protect.answers import Answer
from boundgate.protect.visit import current_visit

P = ParamSpec("P")
Handler = Callable[P, Any]
Guarded = Callable[P, Awaitable[Any]]


@overload
def bound_required(handler: Handler[P]) -> Guarded[P]: ...
@overload
def bound_required(*, proof_age_seconds: float | None = None) -> Callable[[Handler[P]], Guarded[P]]: ...


def bound_required(handler: Handler[P] | None = None, *, proof_age_seconds: float | None = None) -> Any:
    """A handler that only a bound session reaches. It does not run for anybody else.

    Place it below the route: `@app.get("/account")`, then `@bound_required`.

    Args:
        handler: asynchronous or not.
        proof_age_seconds: how old the last proof may be; an older one is asked for anew, the request's body kept.
    """

    def guard(inner: Handler[P]) -> Guarded[P]:
        @wraps(inner)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            answer = await current_visit().stop(proof_age_seconds)
            if answer is not None:
                return _response(answer)
            return await current_app.ensure_async(inner)(*args, **kwargs)

        return guarded

    return guard if handler is None else guard(handler)


def _response(answer: Answer) -> Response:
    response = Response(answer.body, status=answer.status)
    response.headers.clear()
    for name, value in answer.headers:
        response.headers.add(name.decode(), value.decode())
    return response
