# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an app's container: those of community.docker, less what the role governs."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
_FIXED_PORT = re.compile(r"(?:.*:)?(\d+):\d+(?:/\w+)?")


def fixed_host_ports(options: Mapping[str, Any]) -> list[str]:
    """Return the published ports that one container alone can have on a host.

    `80:8080` is one; `8080`, `127.0.0.1::8080` and a range, `8000-8009:8080`, leave a choice.
    """
    ports = options.get("published_ports", options.get("ports"))
    texts = [str(port) for port in ports] if isinstance(ports, list) else []
    return [text for text in texts if _FIXED_PORT.fullmatch(text)]
