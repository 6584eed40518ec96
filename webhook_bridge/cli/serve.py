# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve until a signal ends it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from webhook_bridge.config.settings import load_settings
from webhook_bridge.logs import log_to


@click.command()
@click.pass_obj
def serve(config: Path) -> None:
    """Receive webhooks and run deployments until a signal ends it."""
    from webhook_bridge.server.serve import serve as serve_until_signal  # noqa: PLC0415 -- slow import

    log_to(sys.stderr)
    serve_until_signal(load_settings(config))
