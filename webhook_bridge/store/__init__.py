# SPDX-License-Identifier: GPL-3.0-or-later
"""The store: deliveries, releases, runs, outcomes and users in one SQL database."""

# Imported for its tables: whoever looks at the metadata of the store finds all of them.
from webhook_bridge.store import app_changes as _app_changes
from webhook_bridge.store import kept_answers as _kept_answers
from webhook_bridge.store import user_tables as _user_tables
from webhook_bridge.store.database import Store

__all__ = ["Store"]

del _app_changes, _kept_answers, _user_tables
