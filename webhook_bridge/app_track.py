# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tag of its image an app follows."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from webhook_bridge.references import is_tag


def _tag(value: object) -> str:
    if isinstance(value, dict):
        raise ValueError("only a literal tag can be tracked in this version; write one, as latest")
    if not isinstance(value, str) or not is_tag(value):
        raise ValueError(f"{str(value)[:60]!r} is no tag; quote it where YAML reads a number")
    return value


Track = Annotated[str, BeforeValidator(_tag)]
