# SPDX-License-Identifier: GPL-3.0-or-later
"""A collection for Postman, format 2.1, and its environment.

After the schema https://schema.getpostman.com/json/collection/v2.1.0/collection.json. Insomnia and
Bruno import the same file.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from webhook_bridge.web.api_clients.requests import (
    SECRET,
    VARIABLES,
    ClientRequest,
    Parameter,
    client_requests,
)

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "longshore:postman")


def postman_collection(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the collection; it changes with the document alone."""
    found = client_requests(document)
    folders = [
        {"name": name, "item": [_item(one) for one in requests]}
        for name, requests in groupby(found, key=lambda one: one.folder)
    ]
    return {
        "info": {
            "_postman_id": str(uuid.uuid5(_NAMESPACE, "collection")),
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": _SCHEMA,
        },
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}],
        },
        "item": folders,
        "variable": [
            {"key": key, "value": value} for key, value in VARIABLES.items() if key != SECRET
        ],
    }


def postman_environment() -> dict[str, Any]:
    """Return the environment: an address, and a token that is kept as a secret."""
    return {
        "id": str(uuid.uuid5(_NAMESPACE, "environment")),
        "name": "Longshore",
        "values": [
            {
                "key": key,
                "value": value,
                "type": "secret" if key == SECRET else "default",
                "enabled": True,
            }
            for key, value in VARIABLES.items()
        ],
        "_postman_variable_scope": "environment",
    }


def _item(one: ClientRequest) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": one.method,
        "header": [_parameter(said) for said in one.headers],
        "url": _url(one),
        "description": one.about,
    }
    if one.body is not None:
        language = {"raw": {"language": "json"}}
        request["body"] = {"mode": "raw", "raw": one.body, "options": language}
    script = {"type": "text/javascript", "exec": _script(one)}
    event = {"listen": "test", "script": script}
    return {"name": one.name, "event": [event], "request": request, "response": []}


def _parameter(said: Parameter) -> dict[str, Any]:
    return {"key": said.name, "value": said.value, "description": said.about, "disabled": True}


def _url(one: ClientRequest) -> dict[str, Any]:
    path = one.path.replace("{", ":").replace("}", "")
    url: dict[str, Any] = {
        "raw": f"{{{{baseUrl}}}}{path}",
        "host": ["{{baseUrl}}"],
        "path": path.strip("/").split("/"),
    }
    if one.query:
        url["query"] = [_parameter(said) for said in one.query]
    if one.keys:
        url["variable"] = [
            {"key": key, "value": f"{{{{{variable}}}}}"} for key, variable in one.keys.items()
        ]
    return url


def _script(one: ClientRequest) -> list[str]:
    lines = [
        'pm.test("it was understood", function () {',
        f"  pm.expect(pm.response.code).to.be.oneOf({list(one.understood)});",
        "});",
    ]
    if one.sets is not None:
        listed, variable = one.sets
        lines += [
            f"const found = pm.response.code === 200 ? pm.response.json().{listed} : [];",
            f'if (found.length) pm.environment.set("{variable}", found[0].id);',
        ]
    return lines
