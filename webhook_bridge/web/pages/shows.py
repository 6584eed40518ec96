# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page shows: a word that changes with it, known before anything of it is read.

Each takes who looks and the arguments of the view. What a page shows beside the database (the apps
file, the settings, what its visitor may do) is in its version already: live.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from webhook_bridge.store import app_changes
from webhook_bridge.store.app_changes import EVERY_APP
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.pages.access import visible_run
from webhook_bridge.web.visitors import Visitor

Shows = Callable[..., str]

# How long something takes "so far" changes without a commit.
_SO_FAR_S = 5.0


def every_commit(_who: Visitor, **_arguments: object) -> str:
    """Whatever there is: deliveries, events, users."""
    return str(current_bridge().store.change_count())


def every_app(who: Visitor, **_arguments: object) -> str:
    """All apps that the visitor may see, declared or not."""
    return _changes(lambda app: who.may("read", app))


def one_app(_who: Visitor, *, name: str, **_arguments: object) -> str:
    """The app of this name."""
    return _changes(lambda app: app == name)


def one_run(_who: Visitor, *, start_of_id: str, **_arguments: object) -> str:
    """The run whose id starts so, among those of its app. Raises NotFound as its page does."""
    run = visible_run(start_of_id)
    so_far = f".{time.time() // _SO_FAR_S:.0f}" if run.state == "running" else ""
    return _changes(lambda app: app == run.app) + so_far


def _changes(is_shown: Callable[[str], bool]) -> str:
    """Count the changes of some apps: one number, which any of them makes greater."""
    with current_bridge().store.read() as connection:
        counts = app_changes.counts(connection)
    return str(sum(n for app, n in counts.items() if app == EVERY_APP or is_shown(app)))
