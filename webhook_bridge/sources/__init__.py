# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of sender we understand, by the word that the configuration uses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from webhook_bridge.sources.acr import AzureContainerRegistry
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.distribution import Distribution
from webhook_bridge.sources.dockerhub import DockerHub
from webhook_bridge.sources.github import GitHub
from webhook_bridge.sources.gitlab import GitLab
from webhook_bridge.sources.harbor import Harbor
from webhook_bridge.sources.quay import Quay

SOURCES: Mapping[str, type[Source]] = MappingProxyType(
    {
        "acr": AzureContainerRegistry,
        "distribution": Distribution,
        "dockerhub": DockerHub,
        "github": GitHub,
        "gitlab": GitLab,
        "harbor": Harbor,
        "quay": Quay,
    }
)
