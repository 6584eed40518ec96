# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an app's container: those of community.docker, less what the role governs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from webhook_bridge.config.governed_options import governed_options


def _options(value: dict[str, Any]) -> dict[str, Any]:
    governed = governed_options()
    wrong = [f"{key} cannot be set here: {governed[key]}" for key in value if key in governed]
    if wrong:
        raise ValueError("; ".join(wrong))
    return value


ContainerOptions = Annotated[dict[str, Any], AfterValidator(_options)]
# A port of the host, or as many of them as of the container; 0 lets Docker choose.
_FIXED_PORT = re.compile(r"(?:.*:)?(?!0+:)(?:\d+:\d+|\d+-\d+:\d+-\d+)(?:/\w+)?", re.ASCII)


def fixed_host_ports(options: Mapping[str, Any]) -> list[str]:
    """Return the published ports that one container alone can have on a host.

    `80:8080` is one; `8080`, `127.0.0.1::8080` and a range, `8000-8009:8080`, leave a choice.
    """
    ports = options.get("published_ports", options.get("ports"))
    listed = ports.split(",") if isinstance(ports, str) else ports
    texts = [str(port).strip() for port in listed] if isinstance(listed, list) else []
    return [text for text in texts if _FIXED_PORT.fullmatch(text)]


def uses_host_network(options: Mapping[str, Any]) -> bool:
    """Say whether a container has the host's own network; a template may yet say so on a host."""
    return bool(options.get("network_mode") == "host")
