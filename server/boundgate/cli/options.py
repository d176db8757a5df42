"""Options that several commands share, and the settings that come of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from boundgate.cli.environment import warnings_for
from boundgate.cli.output import complain
from boundgate.settings import Settings, load_settings

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Database, keys, certificates and run.json.", show_default=".boundgate"),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="TOML file with settings.", show_default="<data-dir>/boundgate.toml")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def settings_from(config: Path | None, **overrides: Any) -> Settings:
    """The settings of this run; misspelt environment variables are named on standard error.

    Raises:
        SettingsError: they cannot work.
    """
    for warning in warnings_for(os.environ):
        complain(f"warning: {warning}")
    return load_settings(config_file=config, **overrides)
