# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of the container that docker_container says it made: its networks."""

from __future__ import annotations

from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import text

MAX_NETWORKS = 100
_TEXTS = ("MacAddress",)
_LISTS = ("Aliases", "Links")
_ADDRESSES = ("IPv4Address", "IPv6Address")


def made_container(value):
    """Return a container as the daemon describes it, reduced to its networks.

    Takes what it returned too: a result of a host is read more than once.
    """
    value = value if isinstance(value, dict) else {}
    settings = value.get("NetworkSettings")
    found = settings.get("Networks") if isinstance(settings, dict) else value.get("networks")
    named = list(found.items())[:MAX_NETWORKS] if isinstance(found, dict) else []
    return {"networks": {text(name): _network(each) for name, each in named}}


def _network(value):
    value = value if isinstance(value, dict) else {}
    fixed = value.get("IPAMConfig")
    fixed = fixed if isinstance(fixed, dict) else {}
    return {
        **{key: text(value.get(key)) for key in _TEXTS},
        **{key: _texts(value.get(key)) for key in _LISTS},
        "IPAMConfig": {key: text(fixed.get(key)) for key in _ADDRESSES},
    }


def _texts(value):
    return [text(each) for each in value[:MAX_NETWORKS]] if isinstance(value, list) else []


# What of docker_container's result is taken besides what every module may say.
MADE = {"container": made_container}
