# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `longshore`."""

from webhook_bridge.cli.main import main

__all__ = ["main"]
