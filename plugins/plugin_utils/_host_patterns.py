# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of hosts as patterns that match these hosts alone.

Ansible takes each entry of a play's keyword `hosts` for a pattern: it is split at commas, blanks
and colons, and may be the name of a group, a range, or an exclusion. A name in the inventory may
have any of these characters; the tag of an instance as its name often has blanks.
"""

from __future__ import annotations

import re

# Ansible looks for a host of this name first (InventoryManager._evaluate_patterns).
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_ORDINARY = re.compile(r"[A-Za-z0-9_]")


def host_patterns(names):
    """Return a pattern for each name, in their order."""
    return [name if _PLAIN.fullmatch(name) else _exactly(name) for name in map(str, names)]


def _exactly(name):
    # After ~ stands a regular expression: without any of the characters at which Ansible splits.
    escaped = (each if _ORDINARY.match(each) else rf"\U{ord(each):08x}" for each in name)
    return rf"~^{''.join(escaped)}\Z"
