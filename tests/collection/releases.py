# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's variables for one release, as the filter release_arguments gets them."""

from typing import Any

RELEASE: dict[str, Any] = {
    "app": "shop",
    "image": "docker.io/acme/shop",
    "digest": "sha256:" + "a" * 64,
    "registry": {},
    "registry_spread": 0,
    "image_facts": {},
    "answer_timeout": 60,
    "options": {},
    "option_key": "",
    "released_at": "",
    "goes_back": False,
    "health": {"timeout": 60, "stable_for": 10},
    "switch": "stop_first",
    "drain": 0,
    "share_host": False,
    "keep": 2,
    "protect": [],
    "stop_timeout": "",
    "restore_container": "",
    "kept": "",
    "retire": True,
    "looked": {},
    "socket": "/var/run/docker.sock",
}
