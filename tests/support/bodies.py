# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded bodies with something strange in one place, and what must hold for what is read."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from webhook_bridge.domain.references import is_digest, is_repository, is_tag
from webhook_bridge.sources.pushes import REASONS, NotAPush, Push

HOSTILE = [
    "{{ lookup('pipe','id') }}",
    "#jinja2: variable_start_string:'[%'\n[% x %]",
    "--version",
    "-v",
    "../../x",
    "a\r\nSet-Cookie: x",
    "a\x1b[2J",
    "$(touch x)",
    "a;b",
    "a b",
    "\u0663",
    "a" * 300,
    "https://evil.example/x",
]
STRANGE: list[Any] = [None, 5, -0.5, True, "", "x", [], {}, [[]], {"": None}, ["x"], *HOSTILE]


def well(claims: list[Push | NotAPush]) -> bool:
    """Say whether every claim is a push with names that names can be, or a documented reason."""
    return bool(claims) and all(
        claim.code in REASONS and claim.detail.replace("…", "").isprintable()
        if isinstance(claim, NotAPush)
        else is_repository(claim.repository)
        and (claim.tag is None or is_tag(claim.tag))
        and (claim.digest is None or is_digest(claim.digest))
        for claim in claims
    )


def places(value: Any, *way: Any) -> Iterator[tuple[Any, ...]]:
    """Give the way to every value inside."""
    keyed = dict(enumerate(value)) if isinstance(value, list) else value
    for key, inner in keyed.items() if isinstance(keyed, dict) else ():
        yield (*way, key)
        yield from places(inner, *way, key)


def with_value(body: Any, way: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    holder = changed
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = value
    return changed
