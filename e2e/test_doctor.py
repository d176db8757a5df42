"""`boundgate doctor` as a process, with real Chromium, against servers with each typical fault."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from boundgate.doctor import examine_server
from boundgate.doctor.browser import Page, Start, open_page
from boundgate.doctor.evidence import Evidence, Order
from boundgate.doctor.examination import Examination
from boundgate.doctor.judging import judge
from boundgate.doctor.net_log import read_net_log
from boundgate.doctor.steps import NEEDED, Report
from e2e.lab.certificate import LabCertificate, lab_certificate
from e2e.lab.site import Site
from e2e.lab.stub import Rule, running_stub
from e2e.lab.wire import Answer, Seen, challenge, json_answer, offer, page
from e2e.support.server import ROOT, Server, free_port

BOUND = "__Host-bound"
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
KEYS = {"name", "ok", "browser_error", "explanation", "fix"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> LabCertificate:
    return lab_certificate(tmp_path_factory.mktemp("doctor"))


@pytest.fixture
def site(certificate: LabCertificate) -> Iterator[Site]:
    """A server on localhost that does everything right: the next challenge ahead, a new value with each refresh."""
    with running_stub(certificate) as stub:
        site = Site(stub, "localhost")
        numbers = itertools.count(10)
        site.on("/login", page(offer("/dbsc/register")))
        site.on("/dbsc/register", lambda _: right(next(numbers)))
        site.on("/dbsc/refresh", lambda seen: right(next(numbers)) if seen.proof else asked(next(numbers)))
        yield site


def right(
    number: int, *, attributes: str = ATTRIBUTES, cookie: str = ATTRIBUTES, life: int = 400, **changes: Any
) -> Answer:
    """Instructions, the bound cookie and the next challenge."""
    document = {
        "session_identifier": "s1",
        "refresh_url": "/dbsc/refresh",
        "scope": {"include_site": False},
        "credentials": [{"type": "cookie", "name": BOUND, "attributes": attributes}],
    }
    fresh = ("Set-Cookie", f"{BOUND}=v{number}; {cookie}; Max-Age={life}")
    return json_answer(document | changes, fresh, challenge(f"next-{number}"))


def unchallenged(*challenges: str) -> Answer:
    """The right answer with other challenges, or with none."""
    answer = right(next(_NUMBERS))
    return replace(answer, headers=(*answer.headers[:-1], *map(challenge, challenges)))


def asked(number: int) -> Answer:
    return Answer(403, (challenge(f"again-{number}"),))


class Examined:
    """One run of the command."""

    def __init__(self, *words: str, cwd: Path, stdin: str | None = None) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "boundgate", "doctor", *words],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(ROOT / "server")},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert "Traceback" not in self.err + self.out

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.out)
        assert report.keys() == {"ok", "steps"}
        for step in report["steps"]:
            assert step.keys() == KEYS
            assert step["explanation"].endswith(".")
            assert (step["fix"] is None) == step["ok"]
        assert self.status == (0 if report["ok"] else 1)
        return report

    def step(self, name: str) -> dict[str, Any]:
        (found,) = [step for step in self.report["steps"] if step["name"] == name]
        return dict(found)

    @property
    def broken(self) -> list[str]:
        """Steps that were reached and are not ok."""
        return [
            s["name"] for s in self.report["steps"] if not s["ok"] and not s["explanation"].startswith("Not reached")
        ]


@pytest.fixture
def examine(site: Site, certificate: LabCertificate, tmp_path: Path) -> Callable[..., Examined]:
    """Runs the command on the server, whose certificate it trusts."""

    def run(*words: str) -> Examined:
        return Examined(site.url(), "--login", "/login", "--trust-spki", certificate.spki, *words, cwd=tmp_path)

    return run


def test_a_server_that_does_everything_right(examine: Callable[..., Examined], site: Site) -> None:
    examined = examine("--json")
    assert examined.report["ok"], examined.out
    assert [step["name"] for step in examined.report["steps"] if not step["ok"]] == []
    assert "1, 1" in examined.step("round_trips")["explanation"]
    assert len(site.seen("/dbsc/refresh")) == 2
    assert "3 of the 6" in examined.step("signing_quota")["explanation"]
    assert "Opening" in examined.err


FAULTS: dict[str, tuple[dict[str, Answer | Rule], dict[str, str | None]]] = {
    # what the server does, and which steps break with which name
    "the cookie's SameSite is not the credential's": (
        {
            "/dbsc/register": lambda _: right(1, cookie=ATTRIBUTES.replace("Lax", "Strict")),
            "/dbsc/refresh": lambda _: right(2, cookie=ATTRIBUTES.replace("Lax", "Strict")),
        },
        {"cookie": None, "refresh": None, "second_refresh": None},
    ),
    "Max-Age among the attributes": (
        {"/dbsc/register": right(1, attributes=f"{ATTRIBUTES}; Max-Age=400")},
        {"registration": "InvalidCredentialsCookieUnpermittedAttribute"},
    ),
    "401 at a refresh": (
        {"/dbsc/refresh": Answer(401, body=b"please sign in")},
        {"refresh": "PersistentHttpError", "session": "RefreshFatalError"},
    ),
    "a challenge without its id": (
        {
            "/dbsc/register": replace(right(1), headers=right(1).headers[:-1]),
            "/dbsc/refresh": Answer(403, (("Secure-Session-Challenge", '"nonce"'),)),
        },
        {"refresh": "InvalidChallenge", "session": "RefreshFatalError"},
    ),
    "the whole site included on localhost": (
        {"/dbsc/register": right(1, scope={"include_site": True})},
        {"registration": "InvalidScopeIncludeSite"},
    ),
    "instructions that are no JSON": (
        {"/dbsc/register": right(1).having(body=b"<!doctype html>Please sign in.")},
        {"registration": "InvalidConfigJson"},
    ),
    "403 at a registration": (
        {"/dbsc/register": Answer(403, (challenge("nonce"),))},
        {"registration": "RegistrationAttemptedChallenge"},
    ),
    "5xx at a refresh": (
        {"/dbsc/refresh": Answer(503)},
        {"refresh": "TransientHttpError", "second_refresh": "TransientHttpError"},
    ),
    "continue: false at a refresh": (
        {"/dbsc/refresh": json_answer({"session_identifier": "s1", "continue": False})},
        {"refresh": "ServerRequestedTermination", "session": "ServerRequested"},
    ),
    "the same challenge again and again, never satisfied": (
        {"/dbsc/refresh": lambda _: asked(next(_NUMBERS))},
        {"refresh": "TooManyChallenges", "session": "RefreshFatalError"},
    ),
    "a cookie that lives for a minute": (
        {"/dbsc/register": right(1, life=60)},
        {"cookie_life": None},
    ),
    "a value that never changes": (
        {
            "/dbsc/register": lambda _: right(1).having(challenge(f"c{next(_NUMBERS)}")),
            "/dbsc/refresh": lambda _: right(1).having(challenge(f"c{next(_NUMBERS)}")),
        },
        {"rotation": None},
    ),
    "an offer without a path": (
        {"/login": page(("Secure-Session-Registration", '(ES256);challenge="c1"'))},
        {"offer_syntax": None},
    ),
    "an offer without a challenge": (
        {"/login": page(("Secure-Session-Registration", '(ES256);path="/dbsc/register"'))},
        {"offer_syntax": None, "proof": None},
    ),
    "no proof is wanted": (
        {"/dbsc/register": lambda _: unchallenged(), "/dbsc/refresh": lambda _: unchallenged()},
        {"proof": None},
    ),
    "one challenge for ever": (
        {"/dbsc/register": lambda _: unchallenged("same"), "/dbsc/refresh": lambda _: unchallenged("same")},
        {"proof": None},
    ),
    "no offer": ({"/login": page()}, {"offer": None}),
    "no scope": ({"/dbsc/register": right(1, scope=None)}, {"registration": "MissingScope"}),
}
_NUMBERS = itertools.count(100)


@pytest.mark.parametrize(("answers", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_and_explained(
    answers: dict[str, Answer | Rule], expected: dict[str, str | None], examine: Callable[..., Examined], site: Site
) -> None:
    for path, answer in answers.items():
        site.on(path, answer)
    examined = examine("--json")
    assert examined.broken == list(expected), examined.out
    for name, error in expected.items():
        assert examined.step(name)["browser_error"] == error
    needed = [step for step in examined.report["steps"] if step["name"] in NEEDED]
    assert examined.report["ok"] == all(step["ok"] for step in needed)


def test_two_round_trips_are_counted_and_no_fault(examine: Callable[..., Examined], site: Site) -> None:
    site.on("/dbsc/register", lambda _: unchallenged())
    site.on("/dbsc/refresh", lambda seen: unchallenged() if seen.proof else asked(next(_NUMBERS)))
    examined = examine("--json")
    assert examined.report["ok"], examined.out
    assert "2, 2" in examined.step("round_trips")["explanation"]
    assert "second round trip" in examined.step("next_challenge")["explanation"]


def test_the_report_for_people_says_the_same(examine: Callable[..., Examined]) -> None:
    examined = examine()
    assert examined.status == 0
    assert "Registration and refresh work; there is nothing to repair." in examined.out
    assert "ok registration" in examined.out


def test_an_unknown_certificate_names_the_key_to_trust(site: Site, certificate: LabCertificate, tmp_path: Path) -> None:
    examined = Examined(site.url(), "--json", cwd=tmp_path)
    assert examined.broken == ["page"]
    page_step = examined.step("page")
    assert page_step["browser_error"].startswith("net::ERR_CERT_")
    assert f"--trust-spki {certificate.spki}" in page_step["fix"]


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    examined = Examined(f"https://localhost:{free_port()}/", "--json", cwd=tmp_path)
    assert examined.broken == ["page"]
    assert examined.step("page")["browser_error"] == "net::ERR_CONNECTION_REFUSED"


def test_plain_http_on_localhost(site: Site, tmp_path: Path) -> None:
    examined = Examined(site.url().replace("https:", "http:"), "--json", cwd=tmp_path)
    assert examined.broken == ["address"]
    assert site.seen() == []


def test_a_signed_in_cookie_may_be_given(examine: Callable[..., Examined], site: Site) -> None:
    site.on("/login", lambda seen: page(offer("/dbsc/register")) if seen.cookies.get("sid") == "of=me" else Answer(401))
    assert examine("--json").step("login")["explanation"].endswith("answered 401.")
    assert examine("--json", "--cookie", "sid=of=me", "--cookie", "b=2").report["ok"]


def test_the_certificate_of_a_boundgate_server_is_found_in_run_json(
    site: Site, certificate: LabCertificate, tmp_path: Path
) -> None:
    facts = {"url": site.origin, "spki_sha256": certificate.spki, "enrolment_url": None, "pid": 1}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "run.json").write_text(json.dumps(facts))
    examined = Examined(site.url(), "--login", "/login", "--data-dir", "data", "--json", cwd=tmp_path)
    assert examined.report["ok"], examined.out


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing_behind(
    sent: signal.Signals, site: Site, certificate: LabCertificate, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Chromium keeps a socket in its profile, whose path may have a hundred characters and no more.
    tmp_path = tmp_path_factory.mktemp("t", numbered=True)
    hold = threading.Event()
    site.on("/login", replace(page(), hold=hold))
    command = [sys.executable, "-m", "boundgate", "doctor", site.url(), "--login", "/login"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "server"), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [*command, "--trust-spki", certificate.spki], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        site.stub.wait_for("localhost", "/login")
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    hold.set()
    assert process.returncode == 130
    assert out == b""
    assert b"Traceback" not in err
    assert list(tmp_path.iterdir()) == []
    running = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not any(os.fsencode(tmp_path) in line for line in running), "the browser is still there"


def test_two_cookies_and_an_rsa_key(examine: Callable[..., Examined], site: Site) -> None:
    def both(_: Seen) -> Answer:
        number = next(_NUMBERS)
        names = (BOUND, "__Host-other")
        credentials = [{"type": "cookie", "name": name, "attributes": ATTRIBUTES} for name in names]
        other = ("Set-Cookie", f"__Host-other={number}; {ATTRIBUTES}; Max-Age=500")
        return right(number, credentials=credentials).having(other)

    site.on("/login", page(offer("/dbsc/register", algorithms="RS256")))
    site.on("/dbsc/register", both)
    site.on("/dbsc/refresh", both)
    examined = examine("--json")
    assert examined.broken == [], examined.out
    assert "__Host-other" in examined.step("instructions")["explanation"]


def test_a_session_of_a_whole_site_is_examined_at_its_own_origin(site: Site, certificate: LabCertificate) -> None:
    below, whole = Site(site.stub, "app.whole.test"), Site(site.stub, "whole.test")
    for host in (below, whole):
        host.on("/login", page(offer("/dbsc/register")))
        host.on("/dbsc/register", lambda _: shared(next(_NUMBERS), whole.origin))
        host.on("/dbsc/refresh", lambda _: shared(next(_NUMBERS), whole.origin))
    whole.on("/.well-known/device-bound-sessions", json_answer({"registering_origins": [below.origin]}))
    report = examined_with_switches(below, certificate)
    assert [step for step in report.steps if not step.ok] == []
    assert whole.seen("/boundgate-doctor")

    whole.on("/.well-known/device-bound-sessions", json_answer({"registering_origins": []}))
    refused = next(step for step in examined_with_switches(below, certificate).steps if step.name == "registration")
    assert refused.browser_error == "SubdomainRegistrationUnauthorized"


def shared(number: int, origin: str) -> Answer:
    attributes = "Domain=whole.test; Path=/; Secure; HttpOnly; SameSite=Lax"
    credentials = [{"type": "cookie", "name": "__Secure-bound", "attributes": attributes}]
    fresh = ("Set-Cookie", f"__Secure-bound=v{number}; {attributes}; Max-Age=400")
    scope = {"origin": origin, "include_site": True}
    document = {"session_identifier": "s1", "scope": scope, "refresh_url": "/dbsc/refresh", "credentials": credentials}
    return json_answer(document, fresh, challenge(f"next-{number}"))


def examined_with_switches(site: Site, certificate: LabCertificate) -> Report:
    switches = ["--host-resolver-rules=MAP *.test 127.0.0.1"]
    order = Order(url=site.url(), login="/login", spki=certificate.spki, switches=switches)
    return examine_server(order, tell=lambda _: None)


@pytest.mark.parametrize("comes", [True, False])
def test_a_person_may_take_a_while_to_sign_in(site: Site, certificate: LabCertificate, comes: bool) -> None:
    person = "<script>setTimeout(() => location = '/login', 3000)</script>" if comes else ""
    site.on("/", page(html=person))
    evidence = Evidence(Order(url=site.url(), window=True, wait_seconds=30 if comes else 2))
    with open_page(Start(spki=certificate.spki)) as tab:
        Examination(tab, evidence.order, tell=lambda _: None, evidence=evidence).run()
    report = judge(evidence)
    assert report.ok == comes
    assert [step.name for step in report.steps if not step.ok][:1] == ([] if comes else ["offer"])


def test_boundgate_itself_passes_its_own_examination(
    start_server: Callable[..., Server], spki: str, tmp_path: Path
) -> None:
    server = start_server()
    evidence = Evidence(Order(url=f"{server.origin}/playground", spki=spki))
    net_log = tmp_path / "net-log.json"
    with open_page(Start(spki=spki, net_log=net_log)) as tab:
        enrol(tab, server.invite("doctor"), f"{server.origin}/playground")
        Examination(tab, evidence.order, tell=lambda _: None, evidence=evidence).run()
    evidence.exchanges = read_net_log(net_log)
    report = judge(evidence)
    assert [step for step in report.steps if not step.ok] == []
    assert server.recorded("dbsc.refresh") == ["ok", "ok"]


def enrol(tab: Page, link: str, goal: str) -> None:
    """Create a passkey with a virtual authenticator, which signs in as well."""
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    tab.call("WebAuthn.enable")
    tab.call("WebAuthn.addVirtualAuthenticator", {"options": options})
    tab.call("Page.navigate", {"url": link})
    arrive = f"location.href === {goal!r} || document.querySelector('#enrol-button:enabled')?.click()"
    assert tab.pipe.wait(lambda: tab.script(arrive) or None, seconds=20), tab.script("document.body.innerText")
