# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the files again that other tools import: `scripts/api-clients` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from webhook_bridge.web.api_clients.bruno import bruno_files
from webhook_bridge.web.api_clients.openapi30 import to_openapi30
from webhook_bridge.web.api_clients.postman import postman_collection, postman_environment
from webhook_bridge.web.api_clients.requests import VARIABLES


def generated_files(document: Mapping[str, Any]) -> dict[str, str]:
    """Return all files by their paths, of the document of any bridge: they name none."""
    anywhere = {**document, "servers": [{"url": VARIABLES["baseUrl"]}]}
    bruno = {f"bruno/{path}": text for path, text in bruno_files(anywhere).items()}
    return {
        "openapi.json": _json(anywhere),
        "openapi-3.0.json": _json(to_openapi30(anywhere)),
        "postman_collection.json": _json(postman_collection(anywhere)),
        "postman_environment.json": _json(postman_environment()),
        **bruno,
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
