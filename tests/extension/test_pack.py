"""Packing: the same sources make the same bytes, and what is named is there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from extension.contents import BROWSERS, FOLDERS, ContentError, contents, references
from extension.pack import run

ROOT = Path(__file__).parents[2]
MANIFEST = {"manifest_version": 3, "name": "x", "version": "1", "background": {"scripts": ["src/background.js"]}}


@pytest.fixture
def source(tmp_path):
    """A small extension that can be packed."""
    root = tmp_path / "source"
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    for browser in BROWSERS:
        (root / f"manifest.{browser}.json").write_text(json.dumps(MANIFEST))
    (root / "src" / "background.js").write_text('import { a } from "./a.js";\n')
    (root / "src" / "a.js").write_text("export const a = 1;\n")
    return root


def pack(*arguments, cwd=ROOT, **environment):
    command = [sys.executable, "-m", "extension.pack", *map(str, arguments)]
    kept = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    done = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_builds_are_equal_whenever_and_from_wherever_they_are_made(tmp_path):
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "extension", copy / "extension", ignore=ignored, copy_function=shutil.copyfile)
    shutil.copyfile(ROOT / "LICENSE", copy / "LICENSE")
    for number, path in enumerate(sorted((copy / "extension").rglob("*"), reverse=True)):
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
        if path.is_file():
            path.chmod(0o755)
    here, there = tmp_path / "here", tmp_path / "there"
    pack("--out", here, TZ="Asia/Kathmandu")
    pack("--out", there, cwd=tmp_path, PYTHONPATH=str(copy), PYTHONHASHSEED="1")
    for browser in BROWSERS:
        name = f"boundgate-extension-{browser}.zip"
        assert (here / name).read_bytes() == (there / name).read_bytes()


def test_the_hashes_that_are_printed_are_those_of_the_packages(tmp_path):
    lines = pack("--out", tmp_path).splitlines()
    assert len(lines) == len(BROWSERS)
    for line in lines:
        digest, _, path = line.partition("  ")
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("which", BROWSERS)
def test_a_package_holds_the_source_as_it_is_and_nothing_else(tmp_path, which):
    pack("--out", tmp_path)
    with zipfile.ZipFile(tmp_path / f"boundgate-extension-{which}.zip") as archive:
        names = archive.namelist()
        assert names == sorted(names)
        for name in set(names) - {"manifest.json", "LICENSE"}:
            assert name.startswith(tuple(f"{folder}/" for folder in FOLDERS))
            assert archive.read(name) == (ROOT / "extension" / name).read_bytes()
    sources = {path.relative_to(ROOT / "extension").as_posix() for path in (ROOT / "extension" / "src").rglob("*.*")}
    assert [name for name in sources - set(names) if not name.endswith(".d.ts")] == []


def test_an_unpacked_build_replaces_the_one_before_and_nothing_else(tmp_path, source):
    out = tmp_path / "unpacked"
    assert run(["--unpacked", str(out)]) == 0
    stale = out / "firefox" / "src" / "stale.js"
    stale.write_text("")
    assert run(["--unpacked", str(out), "--browser", "firefox"]) == 0
    assert not stale.exists()
    (tmp_path / "mine" / "firefox").mkdir(parents=True)
    (tmp_path / "mine" / "firefox" / "letter.txt").write_text("keep")
    assert run(["--unpacked", str(tmp_path / "mine")]) == 1
    assert (tmp_path / "mine" / "firefox" / "letter.txt").read_text() == "keep"


def test_a_managed_build_may_see_its_hosts_and_the_stores_build_sees_none():
    assert "host_permissions" not in json.loads(contents("chromium")["manifest.json"])
    hosts = ["https://ai.example.com/*", "https://*.example.org/*"]
    assert json.loads(contents("firefox", hosts=hosts)["manifest.json"])["host_permissions"] == hosts


@pytest.mark.parametrize(
    "host",
    ["https://*/*", "<all_urls>", "*://*/*", "http://a.example/*", "https://a.example", "https://a.example:8443/*"],
)
def test_a_managed_build_names_its_hosts(host, capsys):
    assert run(["--hosts", host]) == 1
    assert "https://ai.example.com/*" in capsys.readouterr().err


def test_a_settled_id_is_for_chromium_only(tmp_path):
    assert run(["--unpacked", str(tmp_path), "--key", "MFk="]) == 0
    manifests = {name: json.loads((tmp_path / name / "manifest.json").read_text()) for name in BROWSERS}
    assert manifests["chromium"]["key"] == "MFk="
    assert "key" not in manifests["firefox"]
    assert "key" not in json.loads(contents("chromium")["manifest.json"])


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("src/background.js", 'import "./missing.js";', "src/missing.js"),
        ("src/background.js", 'export { a } from "../../a.js";', "a.js"),
        ("src/background.js", 'import a from "structured-headers";', "structured-headers"),
        ("src/background.js", 'import "https://cdn.example/a.js";', "cdn.example"),
        ("src/background.js", 'const a = await import("./a.js");', "at run time"),
        ("src/background.js", 'api.action.setIcon({ path: "icons/none.png" });', "icons/none.png"),
        ("src/page.html", '<script src="page.js"></script>', "src/page.js"),
        ("src/page.html", '<img src="https://cdn.example/a.png">', "cdn.example"),
        ("src/a.js.map", "{}", "a.js.map"),
        ("src/.hidden.js", "", ".hidden.js"),
        ("manifest.firefox.json", json.dumps(MANIFEST | {"icons": {"16": "icons/16.png"}}), "icons/16.png"),
        ("manifest.firefox.json", json.dumps(MANIFEST | {"icons": {"16": "../16.png"}}), "../16.png"),
        ("manifest.firefox.json", json.dumps(MANIFEST | {"default_locale": "en"}), "_locales/en/messages.json"),
        ("manifest.firefox.json", "{", "manifest.firefox.json"),
    ],
)
def test_what_cannot_be_packed_is_refused_by_name(source, name, text, complaint):
    contents("firefox", root=source)
    (source / name).write_text(text)
    with pytest.raises(ContentError, match=complaint.replace(".", r"\.")):
        contents("firefox", root=source)


def test_a_link_that_leads_out_is_refused(source, tmp_path):
    (tmp_path / "secret.js").write_text("")
    (source / "src" / "out.js").symlink_to(tmp_path / "secret.js")
    with pytest.raises(ContentError, match="link"):
        contents("firefox", root=source)


def test_imports_are_read_from_code_and_not_from_comments_or_strings():
    text = """
// import "./commented.js";
/** @type {import("./typed.js").A} */
const pattern = "https://*/*", matcher = /["']/g;
import {
  a,
  b,
} from "../a/b.js";
const said = 'import "./said.js"'; /* import "./also.js" */
export * from "./c.js";
"""
    assert set(references("src/ui/x.js", text)) == {"src/a/b.js", "src/ui/c.js"}


def test_help_teaches():
    text = pack("--help")
    assert "chrome://extensions" in text
    assert "--hosts" in text


def test_the_servers_wheel_has_no_extension_in_it(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0].split("-")[0] for name in archive.namelist()} == {"boundgate"}
