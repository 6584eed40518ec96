# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of a run the inventory has lost, so that nobody waits for them any longer."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from webhook_bridge.config.app import App
from webhook_bridge.config.settings import Settings
from webhook_bridge.domain.outcomes import RunReport
from webhook_bridge.domain.runs import Work
from webhook_bridge.errors import ConfigurationError
from webhook_bridge.executor.inventory import hosts_of_apps

_log = logging.getLogger(__name__)


def removed_hosts(
    settings: Settings, work: Work, report: RunReport, app: App | None
) -> tuple[str, ...]:
    """Return the hosts that a run was sent to and that are no hosts of its app any more.

    A run that found any of its hosts expects just those. Where it found none, Ansible is asked
    which hosts the app has: an inventory that is broken or empty for a while has lost nobody.
    """
    asked = work.run.hosts
    if report.expected or not asked:
        return _missing(asked, report.expected)
    if app is None or report.exit_code is None:
        return ()
    try:
        known = hosts_of_apps(settings, {work.run.app: app})[work.run.app]
    except (ConfigurationError, OSError, ValueError) as error:
        _log.warning("run %s: cannot tell which hosts it has lost: %s", work.run.id, error)
        return ()
    return _missing(asked, known) if known else ()


def _missing(asked: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    return tuple(host for host in asked if host not in known)
