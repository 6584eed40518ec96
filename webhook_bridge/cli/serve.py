# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve until a signal ends it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from webhook_bridge.config.settings import load_settings
from webhook_bridge.logs import log_to
from webhook_bridge.slow_imports import kept_for_good


@click.command()
@click.pass_obj
def serve(config: Path) -> None:
    """Receive webhooks and run deployments until a signal ends it."""
    with kept_for_good():
        from webhook_bridge.server.serve import serve as serve_until_signal  # noqa: PLC0415 -- slow

    log_to(sys.stderr)
    serve_until_signal(load_settings(config))
