# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an app's container: those of community.docker, less what the role governs."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from webhook_bridge.governed_options import governed_options


def _options(value: dict[str, Any]) -> dict[str, Any]:
    governed = governed_options()
    wrong = [f"{key} cannot be set here: {governed[key]}" for key in value if key in governed]
    if wrong:
        raise ValueError("; ".join(wrong))
    return value


ContainerOptions = Annotated[dict[str, Any], AfterValidator(_options)]
