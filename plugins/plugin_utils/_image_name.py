# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image of an app, written out, and the login for its registry.

The grammar of names is in module_utils, because modules on hosts match logins with images too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.longshore.containers.plugins.module_utils._image_name import read_image


def image_in_full(value: Any) -> Any:
    """Return the name with its registry; what is no name is returned as it is."""
    try:
        return "/".join(read_image(value))
    except ValueError:
        return value


def login_problem(login: Any) -> str:
    """Return what is wrong with a login, without showing any of it; empty where nothing is."""
    keys = sorted(login) if isinstance(login, Mapping) else None
    if keys == []:
        return ""
    if keys == ["password", "username"] and all(
        isinstance(login[key], str) and login[key] for key in keys
    ):
        return ""
    return (
        "the entry of its image's registry must have username and password, both text that is not "
        "empty"
    )
