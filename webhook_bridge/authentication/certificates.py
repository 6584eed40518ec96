# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon's certificates: fetched once each, and at most a few a minute."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from cryptography import x509

from webhook_bridge.authentication.fetched import Unavailable, get
from webhook_bridge.domain.references import shown

_MOST_IN_A_MINUTE = 5
_MINUTE_S = 60.0
_MOST_KEPT = 64


class Certificates:
    """What was fetched, by address; an address that a stranger makes up costs one fetch at most.

    Only what an address answered with a certificate is kept, so made-up ones push nothing out.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, x509.Certificate] = {}
        self._asked: deque[float] = deque(maxlen=_MOST_IN_A_MINUTE)

    def at(self, url: str) -> x509.Certificate:
        """Return the certificate behind an address that is Amazon's.

        :raises Unavailable: where it cannot be had, or too many were asked for just now.
        """
        known = self._known.get(url)
        if known is not None:
            return known
        with self._lock:
            if url not in self._known:
                self._known[url] = self._fetch(url)
            return self._known[url]

    def _fetch(self, url: str) -> x509.Certificate:
        now = self._clock()
        full = len(self._asked) == _MOST_IN_A_MINUTE and now - self._asked[0] < _MINUTE_S
        if full or len(self._known) >= _MOST_KEPT:
            raise Unavailable(f"{url} is not asked for: too many others were")
        self._asked.append(now)
        try:
            return x509.load_pem_x509_certificate(get(url))
        except ValueError as error:
            raise Unavailable(f"{url} answers no certificate: {shown(str(error))}") from None
