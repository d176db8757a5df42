"""One examination from beginning to end: the browser's life, the evidence, the report."""

from __future__ import annotations

import base64
import hashlib
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from boundgate.dbsc.hosts import read_origin
from boundgate.doctor.browser import Start, open_page
from boundgate.doctor.evidence import Evidence, Order
from boundgate.doctor.examination import Examination, Tell
from boundgate.doctor.judging import judge
from boundgate.doctor.net_log import read_net_log
from boundgate.doctor.pipe import BrowserGone, BrowserSilent, CommandRefused
from boundgate.doctor.steps import Report

LOOK_SECONDS = 5.0


def examine_server(order: Order, *, tell: Tell) -> Report:
    """Examine a server with a browser of its own.

    Args:
        order: what to examine.
        tell: is told in a few words what happens next.

    Raises:
        BrowserError: there is no browser, or it cannot be started.
    """
    evidence = Evidence(order)
    origin = read_origin(order.url)
    if origin is not None and origin.scheme == "https":
        _gather(evidence, tell)
    return judge(evidence)


def _gather(evidence: Evidence, tell: Tell) -> None:
    order = evidence.order
    tell("Starting the browser")
    with tempfile.TemporaryDirectory(prefix="boundgate-doctor-") as directory:
        net_log = Path(directory) / "net-log.json"
        start = Start(spki=order.spki, window=order.window, switches=order.switches, net_log=net_log)
        with open_page(start) as page:
            try:
                Examination(page, order, tell=tell, evidence=evidence).run()
            except (BrowserGone, BrowserSilent) as failure:
                evidence.gone = failure.detail
            except CommandRefused as refused:  # for instance because somebody closed the tab
                evidence.gone = f"the browser refused a command: {refused}."
            tell("Closing the browser")
        evidence.exchanges = read_net_log(net_log)
    if evidence.page is not None and (evidence.page.error or "").startswith("net::ERR_CERT"):
        evidence.served_spki = _served_spki(order.url)


def _served_spki(url: str) -> str | None:
    """The hash of the key that a server shows, which nobody has verified; None where it shows none."""
    origin = read_origin(url)
    if origin is None:
        return None
    try:
        pem = ssl.get_server_certificate((origin.host.strip("[]"), origin.port), timeout=LOOK_SECONDS)
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    except (OSError, ValueError):
        return None
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()
