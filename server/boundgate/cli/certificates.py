"""`boundgate certificates`: what the server shows to browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from boundgate.cli.options import AsJson, ConfigFile, DataDir, settings_from
from boundgate.cli.output import note, show_json, show_table
from boundgate.clock import system_clock

if TYPE_CHECKING:
    from boundgate.certificates import TlsFiles

app = typer.Typer(help="The TLS certificate.", no_args_is_help=True)


@app.command()
def show(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show the certificate's names, life and SPKI hash. A missing development certificate is made."""
    from boundgate.certificates import tls_files  # noqa: PLC0415 - loads the cryptography library

    _show(tls_files(settings_from(config, data_dir=data_dir), clock=system_clock), as_json=as_json)


@app.command()
def renew(data_dir: DataDir = None, config: ConfigFile = None) -> None:
    """Make a new development certificate. A running server shows it after a restart."""
    from boundgate.certificates import CertificateError, development_certificate  # noqa: PLC0415

    settings = settings_from(config, data_dir=data_dir)
    if not settings.development_tls:
        raise CertificateError("this certificate is the operator's (tls_cert_file). Renew it where it was issued.")
    _show(development_certificate(settings.data_dir / "tls", clock=system_clock, renew=True), as_json=False)
    note("Restart the server to use it.")


def _show(files: TlsFiles, *, as_json: bool) -> None:
    facts = {
        "kind": "development" if files.development else "configured",
        "names": list(files.names),
        "not_after": f"{files.not_after:%Y-%m-%dT%H:%M:%SZ}",
        "spki_sha256": files.spki_sha256,
        "cert_file": str(files.cert_file),
    }
    if as_json:
        show_json(facts)
        return
    rows = [(name, ", ".join(value) if isinstance(value, list) else value) for name, value in facts.items()]
    show_table(("certificate", ""), rows)
