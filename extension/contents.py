"""What the extension consists of: one source, and the manifest of each browser. What is named has to be there."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
BROWSERS = ("firefox", "chromium")
FOLDERS = ("_locales", "icons", "src")
KINDS = frozenset({".js", ".html", ".css", ".json", ".png", ".svg", ".md", ".txt", ""})
HOST = re.compile(r"https://(?:\*\.)?[a-z0-9]+(?:[.-][a-z0-9]+)*/\*")

# Strings are kept and comments are not, for types are imported in comments. A slash that begins a regular expression
# stands after an operator or a space, and no space follows it.
_TOKEN = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`"""
    r"""|(?<=[(,=:\[!&|?{};\s])/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)"""
    r"""|//[^\n]*|/\*.*?\*/""",
    re.DOTALL,
)
_IMPORT = re.compile(r"""^\s*(?:import|export)\b(?:[^;"'`()=]*?\bfrom)?\s*["']([^"']+)["']""", re.MULTILINE)
_DYNAMIC = re.compile(r"\bimport\s*\(|\bimportScripts\s*\(")
# Pages, scripts and icons that the source names to the browser: settled names, not templates.
_RESOURCE = re.compile(r"""["'`]/?((?:src|icons)/[^"'`$\s]+\.[a-z]+)["'`]""")
_LINK = re.compile(r"""\b(?:src|href)\s*=\s*["']([^"'#]+)["']""")


class ContentError(Exception):
    """The extension cannot be packed; the message names the file and what is wrong with it."""


def contents(browser: str, *, hosts: Sequence[str] = (), key: str | None = None, root: Path = ROOT) -> dict[str, bytes]:
    """Everything that the extension for one browser consists of.

    Args:
        browser: one of `BROWSERS`.
        hosts: match patterns (`https://ai.example.com/*`) that the extension may act on from its installation on.
        key: the public key (DER, base64) that settles the extension's id in Chromium.
        root: where the sources are.

    Returns:
        Names with forward slashes, sorted, and bytes.

    Raises:
        ContentError: A file is missing, is of no known kind, or names another that is not packed.
    """
    manifest = _manifest(root / f"manifest.{browser}.json", hosts, key)
    files = dict(_sources(root))
    for name in _named(manifest):
        _require(name, files, f"manifest.{browser}.json")
    for source, text in _texts(files):
        for name in references(source, text):
            _require(name, files, source)
    files["manifest.json"] = (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()
    # Apache-2.0 §4(a): whoever gets a copy gets the licence with it.
    files["LICENSE"] = (ROOT.parent / "LICENSE").read_bytes()
    return dict(sorted(files.items()))


def references(source: str, text: str) -> Iterator[str]:
    """Names, from the root of the extension, of the files that a module or a page loads.

    Raises:
        ContentError: It loads something that is decided at run time, or is not part of the extension.
    """
    module = source.endswith(".js")
    text = without_comments(text) if module else text
    if module and _DYNAMIC.search(text):
        raise ContentError(f"{source} imports at run time; every import has to stand at the top of a module")
    for target in (_IMPORT if module else _LINK).findall(text):
        if not target.startswith(("./", "../") if module else ("./", "../", "/")) and (module or ":" in target):
            raise ContentError(f"{source} loads {target}; only files of the extension can be loaded, by relative paths")
        yield posixpath.normpath(posixpath.join("/", posixpath.dirname(source), target)).lstrip("/")
    if module:
        yield from _RESOURCE.findall(text)


def without_comments(text: str) -> str:
    """A JavaScript module without its comments."""
    return _TOKEN.sub(lambda found: found[1] or " ", text)


def _manifest(path: Path, hosts: Sequence[str], key: str | None) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContentError(f"{path.name} cannot be read: {error}") from error
    for host in hosts:
        if not HOST.fullmatch(host):
            raise ContentError(f"{host!r} is no pattern for hosts; one looks like https://ai.example.com/*")
    granted = [*manifest.get("host_permissions", []), *hosts]
    return manifest | ({"host_permissions": granted} if granted else {}) | ({"key": key} if key else {})


def _sources(root: Path) -> Iterator[tuple[str, bytes]]:
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_symlink() or not path.resolve().is_relative_to(root.resolve()):
                raise ContentError(f"{name} is a link; the files themselves belong here")
            if path.is_dir() or name.endswith(".d.ts"):
                continue
            if path.suffix not in KINDS or path.name.startswith("."):
                raise ContentError(f"{name} does not belong into an extension; remove it")
            yield name, path.read_bytes()


def _texts(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    for name, data in files.items():
        if name.endswith((".js", ".html")):
            yield name, data.decode()


def _named(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Every string of a manifest that is the path of a file: each of our folders begins with one of three names."""
    waiting: list[Any] = [manifest]
    while waiting:
        found = waiting.pop()
        if isinstance(found, (dict, list)):
            waiting.extend(found.values() if isinstance(found, dict) else found)
        elif isinstance(found, str) and (found.startswith(tuple(f"{folder}/" for folder in FOLDERS)) or ".." in found):
            yield found
    if locale := manifest.get("default_locale"):
        yield f"_locales/{locale}/messages.json"


def _require(name: str, files: Mapping[str, bytes], source: str) -> None:
    if name not in files:
        raise ContentError(f"{source} names {name}, which is not part of the extension")
