# SPDX-License-Identifier: GPL-3.0-or-later
"""The store: deliveries, releases, runs and outcomes in one SQL database."""

from webhook_bridge.store.database import Store

__all__ = ["Store"]
