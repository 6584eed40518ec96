# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's own server with its pages, in this process, with a visitor who has signed in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.installation import Installation
from tests.support.visiting import visiting
from webhook_bridge.server import serve as server_module
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app


@contextmanager
def serving_pages(folder: Path, *apps: str) -> Iterator[tuple[str, Bridge]]:
    """Serve a bridge that does no work; yields its address, and the bridge."""
    installation = Installation(folder)
    installation.write_app(*apps)
    settings = installation.settings()
    bridge = Bridge(settings)
    app = create_app(bridge)
    visiting(app)
    server = server_module.listening(app, settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield installation.url, bridge
    finally:
        server.close()
        thread.join(60)
        bridge.store.close()
        bridge._lock.release()
