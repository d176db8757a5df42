"""Two manifests over one source, and what stores and reviewers ask of them."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from extension.contents import BROWSERS, contents, without_comments

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "extension"
DIFFERENT = {
    "firefox": {"background", "browser_specific_settings", "permissions"},
    "chromium": {"background", "minimum_chrome_version", "permissions"},
}
AT_INSTALLATION = {"host_permissions", "content_scripts", "web_accessible_resources", "externally_connectable", "key"}
ONLY_IN = {"firefox": {"webRequestBlocking"}, "chromium": {"alarms", "scripting"}}
LOCALES = sorted(path.name for path in (EXTENSION / "_locales").iterdir())
PLACEHOLDER = re.compile(r"\$[A-Z]+\$")
PERMISSION_ROW = re.compile(r"^\| `([^`]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
# How an API is named in code, whatever holds it. `activeTab` is used by pressing the button, `webRequestBlocking` by
# asking for blocking.
USES = {
    "activeTab": r"\.tabs\.query\(",
    "alarms": r"\.alarms\.create\(",
    "cookies": r"\.cookies\.getAll\(",
    "declarativeNetRequestWithHostAccess": r"\bupdateSessionRules\(",
    "scripting": r"\.scripting\.registerContentScripts\(",
    "storage": r"\.storage\.local\b",
    "webRequest": r"\.webRequest\.onHeadersReceived\b",
    "webRequestBlocking": r"""["']blocking["']""",
    "https://*/*": r"\.permissions\.request\(",
}


def manifest(browser):
    return json.loads((EXTENSION / f"manifest.{browser}.json").read_text())


def modules():
    for path in sorted((EXTENSION / "src").rglob("*.js")):
        yield path, without_comments(path.read_text())


def ours():
    yield from ((path, text) for path, text in modules() if "vendor" not in path.parts)


def messages(locale):
    return json.loads((EXTENSION / "_locales" / locale / "messages.json").read_text())


def permissions(browser):
    found = manifest(browser)
    return {*found["permissions"], *found["optional_host_permissions"]}


def test_the_manifests_agree_but_for_what_the_browsers_read_differently():
    firefox, chromium = manifest("firefox"), manifest("chromium")
    assert {key for key in firefox if firefox[key] != chromium.get(key)} == DIFFERENT["firefox"]
    assert {key for key in chromium if chromium[key] != firefox.get(key)} == DIFFERENT["chromium"]
    assert permissions("firefox") - permissions("chromium") == ONLY_IN["firefox"]
    assert permissions("chromium") - permissions("firefox") == ONLY_IN["chromium"]
    assert firefox["background"]["scripts"] == [chromium["background"]["service_worker"]]


def test_it_has_the_servers_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {manifest(browser)["version"] for browser in BROWSERS} == {project["version"]}


@pytest.mark.parametrize("which", BROWSERS)
def test_it_may_see_no_site_before_its_user_says_so(which):
    found = manifest(which)
    assert not AT_INSTALLATION & set(found)
    assert found["optional_host_permissions"] == ["https://*/*"]
    assert found["incognito"] == "not_allowed"


@pytest.mark.parametrize("which", BROWSERS)
def test_its_pages_load_nothing_from_elsewhere_and_run_no_text(which):
    policy = manifest(which)["content_security_policy"]["extension_pages"]
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["connect-src"] == "https:"
    assert "unsafe" not in policy


def test_every_permission_is_explained_and_every_explained_one_is_asked_for():
    rows = PERMISSION_ROW.findall((EXTENSION / "PERMISSIONS.md").read_text())
    explained = {name: browsers for name, browsers, *_ in rows if name != "permission"}
    for browser in BROWSERS:
        named = {name for name, browsers in explained.items() if browsers in {"both", browser.capitalize()}}
        assert named == permissions(browser)


@pytest.mark.parametrize("permission", sorted(permissions("firefox") | permissions("chromium")))
def test_every_permission_is_used(permission):
    assert any(re.search(USES[permission], text) for _, text in ours())


def test_no_code_is_made_of_text_or_fetched():
    made = re.compile(r"\beval\s*\(|\bnew Function\b|set(?:Timeout|Interval)\(\s*[\"'`]|importScripts|createObjectURL")
    assert [path.name for path, text in modules() if made.search(text)] == []


def test_nothing_is_put_into_a_page_as_markup():
    markup = re.compile(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|setHTMLUnsafe)\b|document\.write|srcdoc")
    assert [path.name for path, text in ours() if markup.search(text)] == []


def test_pages_hold_no_script_and_no_style_of_their_own():
    pages = sorted((EXTENSION / "src").rglob("*.html"))
    assert {page.name for page in pages} >= {"popup.html", "options.html", "welcome.html"}
    for page in pages:
        text = page.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text), page.name


def test_every_module_is_type_checked():
    unchecked = [path.name for path, _ in ours() if not path.read_text().startswith("// @ts-check\n")]
    assert unchecked == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_there_in_every_language(locale):
    english, other = messages("en"), messages(locale)
    assert set(other) == set(english)
    for name, entry in english.items():
        said, translated = entry["message"], other[name]["message"]
        assert translated.strip(), name
        assert set(PLACEHOLDER.findall(translated)) == set(PLACEHOLDER.findall(said)), name
        assert other[name].get("placeholders", {}).keys() == entry.get("placeholders", {}).keys(), name


@pytest.mark.parametrize("locale", LOCALES)
def test_stores_take_its_name_and_description(locale):
    assert len(messages(locale)["ext_name"]["message"]) <= 45
    assert len(messages(locale)["ext_description"]["message"]) <= 132


@pytest.mark.parametrize("which", BROWSERS)
def test_every_text_that_is_named_exists(which):
    known = set(messages("en"))
    texts = [data.decode() for name, data in contents(which).items() if name.endswith((".json", ".html"))]
    named = {found for text in texts for found in re.findall(r"__MSG_(\w+)__", text)}
    named |= {found for text in texts for found in re.findall(r'data-t(?:-[a-z]+)?="(\w+)"', text)}
    assert named <= known


def test_what_the_guide_quotes_is_what_the_extension_says():
    guide = (ROOT / "docs" / "extension.md").read_text().split("## Troubleshooting")[1].split("\n## ")[0]
    said = {entry["message"] for entry in messages("en").values()}
    rows = re.findall(r'^\| "([^"]+)" \|', guide, re.MULTILINE)
    assert len(rows) > 4
    assert [text for text in rows if text not in said] == []
