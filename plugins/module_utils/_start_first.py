# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why no second container can run beside the first, and be told from it: the one sentence.

The bridge and the playbooks ask with what an app's options say, the switch with what the daemon
says of the container that it made from them.
"""

from __future__ import annotations

from collections.abc import Iterable


def start_first_problem(
    *, fixed_ports: Iterable[str], host_network: bool, asked_elsewhere: str
) -> str:
    """Return why `start_first` cannot be done, or an empty string.

    `asked_elsewhere` is the key of a probe that does not ask the new container itself.
    """
    why = _why(", ".join(fixed_ports), host_network, asked_elsewhere)
    return f"start_first needs two containers at once, but {why}" if why else ""


def _why(fixed: str, host_network: bool, elsewhere: str) -> str:
    if fixed:
        return (
            f"container.published_ports fixes {fixed} on the host; publish the container's port "
            "alone, as 8080, and let the proxy find it, or write stop_first"
        )
    if host_network:
        return (
            "container.network_mode is host, whose ports the old container holds; give it another "
            "network, or write stop_first"
        )
    if elsewhere:
        return (
            f"health.{elsewhere} may be answered by the old one; write `container` for its host, "
            "which is the new container itself, or write stop_first"
        )
    return ""
