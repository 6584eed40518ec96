# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the `env_file` of a host says what it said when a container was made.

A container has the environment that it was made with: other content has to be another container.
"""

from __future__ import annotations

import os

FINGERPRINT_DIGITS = 16


def fingerprint(path):
    """Return hexadecimal digits that tell this content from any other; empty without a file.

    Raises OSError where the file cannot be read.
    """
    if not path:
        return ""
    import hashlib  # noqa: PLC0415 -- few apps have such a file, and it takes time to import

    with open(_expanded(path), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()[:FINGERPRINT_DIGITS]


def env_file_problem(path):
    """Return why this file cannot be used, or an empty string."""
    try:
        fingerprint(path)
    except OSError as exc:
        return (
            f"env_file {path} cannot be read: {exc.strerror}: create it on this host for the user "
            "who connects, or correct the app's options"
        )
    return ""


def _expanded(path):
    # As Ansible does with an option of the type path.
    return os.path.expanduser(os.path.expandvars(str(path)))
