"""The list of fields of one route: which are accepted, in which shape, and what each does to the price.

A route of its own is one more `FieldTable`; nothing else in the gateway names fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from boundgate.errors import BadRequest
from boundgate.gateway import shapes
from boundgate.gateway.prices import ExtraField, ExtraType
from boundgate.gateway.shapes import Check

INT64 = 2**63


class Effect(StrEnum):
    """What a field does to the price. The bytes of every field that is sent count as input in any case."""

    NONE = "none"
    SELECTS_PRICE = "selects_price"
    BOUNDS_OUTPUT = "bounds_output"
    MULTIPLIES_OUTPUT = "multiplies_output"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One accepted field. `sent` is false for fields that stop here."""

    check: Check
    effect: Effect = Effect.NONE
    required: bool = False
    sent: bool = True


@dataclass(frozen=True, slots=True)
class CheckedFields:
    """A request whose every field is on the list."""

    sent: dict[str, Any]
    """What goes upstream, in the order in which it came; absent and null fields are left out."""
    output_limit: int | None
    """The caller's own limit per choice, in tokens."""
    output_factor: int
    """How many outputs one call makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldTable:
    """The fields of one route. `refused` holds sentences for well-known names that are not accepted."""

    route: str
    fields: Mapping[str, Field]
    refused: Mapping[str, str] = field(default_factory=dict)

    def extended(self, extra: Iterable[ExtraField]) -> FieldTable:
        """This table and the fields that an operator admits.

        Raises:
            ValueError: an extra field would redefine one of the table's own.
        """
        added = {entry.name: Field(check=_EXTRA_CHECKS[entry.type]) for entry in extra}
        if clash := sorted(added.keys() & self.fields.keys()):
            raise ValueError(f"fields.{self.route}: already on the list, and cannot be redefined: {', '.join(clash)}")
        return replace(self, fields={**self.fields, **added})

    def check(self, request: Mapping[str, Any]) -> CheckedFields:
        """Check every field of a request.

        Raises:
            BadRequest: a field has an unacceptable value, is missing, or contradicts another.
            UnknownParameter: a field, at any depth, is on no list.
        """
        checked = {
            name: spec.check(value, name)
            for name, value in request.items()
            if (spec := self._spec(name)).required or value is not None
        }
        for name, spec in self.fields.items():
            if spec.required and name not in checked:
                raise BadRequest(f"{name} is missing.", param=name)
        factor = 1
        for name in self._with(Effect.MULTIPLIES_OUTPUT, checked):
            factor *= checked[name]
        return CheckedFields(
            sent={name: value for name, value in checked.items() if self.fields[name].sent},
            output_limit=self._output_limit(checked),
            output_factor=factor,
        )

    def _spec(self, name: str) -> Field:
        spec = self.fields.get(name)
        if spec is None:
            raise shapes.unknown(shapes.member("", name), self.refused.get(name, ""))
        return spec

    def _with(self, effect: Effect, checked: Mapping[str, Any]) -> list[str]:
        return [name for name in checked if self.fields[name].effect is effect]

    def _output_limit(self, checked: Mapping[str, Any]) -> int | None:
        names = self._with(Effect.BOUNDS_OUTPUT, checked)
        if len(names) > 1:
            raise BadRequest(f"Give {' or '.join(names)}, not both.", param=names[1])
        return int(checked[names[0]]) if names else None


_EXTRA_CHECKS: Mapping[ExtraType, Check] = {
    ExtraType.STRING: shapes.text(),
    ExtraType.NUMBER: shapes.number(-1e300, 1e300),
    ExtraType.INTEGER: shapes.integer(-INT64, INT64 - 1),
    ExtraType.BOOLEAN: shapes.boolean,
    ExtraType.OBJECT: shapes.json_object,
    ExtraType.ARRAY: shapes.json_array,
    ExtraType.ANY: shapes.anything,
}
