"""Starlette and FastAPI: `bound_required` for endpoints, `Depends(require_bound)` for FastAPI's dependencies.

The application itself is wrapped by `app.add_middleware(dbsc.wrap)`.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, overload

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from boundgate.protect.answers import Answer
from boundgate.protect.visit import current_visit

P = ParamSpec("P")
Endpoint = Callable[P, Any]
Guarded = Callable[P, Awaitable[Any]]


@overload
def bound_required(endpoint: Endpoint[P]) -> Guarded[P]: ...
@overload
def bound_required(*, proof_age_seconds: float | None = None) -> Callable[[Endpoint[P]], Guarded[P]]: ...


def bound_required(endpoint: Endpoint[P] | None = None, *, proof_age_seconds: float | None = None) -> Any:
    """An endpoint that only a bound session reaches. It does not run for anybody else.

    Place it below FastAPI's own decorator: `@app.get("/account")`, then `@bound_required`. Dependencies and the
    reading of the body come before it there; what must not run either belongs behind `Depends(require_bound)`.

    Args:
        endpoint: asynchronous, or not and then run in a thread as usual.
        proof_age_seconds: how old the last proof may be; an older one is asked for anew, the request's body kept.
    """

    def guard(inner: Endpoint[P]) -> Guarded[P]:
        @wraps(inner)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            answer = await current_visit().stop(proof_age_seconds)
            if answer is not None:
                return _response(answer)
            if inspect.iscoroutinefunction(inner):
                return await inner(*args, **kwargs)
            found = await run_in_threadpool(inner, *args, **kwargs)
            return await found if inspect.isawaitable(found) else found

        return guarded

    return guard if endpoint is None else guard(endpoint)


class RequireBound:
    """A dependency of FastAPI that only a bound session passes: `dependencies=[Depends(RequireBound(...))]`.

    Args:
        proof_age_seconds: as in `bound_required`.
    """

    def __init__(self, *, proof_age_seconds: float | None = None) -> None:
        self._proof_age_seconds = proof_age_seconds

    async def __call__(self) -> None:
        """Raises HTTPException, in whose place the refusal goes out."""
        answer = await current_visit().stop(self._proof_age_seconds)
        if answer is not None:
            raise HTTPException(answer.status)


require_bound = RequireBound()
"""`Depends(require_bound)`, for one endpoint, a router or a whole application."""


def _response(answer: Answer) -> Response:
    response = Response(answer.body, status_code=answer.status)
    response.raw_headers.extend(answer.headers)
    return response
