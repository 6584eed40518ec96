# SPDX-License-Identifier: GPL-3.0-or-later
"""The secrets of the hooks as they are now: a rotation counts without a restart."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from webhook_bridge.config.hooks import Hook
from webhook_bridge.config.secret_files import (
    DatedSecret,
    check_stands_in_url,
    check_strength,
    read_dated_secrets,
)

_log = logging.getLogger(__name__)
_CHECK_INTERVAL_S = 1.0


@dataclass
class _Known:
    """What a file held, and what it looked like then."""

    secrets: list[DatedSecret] = field(repr=False)
    stamp: tuple[int, int, int] | None
    checked_at: float


class HookSecrets:
    """Hands out a hook's secrets; a file that changes is read again, a wrong one waits."""

    def __init__(self, *, check_interval_s: float = _CHECK_INTERVAL_S) -> None:
        self._check_interval_s = check_interval_s
        self._known: dict[str, _Known] = {}

    def of(self, hook: Hook) -> Sequence[bytes]:
        """Return the secrets that are good now, the current one first."""
        if hook.secret_file is None:
            return hook.secrets
        known = self._read_if_due(hook, hook.secret_file)
        now = time.time()
        return [one.text.encode() for one in known.secrets if one.is_good(now)]

    def _read_if_due(self, hook: Hook, file: Path) -> _Known:
        known = self._known.get(hook.name)
        now = time.monotonic()
        if known is not None and now - known.checked_at < self._check_interval_s:
            return known
        stamp = _stamp(file)
        if known is None or stamp != known.stamp:
            before = [DatedSecret(one.decode(), None) for one in hook.secrets]
            known = _Known(
                _read(hook, file, before if known is None else known.secrets), stamp, now
            )
            self._known[hook.name] = known
        known.checked_at = now
        return known


def _read(hook: Hook, file: Path, before: list[DatedSecret]) -> list[DatedSecret]:
    try:
        found = read_dated_secrets(file)
        for one in found:
            check_strength(one.text)
            if hook.sender.scheme.place == "path":
                check_stands_in_url(one.text)
    except ValueError as error:
        _log.error("hook %s keeps the secrets it had: %s", hook.name, error)
        return before
    return found or before


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
