"""The effective settings, where each came from, and nothing secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from boundgate.cli.environment import variable_of
from boundgate.settings import SECRET_FIELDS, Settings, find_config_file, read_config

_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/?#]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """One setting as it is in force. `value` is fit for JSON and for other people's eyes."""

    name: str
    value: Any
    source: str
    """`option`, `environment`, `file` or `default`."""
    description: str


def effective_settings(settings: Settings, *, config: Path | None, given: Mapping[str, Any]) -> list[Effective]:
    """Every setting in the order of its declaration.

    Args:
        settings: as loaded from the same sources.
        config: the `--config` option.
        given: command-line options by field name; None means "not given".
    """
    options = {name for name, value in given.items() if value is not None}
    written = set(read_config(find_config_file(config, {name: given[name] for name in options})))
    shown = settings.model_dump(mode="json")
    return [
        Effective(
            name=name,
            value=_presentable(name, getattr(settings, name), shown[name]),
            source=_source(name, options, written),
            description=field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _source(name: str, options: set[str], written: set[str]) -> str:
    if name in options:
        return "option"
    variable = variable_of(name)
    names = [present.upper() for present, value in os.environ.items() if value]
    if any(present == variable or present.startswith(f"{variable}__") for present in names):
        return "environment"
    return "file" if name in written else "default"


def _presentable(name: str, value: Any, dumped: Any) -> Any:
    if name in SECRET_FIELDS or isinstance(value, SecretStr):
        return "not set" if value is None else "set"
    return _PASSWORD.sub(r"\1:***@", dumped) if isinstance(dumped, str) else dumped
