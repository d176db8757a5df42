"""A real Boundgate server under a host name of the laboratory, with siblings beside it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import httpx

from e2e.lab.certificate import LabCertificate
from e2e.support.server import Server


class NamedServer(Server):
    """A server of `https://HOST:PORT`; everything else is as for those on localhost."""

    def __init__(self, data_dir: Path, host: str, certificate: LabCertificate, **settings: object) -> None:
        files = {"tls_cert_file": certificate.cert_file, "tls_key_file": certificate.key_file}
        super().__init__(data_dir, **files, **settings)
        self.host = host
        self.origin = f"https://{host}:{self.port}"

    def post(self, path: str, headers: dict[str, str]) -> httpx.Response:
        """A request of a program, without cookies."""
        return httpx.post(self._address(path), headers=headers | self._own(), verify=False)

    def counted(self, *kinds: str) -> Counter[str]:
        """How often each outcome of these kinds has been recorded by now."""
        return Counter(outcome for kind in kinds for outcome in self.recorded(kind))

    def _mark(self) -> httpx.Response:
        return httpx.get(self._address("/mark"), headers=self._own(), verify=False)

    def _address(self, path: str) -> str:
        # Only browsers know the laboratory's names.
        return f"https://127.0.0.1:{self.port}{path}"

    def _own(self) -> dict[str, str]:
        return {"Host": f"{self.host}:{self.port}"}
