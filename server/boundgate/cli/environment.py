"""Environment variables that look like settings and are none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from boundgate.settings import CONFIG_FILE_VARIABLE, ENV_PREFIX, Settings

OTHER_VARIABLES = frozenset({CONFIG_FILE_VARIABLE, "BOUNDGATE_BROWSER"})
"""Variables of ours that are not settings of the server."""


def warnings_for(names: Iterable[str]) -> list[str]:
    """One sentence for each `BOUNDGATE_*` name that nothing reads, with the nearest known one. Values stay unseen."""
    known = {variable_of(field) for field in Settings.model_fields} | OTHER_VARIABLES
    found, endings = [], sorted(name.removeprefix(ENV_PREFIX) for name in known)
    for name in sorted(names):
        # "A__B" sets a member of A, as pydantic-settings has it.
        if not name.upper().startswith(ENV_PREFIX) or name.upper().split("__")[0] in known:
            continue
        near = difflib.get_close_matches(name.upper().removeprefix(ENV_PREFIX), endings, n=1, cutoff=0.6)
        hint = f"did you mean {ENV_PREFIX}{near[0]}?" if near else "`boundgate settings` lists the known ones."
        found.append(f"environment variable {name} is not a setting; {hint}")
    return found


def variable_of(field: str) -> str:
    """The environment variable of a setting."""
    return f"{ENV_PREFIX}{field.upper()}"
