# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's own login for a registry, lent to the hosts of a run for their pulls.

It goes to the run child through its standard input, waits there in a memory file, and reaches a
host with the task that pulls: it stands in no file, argument, variable or log. The collection's
half is plugins/plugin_utils/_lent_login.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.longshore.containers.plugins.plugin_utils._registry_keys import (
    longest_prefix,
)

from webhook_bridge.domain.runs import Work
from webhook_bridge.registry.access import RegistryAccess
from webhook_bridge.registry.credentials import HelperFailed, login_of

_PULL_NOTHING = ("observe", "remove")


def login_to_lend(registries: Mapping[str, RegistryAccess], work: Work) -> dict[str, str] | None:
    """Return what a run is lent for its image; None where nothing is.

    A helper that fails fails no run: hosts that have the image need no login. `trouble` is the
    reason then, for those that do.
    """
    key = longest_prefix(work.release.image, registries)
    if key is None or not registries[key].lend or work.run.kind in _PULL_NOTHING:
        return None
    try:
        login = login_of(registries[key])
    except HelperFailed as error:
        return {
            "registry": key,
            "trouble": f"the bridge has no login to lend, since its credential_command {error}; "
            "run it by hand to see what it says",
        }
    if login is None:
        return None
    return {"registry": key, "username": login.username, "password": login.password}
