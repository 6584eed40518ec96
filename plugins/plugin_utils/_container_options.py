# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an app's `container` may say, as far as it can be judged without a host.

A template is left to each host's pre-flight, which judges what it became there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.longshore.containers.plugins.module_utils._restart_policy import (
    ON_FAILURE,
    restart_problems,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._governed_options import (
    governed_problem,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._option_texts import (
    text_problems,
)

_TEMPLATE = re.compile(r"\{\{|\{%|\{#")


def container_problems(options: dict[Any, Any]) -> list[tuple[str, str]]:
    """Return (path below `container`, sentence) for each wrong option; the path may be empty."""
    governed = governed_problem(options)
    restart = restart_problems(_restart(options))
    judged = [path for path, _sentence in restart]
    texts = [found for found in text_problems(options) if found[0] not in judged]
    return [*([("", governed)] if governed else []), *restart, *texts]


def _restart(options: dict[Any, Any]) -> dict[str, Any]:
    found = literal_options(options, ("restart_policy", "restart_retries"))
    # A policy that is not known yet may be the one that the retries count with.
    unknown = {"restart_policy": ON_FAILURE} if "restart_policy" in options else {}
    return {**unknown, **found}


def literal_options(options: dict[Any, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return these options, without those that cannot be read here.

    A template may need variables that only a host has; a vault's text needs its password.
    """
    found = {}
    for name in names:
        try:
            value = options.get(name)
            shown = str(value)  # a list is rendered when it is read
        except Exception:  # noqa: BLE001, S112 -- whatever a user's template raises
            continue
        if isinstance(value, _KNOWN_TYPES) and not _TEMPLATE.search(shown):
            found[name] = value
    return found


_KNOWN_TYPES = (str, int, float, list, dict)
