# SPDX-License-Identifier: GPL-3.0-or-later
"""A collection for Bruno: a folder of files in its own language, one a request.

After https://docs.usebruno.com/bru-lang/overview and what `bru import openapi
--collection-format=bru` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby
from textwrap import indent
from typing import Any

from webhook_bridge.web.api_clients.requests import (
    SECRET,
    VARIABLES,
    ClientRequest,
    Parameter,
    client_requests,
)


def bruno_files(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of the collection by their paths."""
    about = {"version": "1", "name": document["info"]["title"], "type": "collection", "ignore": []}
    files = {
        "bruno.json": json.dumps(about, indent=2) + "\n",
        "collection.bru": _blocks(
            _block("auth", ["mode: bearer"]),
            _block("auth:bearer", ["token: {{token}}"]),
            _block("docs", document["info"]["description"].splitlines()),
        ),
        "environments/Longshore.bru": _environment(),
    }
    for place, (folder, requests) in enumerate(
        groupby(client_requests(document), key=lambda one: one.folder), 1
    ):
        files[f"{folder}/folder.bru"] = _block("meta", [f"name: {folder}", f"seq: {place}"])
        for number, one in enumerate(requests, 1):
            files[f"{folder}/{one.id.replace('_', '-')}.bru"] = _request(one, number)
    return files


def _environment() -> str:
    lines = [f"{key}: {value}" for key, value in VARIABLES.items() if key != SECRET]
    return _blocks(_block("vars", lines), f"vars:secret [\n  {SECRET}\n]\n")


def _request(one: ClientRequest, number: int) -> str:
    path = one.path.replace("{", ":").replace("}", "")
    has_body = one.body is not None
    how = [
        f"url: {{{{baseUrl}}}}{path}",
        f"body: {'json' if has_body else 'none'}",
        "auth: inherit",
    ]
    keys = [f"{key}: {{{{{variable}}}}}" for key, variable in one.keys.items()]
    return _blocks(
        _block("meta", [f"name: {one.name}", "type: http", f"seq: {number}"]),
        _block(one.method.lower(), how),
        _block("params:query", _parameters(one.query)),
        _block("params:path", keys),
        _block("headers", _parameters(one.headers)),
        _block("body:json", one.body.splitlines() if one.body is not None else []),
        _block("script:post-response", _script(one)),
        _block("tests", _tests(one)),
        _block("docs", one.about.splitlines()),
    )


def _parameters(parameters: list[Parameter]) -> list[str]:
    """Return what is not sent by itself: a tilde switches a line off."""
    return [f"~{said.name}: {said.value}" for said in parameters]


def _script(one: ClientRequest) -> list[str]:
    if one.sets is None:
        return []
    listed, variable = one.sets
    return [
        f"const found = res.getStatus() === 200 ? res.getBody().{listed} : [];",
        f'if (found.length) bru.setVar("{variable}", found[0].id);',
    ]


def _tests(one: ClientRequest) -> list[str]:
    return [
        'test("it was understood", function() {',
        f"  expect({list(one.understood)}).to.include(res.getStatus());",
        "});",
    ]


def _block(name: str, lines: list[str]) -> str:
    """Return a block, or nothing where it has no lines."""
    return f"{name} {{\n{indent(chr(10).join(lines), '  ')}\n}}\n" if lines else ""


def _blocks(*blocks: str) -> str:
    return "\n".join(block for block in blocks if block)
