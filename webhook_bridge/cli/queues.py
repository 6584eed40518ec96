# SPDX-License-Identifier: GPL-3.0-or-later
"""What `check` says of hooks whose deliveries come through a queue."""

from __future__ import annotations

import ipaddress

from webhook_bridge.config.settings import Settings
from webhook_bridge.queues import QueueUnavailable


def queue_problems(settings: Settings) -> list[str]:
    """Ask for each hook's queue; return what its service says where it is not there for us."""
    problems = []
    queues = {name: hook.sender.queue for name, hook in settings.hooks.items()}
    for name, queue in queues.items():
        if queue is None:
            continue
        try:
            queue.open().look()
        except QueueUnavailable as error:
            problems.append(f"{settings.file}: hooks.{name}.queue: {queue.place}: {error}")
    return problems


def open_socket(settings: Settings) -> list[str]:
    """Return what is to be said of the socket, where no hook needs one that others reach."""
    if not settings.hooks or any(hook.sender.over_http for hook in settings.hooks.values()):
        return []
    listen = settings.server.listen
    if _is_loopback(listen.rpartition(":")[0].strip("[]")):
        return [f"every hook has a queue: no socket beyond loopback is open, only {listen}"]
    instead = f'write server.listen = "127.0.0.1:8090" in {settings.file}'
    return [f"note: others can reach {listen}, and no hook needs that: {instead}"]


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
