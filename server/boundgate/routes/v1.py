"""The OpenAI-compatible routes: admit, parse, decide again with the model known, relay, record."""

from __future__ import annotations

from quart import Blueprint, Response, g, jsonify

from boundgate.errors import NotFound, UpstreamOverloaded
from boundgate.gateway.answers import RelayHandle, StreamAnswer
from boundgate.gateway.chat import ChatRequest
from boundgate.gateway.settlement import Settlement
from boundgate.oauth.model import Scope
from boundgate.policy.model import Action
from boundgate.routes.admission import answer, judge
from boundgate.routes.bodies import raw_body, require_json
from boundgate.routes.context import services
from boundgate.routes.presented import forget_presented, presented_cookie
from boundgate.routes.recording import Outcome, call_context, record_call
from boundgate.terms import Tier
from boundgate.usage.model import ALLOW

blueprint = Blueprint("v1", __name__, url_prefix="/v1")


@blueprint.get("/models")
async def models() -> Response:
    """The models on offer, in the order of the price table."""
    return await _refusal(None, Scope.MODELS) or _free(services().gateway.models())


@blueprint.get("/models/<name>")
async def model(name: str) -> Response:
    """One model."""
    return await _refusal(None, Scope.MODELS) or _free(services().gateway.model(name))


@blueprint.post("/chat/completions")
async def chat_completions() -> Response:
    """One chat completion, plain or streamed."""
    if refused := await _refusal(None, Scope.CHAT):
        return refused
    require_json()
    chat = services().gateway.parse_chat(await raw_body())
    g.model = chat.model.name
    # A body may take a minute to arrive; what a credential was worth before it may not be what it is worth now.
    forget_presented()
    return await _refusal(chat.model.tier, Scope.CHAT) or await _relay(chat)


@blueprint.route("", defaults={"path": ""}, strict_slashes=False, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@blueprint.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def unpriced(path: str) -> Response:
    """Everything else may cost money that nobody has counted, so it is refused, never passed through."""
    del path
    if refused := await _refusal(None):
        return refused
    raise NotFound("This route has no price here, so it is not passed on.", code="route_unpriced")


async def _refusal(tier: Tier | None, needed_scope: Scope | None = None) -> Response | None:
    """The recorded answer to a call that the policy does not allow; None for one that it does."""
    decision = await judge(tier, needed_scope)
    if decision.action is Action.ALLOW:
        return None
    response = await answer(decision)
    outcome = Outcome(decision=decision.code, status=response.status_code, reason=decision.detail)
    record_call(call_context(), outcome)
    return response


def _free(document: dict[str, object]) -> Response:
    record_call(call_context(), Outcome(decision=ALLOW, status=200))
    return jsonify(document)


async def _relay(chat: ChatRequest) -> Response:
    here, context, handle = services(), call_context(), RelayHandle()
    assert context.actor is not None
    acting_id, found = context.actor.id, presented_cookie()
    if found is not None:
        here.sessions.seen(found)

    # The record is written when the upstream's bill is known, which may be after the client has gone.
    async def settled(settlement: Settlement) -> None:
        here.in_flight.drop(acting_id, handle)
        record_call(
            context,
            Outcome(
                decision=ALLOW,
                status=settlement.status,
                reason=settlement.code,
                input_tokens=settlement.input_tokens,
                output_tokens=settlement.output_tokens,
                cost_micro_usd=settlement.cost_micro_usd,
            ),
        )

    here.in_flight.add(acting_id, handle)
    try:
        result = await here.gateway.start(chat, on_settled=settled, handle=handle, request_id=context.who.request_id)
    except UpstreamOverloaded:
        here.in_flight.drop(acting_id, handle)
        raise
    response = Response(result.body, status=result.status, headers=dict(result.headers))
    if isinstance(result, StreamAnswer):
        # A stream may last as long as the model speaks; its silences are bounded by the upstream's read timeout.
        response.timeout = None
    return response
