# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge with its own server and something to show, for programs that come to its API."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.installation import Installation
from tests.support.page_seed import Seed, seed
from tests.support.tag_registry import tag_registry
from webhook_bridge.server import serve as server_module
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")


@dataclass(frozen=True)
class ServedApi:
    """Where the API is, and what it has."""

    url: str
    seeded: Seed
    bridge: Bridge


@contextmanager
def serving_api(folder: Path) -> Iterator[ServedApi]:
    """Serve a bridge that does no work in this process; its registry answers."""
    with tag_registry(**{"latest": V1, "1.4.2": V2, V2: V2}) as registry:
        installation = Installation(folder, registry=registry.host)
        installation.write_app("shop", "api", "blog", "wiki")
        settings = installation.settings()
        bridge = Bridge(settings)
        server = server_module.listening(create_app(bridge), settings)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            yield ServedApi(installation.url, seed(bridge), bridge)
        finally:
            server.close()
            thread.join(10)
            bridge.store.close()
            bridge._lock.release()
