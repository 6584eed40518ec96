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

_LOGIN = ("username", "password")


def image_in_full(value: Any) -> Any:
    """Return the name with its registry; what is no name is returned as it is."""
    try:
        return "/".join(read_image(value))
    except ValueError:
        return value


def login_problem(login: Any) -> str:
    """Return what is wrong with a login, without showing any of it; empty where nothing is."""
    if login is None or login == {}:
        return ""
    if not isinstance(login, Mapping):
        return "must be a table with username and password"
    unknown = sorted(str(key) for key in login if key not in _LOGIN)
    found = [f"{key} is not known here" for key in unknown]
    found += [f"{key} {said}" for key in _LOGIN if (said := _text_problem(login, key))]
    return f"{'; '.join(found)}; give username and password" if found else ""


def _text_problem(login: Mapping[str, Any], key: str) -> str:
    if key not in login:
        return "is missing"
    if isinstance(login[key], str):
        return "" if login[key] else "is empty"
    return "must be a text: put it in quotes"
