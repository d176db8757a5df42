"""`GET /v1/models` and `GET /v1/models/{id}` in the shape of the OpenAI API."""

from __future__ import annotations

from typing import Any

from boundgate.gateway.prices import ModelPrice, PriceTable


def list_models(table: PriceTable) -> dict[str, Any]:
    """The answer to `GET /v1/models`, in the order of the price table."""
    return {"object": "list", "data": [describe_model(model) for model in table.models.values()]}


def describe_model(model: ModelPrice) -> dict[str, Any]:
    """The answer to `GET /v1/models/{id}`, with a member of ours for tier and prices in micro-dollars."""
    return {
        "id": model.name,
        "object": "model",
        "created": model.created,
        "owned_by": model.owned_by,
        "boundgate": {
            "tier": model.tier.value,
            "price_per_call_micro_usd": model.per_call_micro_usd,
            "input_per_million_micro_usd": model.input_micro_usd_per_million_tokens,
            "output_per_million_micro_usd": model.output_micro_usd_per_million_tokens,
        },
    }
