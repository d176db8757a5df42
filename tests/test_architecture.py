"""The direction of design.md §1, read from the imports themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "server" / "boundgate"
LEAVES = {"terms", "clock", "errors", "strict_json", "net", "private_files", "jose"}
ROOMS = {
    "jose",
    "dbsc",
    "dpop",
    "oauth",
    "resource",
    "attestation",
    "protect",
    "doctor",
    "passkeys",
    "gateway",
    "usage",
    "policy",
    "sessions",
    "storage",
    "routes",
    "cli",
}

# What each room may import of ours, itself and the leaves aside. A new arrow is a decision: make it here.
MAY_IMPORT = {
    "dbsc": set(),
    # What was used is remembered by the same memory, behind the same port.
    "dpop": {"dbsc"},
    # Proofs of keys reach it as thumbprints: who verified them is not its business.
    "oauth": set(),
    "attestation": set(),
    # What is presented at the gateway: a token of the one, proved by the other.
    "resource": {"dpop", "oauth"},
    "policy": set(),
    "usage": set(),
    "passkeys": set(),
    "gateway": set(),
    # The protocol is a library below the domains: sessions join it to records.
    "sessions": {"dbsc"},
    # Ports belong to their consumers, so storage looks up to the domains and never the other way.
    "storage": {"dbsc", "sessions", "passkeys", "usage", "oauth", "attestation", "settings"},
    # DBSC for ASGI applications. This server is one of them, and its endpoints are answered there.
    "protect": {"dbsc", "asgi", "storage", "keyring"},
    # It looks at any server from outside, through a browser; of this one it needs the protocol's readers alone.
    "doctor": {"dbsc", "chromium"},
    "routes": {
        "asgi",
        "protect",
        "dbsc",
        "dpop",
        "oauth",
        "attestation",
        "policy",
        "usage",
        "passkeys",
        "gateway",
        "sessions",
        "services",
        "metrics",
    },
}
WEB = {"quart", "hypercorn", "werkzeug", "starlette", "fastapi"}
DATABASE = {"sqlalchemy", "aiosqlite", "alembic", "asyncpg", "redis"}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        yield (relative.parts[0] if len(relative.parts) > 1 else relative.stem), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: a relative import"
            yield from (
                [f"boundgate.{alias.name}" for alias in node.names] if node.module == "boundgate" else [node.module]
            )


def ours(path: Path) -> Iterator[str]:
    """Rooms and modules of the package that a file imports."""
    for name in imports(path):
        if name.startswith("boundgate."):
            yield name.split(".")[1]


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_stands_below_it(room: str) -> None:
    allowed = MAY_IMPORT[room] | LEAVES | {room, "__version__"}
    for name, path in modules():
        if name == room:
            assert set(ours(path)) <= allowed, path


def test_every_room_is_on_the_list() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert rooms == ROOMS


def test_leaves_import_nothing_of_ours_but_leaves() -> None:
    for name, path in modules():
        if name in LEAVES:
            assert set(ours(path)) <= LEAVES, path


def test_only_routes_and_the_application_know_the_web_framework() -> None:
    for name, path in modules():
        # An application that is protected has one framework, and must not need the other.
        adapters = {"quart"} if path == PACKAGE / "protect" / "quart.py" else set()
        adapters |= {"starlette"} if path == PACKAGE / "protect" / "starlette.py" else set()
        if name not in {"routes", "app", "serving", "listening", "process"}:
            assert {module.split(".")[0] for module in imports(path)} & WEB <= adapters, path


def test_only_storage_knows_the_database() -> None:
    # The table of `protect` may be made by an application's own migrations, so it is no part of this server's schema.
    for name, path in modules():
        if name != "storage" and path != PACKAGE / "protect" / "sql.py":
            assert not {module.split(".")[0] for module in imports(path)} & DATABASE, path


def test_domains_take_time_and_randomness_as_arguments() -> None:
    for name, path in modules():
        if name in ROOMS - {"cli"}:
            assert not re.search(r"\btime\.time\(|datetime\.now\(|secrets\.|os\.urandom", path.read_text()), path


def test_files_stay_small() -> None:
    sizes = sorted(len(path.read_text().splitlines()) for _, path in modules())
    assert sizes[-1] <= 400
    assert sizes[len(sizes) // 2] <= 120
