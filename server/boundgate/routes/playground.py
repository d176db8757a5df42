"""The playground: a page that talks to `/v1` like any other client, with the browser's own cookies."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify, redirect

from boundgate.errors import AuthenticationError
from boundgate.gateway.prices import ModelPrice
from boundgate.routes.context import credential, services
from boundgate.routes.views import render
from boundgate.usage.recorder import session_hash

blueprint = Blueprint("playground", __name__, url_prefix="/playground")


@blueprint.get("")
async def page() -> Response:
    """Model, prompt, streamed answer, cost so far."""
    found = await credential()
    if not found.signed_in:
        return redirect("/", code=303)  # type: ignore[return-value]
    services().sessions.seen(found)
    return await render(
        "playground.html", models=[_offer(model) for model in services().gateway.prices.models.values()]
    )


def _offer(model: ModelPrice) -> dict[str, str]:
    price = f"${model.per_call_micro_usd / 1_000_000:.2f} a prompt, then " if model.per_call_micro_usd else ""
    tokens = (model.input_micro_usd_per_million_tokens, model.output_micro_usd_per_million_tokens)
    text = " and ".join(f"${micro / 1_000_000:.2f}" for micro in tokens)
    return {"id": model.name, "tier": model.tier.value, "price_text": f"{price}{text} per million tokens in and out"}


@blueprint.get("/spend")
async def spend() -> Response:
    """What this session's calls have cost, in micro-dollars."""
    found = await credential()
    if not found.signed_in or found.view is None:
        raise AuthenticationError("You are not signed in, or no longer. Sign in again.", code="signed_out")
    # The call that the page has just seen the end of must be in the sum.
    await services().recorder.flush()
    total = await services().usage.spend(session_hash(found.view.session.id))
    return jsonify(calls=total.calls, cost_micro_usd=total.cost_micro_usd)
