# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `restart_policy` and `restart_retries` may say: the rule of check, pre-flight and switch.

The words are Docker's (https://docs.docker.com/engine/containers/start-containers-automatically/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NEVER_STARTED = "no"
DEFAULT_POLICY = "always"
ON_FAILURE = "on-failure"
POLICIES = (NEVER_STARTED, ON_FAILURE, DEFAULT_POLICY, "unless-stopped")

_POLICY = (
    'must be "no" (in quotes: YAML reads no as false), on-failure, always or unless-stopped; '
    "how often on-failure tries is restart_retries"
)
_RETRIES = "must be a whole number of 0 or more"
_WITH_ON_FAILURE = "counts with restart_policy on-failure alone; write that, or leave it out"
_LABEL = f"{'|'.join(POLICIES)}|{ON_FAILURE}:[1-9][0-9]*"
_DIGITS = "[0-9]+"


def restart_problems(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (option, sentence) for each of the two that no container can be made with.

    What is left out, or null, has the default `always`.
    """
    policy, retries = options.get("restart_policy"), options.get("restart_retries")
    found = []
    if policy is not None and not (isinstance(policy, str) and policy in POLICIES):
        found.append(("restart_policy", _POLICY))
    if retries is not None and not _is_count(retries):
        found.append(("restart_retries", _RETRIES))
    elif retries is not None and int(retries) and not found and policy != ON_FAILURE:
        found.append(("restart_retries", _WITH_ON_FAILURE))
    return found


def is_policy(label: str) -> bool:
    """Whether a container's label holds a policy that a daemon knows, such as `on-failure:3`."""
    return bool(re.fullmatch(_LABEL, label))


def policy_to_set(label: str) -> str:
    """Return the policy that a container is to have by its label.

    A label of a former version may hold a word that no daemon knows: then it is the default, for a
    container that serves must come back after a reboot.
    """
    return label if is_policy(label) else DEFAULT_POLICY


def _is_count(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(_DIGITS, value))
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
