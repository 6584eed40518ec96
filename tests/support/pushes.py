# SPDX-License-Identifier: GPL-3.0-or-later
"""The shortest push that each source's sender can tell of, of any repository and tag."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.support.sending import needed_by

_ECR = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
_NAMED_IN_THE_EVENT = {
    "cloudevents": "events.example.com",
    "dockerhub": "docker.io",
    "ecr": _ECR,
    "generic": "ci.example.com",
    "github": "ghcr.io",
    "gitlab": "registry.gitlab.com",
    "google": "us-docker.pkg.dev",
    "nexus": "nexus.example.com",
    "quay": "quay.io",
    "sns": _ECR,
}
_TARGET = {"action": "push", "target": {"repository": "{repository}", "tag": "{tag}"}}
_GITEA = {
    "action": "created",
    "package": {
        "owner": {"login": "{owner}"},
        "type": "container",
        "name": "{name}",
        "version": "{tag}",
    },
}
_IMAGE_ACTION = {
    "account": "123456789012",
    "region": "us-west-2",
    "detail": {
        "result": "SUCCESS",
        "action-type": "PUSH",
        "repository-name": "{repository}",
        "image-tag": "{tag}",
    },
}
_BODIES: Mapping[str, dict[str, Any]] = {
    "acr": _TARGET,
    "cloudevents": {
        "specversion": "1.0",
        "type": "com.example.image.pushed",
        "data": {"image": "events.example.com/{repository}", "tag": "{tag}"},
    },
    "distribution": {"events": [_TARGET]},
    "dockerhub": {"push_data": {"tag": "{tag}"}, "repository": {"repo_name": "{repository}"}},
    "ecr": _IMAGE_ACTION,
    "forgejo": _GITEA,
    "generic": {"image": "ci.example.com/{repository}", "tag": "{tag}"},
    "gitea": _GITEA,
    "github": {
        "action": "published",
        "package": {
            "package_type": "CONTAINER",
            "namespace": "{owner}",
            "name": "{name}",
            "package_version": {"container_metadata": {"tag": {"name": "{tag}"}}},
        },
    },
    "gitlab": {"events": [_TARGET]},
    "google": {"action": "INSERT", "tag": "us-docker.pkg.dev/{repository}:{tag}"},
    "harbor": {
        "type": "PUSH_ARTIFACT",
        "event_data": {
            "resources": [{"tag": "{tag}"}],
            "repository": {"repo_full_name": "{repository}"},
        },
    },
    "jfrog": {
        "domain": "docker",
        "event_type": "pushed",
        "data": {"repo_key": "{owner}", "path": "{name}/{tag}/manifest.json"},
    },
    "nexus": {
        "action": "CREATED",
        "repositoryName": "docker",
        "component": {"format": "docker", "name": "{repository}", "version": "{tag}"},
    },
    "quay": {"repository": "{repository}", "updated_tags": ["{tag}"]},
    "zot": {"name": "{repository}", "reference": "{tag}"},
}


def registry_of(source: str) -> str:
    """Return the registry whose pushes these are."""
    return str(needed_by(source).get("registry") or _NAMED_IN_THE_EVENT[source])


def push(source: str, repository: str, tag: str) -> dict[str, Any]:
    """Return the body that tells of a push; Amazon's topic has the event as a text inside."""
    if source == "sns":
        return {"Message": json.dumps(push("ecr", repository, tag))}
    owner, _, name = repository.partition("/")
    words = {"{repository}": repository, "{owner}": owner, "{name}": name, "{tag}": tag}
    filled: dict[str, Any] = _filled(_BODIES[source], words)
    return filled


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, words) for inner in value]
    for word, text in words.items():
        value = value.replace(word, text)
    return value
