# SPDX-License-Identifier: GPL-3.0-or-later
"""The store for the time of one command."""

from __future__ import annotations

import getpass
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from webhook_bridge.cli.output import say
from webhook_bridge.config.apps_reloader import open_apps
from webhook_bridge.config.settings import Settings
from webhook_bridge.intake.image_labels import ImageLabelReader
from webhook_bridge.registry.client import RegistryClient
from webhook_bridge.runs.dispatcher import Dispatcher
from webhook_bridge.state_folder import serving_lock
from webhook_bridge.store import Store
from webhook_bridge.store.database import open_store

_LONGEST_ACTOR = 80
_LABELS_EVERY_S = 0.5


def actor() -> str:
    """Return the user and the machine, as releases, runs and events name who asked."""
    return f"cli:{getpass.getuser()}@{socket.gethostname()}"[:_LONGEST_ACTOR]


def is_served(settings: Settings) -> bool:
    """Say whether a bridge serves from these settings' state_dir."""
    with serving_lock(settings.state_dir) as lock:
        return not lock.acquire()


@contextmanager
def run_here(
    settings: Settings, store: Store, app: str, *, observe: bool = False
) -> Iterator[threading.Thread]:
    """Work on an app in a thread of its own; it has ended when the block has.

    The run's child lives as long as the thread that starts it: that thread only works.
    """
    dispatcher = Dispatcher(settings, store, open_apps(settings))
    thread = threading.Thread(target=dispatcher.run_now, args=(app,), kwargs={"observe": observe})
    thread.start()
    labels = ImageLabelReader(store, RegistryClient(settings.registries), every=_LABELS_EVERY_S)
    labels.start()
    try:
        yield thread
        thread.join()
    except BaseException:
        dispatcher.end_runs()
        thread.join()
        say(f"ended; to go on: longshore deploy {app}", err=True)
        raise
    finally:
        labels.stop(within=_LABELS_EVERY_S)


def opened_store(settings: Settings) -> Store:
    """Return the store; it is closed when the command ends."""
    store = open_store(settings.state_dir)
    click.get_current_context().call_on_close(store.close)
    return store
