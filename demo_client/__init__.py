"""A client of Boundgate: commands (`python -m demo_client`), and the library that they are made of, to be copied from.

    from demo_client import DPoPAuth, Session

    session = Session.open()                                # what `python -m demo_client login` has left
    httpx.Client(auth=DPoPAuth(session), verify=session.verify)

`dpop.py` signs requests, `oauth.py` fetches tokens, `session.py` keeps them fresh, `keys/` is where the key lives,
`store.py` what lies on disk. docs/clients.md is the guide.
"""

from demo_client.dpop import DPoPAuth
from demo_client.errors import ClientError
from demo_client.keys import create_key
from demo_client.login import Plan, log_in
from demo_client.session import Session
from demo_client.store import Store

__all__ = ["ClientError", "DPoPAuth", "Plan", "Session", "Store", "create_key", "log_in"]
