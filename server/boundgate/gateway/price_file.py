"""Reads the price table from TOML, and refuses one that cannot be meant."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from boundgate.gateway.prices import ExtraField, ExtraType, ModelPrice, PriceTable
from boundgate.terms import Tier

ROUTES = ("chat_completions",)

_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$")]
_FieldName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
_Tokens = Annotated[int, Field(ge=1, le=100_000_000)]
_MicroUsd = Annotated[int, Field(ge=0, le=1_000_000_000_000)]


class PriceFileError(Exception):
    """The price table cannot work; the message has one line per problem."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Model(_Entry):
    tier: Annotated[Tier, Field(strict=False)]
    owned_by: Annotated[str, Field(min_length=1, max_length=128)]
    created: Annotated[int, Field(ge=0)] = 0
    context_tokens: _Tokens
    max_output_tokens: _Tokens
    input_overhead_tokens: Annotated[int, Field(ge=0, le=1_000_000)] = 512
    per_call_micro_usd: _MicroUsd
    input_micro_usd_per_million_tokens: _MicroUsd
    output_micro_usd_per_million_tokens: _MicroUsd


class _Extra(_Entry):
    type: Annotated[ExtraType, Field(strict=False)]
    effect: Literal["none"]


class _File(_Entry):
    models: Annotated[dict[_Name, _Model], Field(min_length=1)]
    fields: dict[str, dict[_FieldName, _Extra]] = {}


def load_prices(path: Path | None) -> PriceTable:
    """Read a price table.

    Args:
        path: a TOML file, or None for the table that comes with the package.

    Raises:
        PriceFileError: unreadable, not TOML, or with entries that cannot be meant.
    """
    try:
        file = _File.model_validate(tomllib.loads(_read(path)))
    except tomllib.TOMLDecodeError as error:
        raise PriceFileError(f"{path}: not TOML: {error}") from None
    except ValidationError as error:
        raise PriceFileError("\n".join(_explain(entry) for entry in error.errors())) from None
    if problems := _problems(file):
        raise PriceFileError("\n".join(problems))
    return PriceTable(
        models={name: ModelPrice(name=name, **entry.model_dump()) for name, entry in file.models.items()},
        extra_fields={
            route: tuple(ExtraField(name, entry.type) for name, entry in fields.items())
            for route, fields in file.fields.items()
        },
    )


def _read(path: Path | None) -> str:
    if path is None:
        return resources.files("boundgate.gateway").joinpath("prices.toml").read_text("utf-8")
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise PriceFileError(f"{path}: cannot be read as UTF-8 text ({type(error).__name__})") from None


def _problems(file: _File) -> list[str]:
    problems = [
        f"models.{name}: max_output_tokens must not exceed context_tokens"
        for name, entry in file.models.items()
        if entry.max_output_tokens > entry.context_tokens
    ]
    problems += [
        f"fields.{route}: no such route; known: {', '.join(ROUTES)}" for route in file.fields if route not in ROUTES
    ]
    return problems


def _explain(entry: Any) -> str:  # pydantic's ErrorDetails
    where = ".".join(str(part) for part in entry["loc"] if part != "[key]")
    return f"{where}: {entry['msg']}"
