# SPDX-License-Identifier: GPL-3.0-or-later
"""Which proxy a request to another host goes by: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.

Docker, boto3 and pip read the same variables, in upper or lower case.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy


def proxy_for(url: str) -> str | None:
    """Return the URL of the proxy of the environment for this one; None: it is asked directly.

    This machine itself is never asked by a proxy (as Go's programs do it, Docker among them).
    """
    if _is_this_machine(urlsplit(url).hostname or ""):
        return None
    return select_proxy(url, get_environ_proxies(url)) or None


def shown_proxy(proxy: str) -> str:
    """Return its address without the login that may be in it."""
    return proxy.rpartition("@")[2].rpartition("://")[2].partition("/")[0]


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
