# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve the application with waitress, and end in good order on a signal."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from types import FrameType

from flask import Flask

from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.inbound import LARGEST_BODY
from webhook_bridge.errors import LongshoreError
from webhook_bridge.server.body_limit import body_limit
from webhook_bridge.server.channels import RoomyServer, connection_limit
from webhook_bridge.server.strict_http import LARGEST_HEADERS
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app
from webhook_bridge.web.pages.warming import warm

_log = logging.getLogger(__name__)
_SLOWEST_REQUEST_S = 10
# How long a thread that computes keeps others from Python's lock that have just read from a
# connection or the disk: a delivery needs it several times over, and Python's own 5 ms add up.
_TURN_S = 0.001


class _Stopped(SystemExit):
    """A signal asked the server to end: waitress swallows every error that is no SystemExit."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; a second one ends the process at once."""
    bridge = Bridge(settings)
    app = create_app(bridge)
    try:
        server = listening(app, settings)
    except (OSError, ValueError) as error:
        raise LongshoreError(
            f"{settings.file}: server.listen: cannot listen on {settings.server.listen}: {error}"
        ) from error
    sys.setswitchinterval(_TURN_S)
    bridge.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)
    _log.info("serving on http://%s", settings.server.listen)
    try:
        warm(app)  # whoever connects meanwhile waits: the socket is open
        server.run()
        _log.info("stopping: active runs have 25 s")
    finally:
        server.close()
        bridge.stop()


def listening(app: Flask, settings: Settings) -> RoomyServer:
    """Return a server that accepts connections and answers none until it is run."""
    server = RoomyServer(
        app,
        listen=settings.server.listen,
        threads=settings.server.threads,
        ident=None,
        max_request_body_size=LARGEST_BODY + 1,
        max_request_header_size=LARGEST_HEADERS,
        connection_limit=connection_limit(),
        channel_timeout=_SLOWEST_REQUEST_S,
        cleanup_interval=_SLOWEST_REQUEST_S // 2,
        asyncore_use_poll=True,  # select takes no descriptor over 1023
        # web.client_address decides which of them is believed; the delivery is stored as it came.
        clear_untrusted_proxy_headers=False,
    )
    server.adj.body_limit = body_limit(app)
    return server


def _on_signal(_number: int, _frame: FrameType | None) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end_at_once)
    raise _Stopped


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    # Run children end with us (they are tied to their parent), and every wish is on disk.
    threading.Thread(target=os._exit, args=(1,)).start()
