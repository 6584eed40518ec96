# SPDX-License-Identifier: GPL-3.0-or-later
"""Do here what a serving bridge would do, while the command watches."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from webhook_bridge.bridge import open_apps
from webhook_bridge.cli.output import say
from webhook_bridge.dispatch import Dispatcher
from webhook_bridge.settings import Settings
from webhook_bridge.store import Store


@contextmanager
def run_here(
    settings: Settings, store: Store, app: str, *, looking: bool = False
) -> Iterator[threading.Thread]:
    """Work on an app in a thread of its own; it has ended when the block has.

    The run's child lives as long as the thread that starts it: that thread only works.
    """
    dispatcher = Dispatcher(settings, store, open_apps(settings))
    thread = threading.Thread(target=dispatcher.run_now, args=(app,), kwargs={"looking": looking})
    thread.start()
    try:
        yield thread
        thread.join()
    except BaseException:
        dispatcher.end_runs()
        thread.join()
        say(f"ended; to go on: longshore deploy {app}", err=True)
        raise
