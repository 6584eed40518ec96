# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of sender we understand, by the word that the configuration uses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from webhook_bridge.sources.base import Source
from webhook_bridge.sources.distribution import Distribution
from webhook_bridge.sources.dockerhub import DockerHub

SOURCES: Mapping[str, type[Source]] = MappingProxyType(
    {
        "distribution": Distribution,
        "dockerhub": DockerHub,
    }
)
