"""`boundgate doctor`: a real Chromium against any DBSC server, and what it made of the server's answers.

`examination` drives the browser over CDP and gathers `evidence`; the browser's net log, read when it has closed, adds
the requests of DBSC itself, which CDP does not show. `steps` judges all of it without a browser.
"""

from boundgate.doctor.doctor import examine_server
from boundgate.doctor.evidence import Order
from boundgate.doctor.steps import Report, Step

__all__ = ["Order", "Report", "Step", "examine_server"]
