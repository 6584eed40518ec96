# SPDX-License-Identifier: GPL-3.0-or-later
"""What all collections of requests have in common: the requests, with values to try them with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

VARIABLES: Mapping[str, str] = {
    "baseUrl": "http://127.0.0.1:8090",
    "token": "",
    "app": "shop",
    "run": "",
    "delivery": "",
    "digest": "sha256:1a1a1a1a1a1a",
}
"""What an environment has; the first runs and deliveries that are listed fill in theirs."""
SECRET = "token"  # noqa: S105 -- the name of the variable
_ID_OF = {"runs": "run", "deliveries": "delivery"}
_UNDERSTOOD = ("404", "409")


@dataclass(frozen=True)
class Parameter:
    """A key of the query or a header; one that is not sent by itself is switched off."""

    name: str
    value: str
    about: str


@dataclass(frozen=True)
class ClientRequest:
    """One request, as clients show it; `path` has its keys in braces."""

    id: str
    folder: str
    name: str
    about: str
    method: str
    path: str
    keys: Mapping[str, str]
    """The keys of the path, each with the variable that its value comes from."""
    query: list[Parameter] = field(default_factory=list)
    headers: list[Parameter] = field(default_factory=list)
    body: str | None = None
    understood: tuple[int, ...] = ()
    """Statuses of a request that was understood: done, or refused as things are now."""
    sets: tuple[str, str] | None = None
    """The list in the answer whose first id is kept, and in which variable."""


def client_requests(document: Mapping[str, Any]) -> list[ClientRequest]:
    """Return the requests of a document: lists first in each folder, as they fill in ids."""
    order = [tag["name"] for tag in document["tags"]]
    found = list(_all(document))
    return sorted(found, key=lambda one: (order.index(one.folder), one.sets is None))


def _all(document: Mapping[str, Any]) -> Iterator[ClientRequest]:
    for path, item in document["paths"].items():
        for method, one in item.items():
            yield _request(path, method, one)


def _request(path: str, method: str, one: Mapping[str, Any]) -> ClientRequest:
    folder = one["tags"][0]
    said = [status for status, answer in one["responses"].items() if "$ref" not in answer]
    understood = [*said, *(status for status in _UNDERSTOOD if status in one["responses"])]
    return ClientRequest(
        one["operationId"],
        folder,
        one["summary"],
        one["description"],
        method.upper(),
        path,
        {name: _variable(name, path) for name in _names(one, "path")},
        _parameters(one, "query"),
        _parameters(one, "header"),
        _body(one),
        tuple(int(status) for status in understood),
        _sets(path, method),
    )


def _names(one: Mapping[str, Any], where: str) -> list[str]:
    return [said["name"] for said in one["parameters"] if said["in"] == where]


def _parameters(one: Mapping[str, Any], where: str) -> list[Parameter]:
    return [
        Parameter(said["name"], _value(said), said.get("description", ""))
        for said in one["parameters"]
        if said["in"] == where
    ]


def _value(said: Mapping[str, Any]) -> str:
    schema = said["schema"]
    known = said.get("example", schema.get("default", schema.get("enum", [""])[0]))
    return str(known)


def _variable(name: str, path: str) -> str:
    """Return the variable for a key of the path: an id is that of a run or of a delivery."""
    if name != "id":
        return name
    return _ID_OF[path.split("/")[3]]


def _sets(path: str, method: str) -> tuple[str, str] | None:
    listed = path.rsplit("/", 1)[-1]
    is_list = method == "get" and listed in _ID_OF
    return (listed, _ID_OF[listed]) if is_list else None


def _body(one: Mapping[str, Any]) -> str | None:
    if "requestBody" not in one:
        return None
    content = one["requestBody"]["content"]["application/json"]
    examples = [example["value"] for example in content["examples"].values()]
    return json.dumps(next((value for value in examples if value), {}), indent=2)
