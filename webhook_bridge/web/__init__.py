# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bridge serves over HTTP: hooks, the JSON API, health. A page is one more blueprint."""

from webhook_bridge.web.application import create_app

__all__ = ["create_app"]
