"""Models and what they cost. All money is whole micro-dollars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from boundgate.errors import NotFound
from boundgate.terms import Tier

TOKENS_PER_PRICE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """One model that callers may use."""

    name: str
    tier: Tier
    owned_by: str
    created: int
    """Unix seconds, as `/v1/models` reports it."""
    context_tokens: int
    max_output_tokens: int
    input_overhead_tokens: int
    """Most tokens that the provider adds to what it is sent: roles, separators, instructions of its own."""
    per_call_micro_usd: int
    input_micro_usd_per_million_tokens: int
    output_micro_usd_per_million_tokens: int


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """What the upstream says that a call used."""

    input_tokens: int
    output_tokens: int


class ExtraType(StrEnum):
    """The JSON type of a field that an operator admits."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    OBJECT = "object"
    ARRAY = "array"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class ExtraField:
    """A request field that an operator admits and declares to be without effect on the price."""

    name: str
    type: ExtraType


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Every model on offer, by name, and the fields that an operator admits, by route."""

    models: Mapping[str, ModelPrice]
    extra_fields: Mapping[str, tuple[ExtraField, ...]] = field(default_factory=dict)

    def model(self, name: str) -> ModelPrice:
        """The model of that exact name.

        Raises:
            NotFound: `model_not_found`; the name is not repeated.
        """
        found = self.models.get(name)
        if found is None:
            raise NotFound(
                "This server has no model of that name. GET /v1/models lists those it has.",
                code="model_not_found",
                param="model",
            )
        return found


def cost(model: ModelPrice, usage: TokenUsage) -> int:
    """What a call costs in micro-dollars, rounded up."""
    tokens = (
        usage.input_tokens * model.input_micro_usd_per_million_tokens
        + usage.output_tokens * model.output_micro_usd_per_million_tokens
    )
    return model.per_call_micro_usd - (-tokens // TOKENS_PER_PRICE)
