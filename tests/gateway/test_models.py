from __future__ import annotations

from boundgate.gateway.models import describe_model, list_models
from tests.gateway.fakes import PRICES


def test_models_are_listed_in_the_shape_of_the_openai_api():
    listed = list_models(PRICES)
    assert listed["object"] == "list"
    assert [entry["id"] for entry in listed["data"]] == ["gpt-5.2-mini", "gpt-5.2"]
    assert describe_model(PRICES.model("gpt-5.2-mini")) == listed["data"][0]
    assert listed["data"][0] == {
        "id": "gpt-5.2-mini",
        "object": "model",
        "created": 1_765_411_200,
        "owned_by": "openai",
        "boundgate": {
            "tier": "standard",
            "price_per_call_micro_usd": 0,
            "input_per_million_micro_usd": 250_000,
            "output_per_million_micro_usd": 2_000_000,
        },
    }
