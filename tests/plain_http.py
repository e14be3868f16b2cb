"""httpx against servers on this machine: what never speaks TLS has nobody to trust, and loads no certificates.

To load them takes longer than many of the tests that only want to look at a server.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import httpx

get: Final = partial(httpx.get, verify=False)
post: Final = partial(httpx.post, verify=False)
request: Final = partial(httpx.request, verify=False)
Client: Final = partial(httpx.Client, verify=False)
AsyncClient: Final = partial(httpx.AsyncClient, verify=False)
