# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of sender we understand, by the word that the configuration uses."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from webhook_bridge.sources.acr import AzureContainerRegistry
from webhook_bridge.sources.base import Source
from webhook_bridge.sources.cloudevents import CloudEvents
from webhook_bridge.sources.distribution import Distribution
from webhook_bridge.sources.dockerhub import DockerHub
from webhook_bridge.sources.ecr import AmazonEcr
from webhook_bridge.sources.generic import Generic
from webhook_bridge.sources.gitea import Gitea
from webhook_bridge.sources.github import GitHub
from webhook_bridge.sources.gitlab import GitLab
from webhook_bridge.sources.google import GoogleArtifactRegistry
from webhook_bridge.sources.harbor import Harbor
from webhook_bridge.sources.jfrog import JFrog
from webhook_bridge.sources.nexus import Nexus
from webhook_bridge.sources.quay import Quay
from webhook_bridge.sources.sns import AmazonSns
from webhook_bridge.sources.zot import Zot

SOURCES: Mapping[str, type[Source]] = MappingProxyType(
    {
        "acr": AzureContainerRegistry,
        "cloudevents": CloudEvents,
        "distribution": Distribution,
        "dockerhub": DockerHub,
        "ecr": AmazonEcr,
        "forgejo": Gitea,
        "generic": Generic,
        "gitea": Gitea,
        "github": GitHub,
        "gitlab": GitLab,
        "google": GoogleArtifactRegistry,
        "harbor": Harbor,
        "jfrog": JFrog,
        "nexus": Nexus,
        "quay": Quay,
        "sns": AmazonSns,
        "zot": Zot,
    }
)
