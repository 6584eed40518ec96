# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load the collection's filters once for all hosts.

Ansible's strategy loads the class of a task's action plugin, then forks a process for each host.
A filter is only loaded when a template is compiled, so in each of those processes anew, and with it
every file before it in plugins/filter and all that those import, from source: half of the
processor time of a rollout. What is loaded together with an action plugin is there after the fork.
"""

from __future__ import annotations

import contextlib

from ansible.plugins.loader import filter_loader

COLLECTION = "longshore.containers"
FILTERS = (
    "host_patterns",
    "image_in_full",
    "registry_login",
    "release_arguments",
    "release_problems",
    "without_omitted",
)


def load_filters() -> None:
    """Have Ansible load the filters that playbooks and roles use; one that cannot be is left."""
    for name in FILTERS:
        # Where it is used, Ansible says what is wrong with it.
        with contextlib.suppress(Exception):
            filter_loader.get(f"{COLLECTION}.{name}")
