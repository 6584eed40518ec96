# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recorded body, by its file: who sends it with which headers, and what it should give."""

from __future__ import annotations

from webhook_bridge.sources.pushes import Push

HUB_IMAGE = "89160c587d0c36bf54090497a465445c14980ba48efbcf3b0d03c49b76f3feb8"
ECR = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
CASES: dict[str, tuple[str, dict[str, str], list[Push | str]]] = {
    "acr-push-1.json": (
        "acr",
        {},
        [
            Push(
                "hello-world",
                "v1",
                "sha256:80f0d5c8786bb9e621a45ece0db56d11cdc624ad20da9fe62e9d25490f331d7d",
            )
        ],
    ),
    "acr-delete-1.json": ("acr", {}, ["not_a_push"]),
    "aws-ecr-cloudevent-1.json": ("cloudevents", {}, ["not_configured"]),
    "aws-ecr-push-1.json": ("ecr", {}, [Push("my-repository-name", "latest", None, ECR)]),
    "aws-sns-notification-1.json": (
        "sns",
        {"x-amz-sns-message-type": "Notification"},
        [Push("my-repository-name", "latest", None, ECR)],
    ),
    "aws-sns-subscriptionconfirmation-1.json": ("sns", {}, ["not_a_push"]),
    "distribution-pull-1.json": ("distribution", {}, ["not_a_push"]),
    "distribution-push-1.json": ("distribution", {}, ["untagged", "not_an_image"]),
    "distribution-push-2.json": ("distribution", {}, ["untagged", "not_an_image"]),
    "distribution-push-3.json": (
        "distribution",
        {},
        [
            Push(
                "shinebayar-g/a",
                "0.01",
                "sha256:4afff550708506c5b8b7384ad10d401a02b29ed587cb2730cb02753095b5178d",
            )
        ],
    ),
    "dockerhub-1.json": ("dockerhub", {}, [Push("svendowideit/testhook", "latest")]),
    "dockerhub-2.json": ("dockerhub", {}, [Push("antoineaumjaud/api-synology-chatbot", "latest")]),
    "dockerhub-3.json": ("dockerhub", {}, [Push("fireflyiii/core", "develop")]),
    "dockerhub-4.json": ("dockerhub", {}, [Push("goliatone/hello-rabbit", "latest")]),
    "dockerhub-5.json": ("dockerhub", {}, [Push("svendowideit/testhook", "latest")]),
    "dockerhub-callback-1.json": ("dockerhub", {}, ["unexpected_shape"]),
    "generic-ci-1.json": (
        "generic",
        {},
        [Push("acme/web", "1.4.0", f"sha256:{HUB_IMAGE}", "ghcr.io")],
    ),
    "gitea-package-1.json": ("gitea", {"X-Gitea-Event": "package"}, [Push("acme/web", "1.4.0")]),
    "github-package-1.json": (
        "github",
        {"X-GitHub-Event": "package"},
        [Push("codertocat/hello-world", None)],
    ),
    "github-package-2.json": (
        "github",
        {"X-GitHub-Event": "package"},
        [
            Push("theryangeary/www", "0e2a89b", f"sha256:{HUB_IMAGE}"),
            Push("theryangeary/www", None),
        ],
    ),
    "github-registry_package-1.json": (
        "github",
        {"X-GitHub-Event": "registry_package"},
        [Push("codertocat/hello-world", None)],
    ),
    "github-ping-1.json": ("github", {"X-GitHub-Event": "ping"}, ["not_a_push"]),
    "gitlab-pipeline-1.json": ("gitlab", {}, [Push("gitlab-org/gitlab-test", None)]),
    "harbor-cloudevents-pull-1.json": ("harbor", {}, ["not_a_push"]),
    "harbor-default-pull-1.json": ("harbor", {}, ["not_a_push"]),
    "harbor-default-push-1.json": (
        "harbor",
        {},
        [
            Push(
                "test-webhook/debian",
                "latest",
                "sha256:8a9e9863dbb6e10edb5adfe917c00da84e1700fa76e7ed02476aa6e6fb8ee0d8",
            )
        ],
    ),
    "harbor-default-push-digest-1.json": ("harbor", {}, ["untagged"]),
    "jfrog-1.json": (
        "jfrog",
        {},
        [
            Push(
                "docker-remote-cache/library/ubuntu",
                "latest",
                "sha256:35c4a2c15539c6c1e4e5fa4e554dac323ad0107d8eb5c582d6ff386b383b7dce",
            )
        ],
    ),
    "jfrog-2.json": (
        "jfrog",
        {},
        [
            Push(
                "test-repo/foo/bar/busybox",
                "latest",
                "sha256:2278daae78b8899e6c7192a8a6f49763b9e0cde6fcf94de34f115df4401b955f",
            )
        ],
    ),
    "jfrog-3.json": (
        "jfrog",
        {},
        [
            Push(
                "docker-myorg-local/myorg-tcd/myorg-tcd-frontend",
                "1.2.9",
                "sha256:b416d974092956b84d9f333ec6efcd579533a0ee07195de6257c315a67a32202",
            )
        ],
    ),
    "nexus-asset-1.json": ("nexus", {}, ["not_an_image"]),
    "nexus-component-1.json": ("nexus", {}, ["not_an_image"]),
    "quay-1.json": ("quay", {}, [Push("mynamespace/repository", "latest")]),
    "quay-test-1.json": (
        "quay",
        {},
        [Push("mynamespace/repository", "latest"), Push("mynamespace/repository", "foo")],
    ),
    "zot-updated-1.json": (
        "zot",
        {"Ce-Type": "zotregistry.image.updated", "Ce-Id": "7"},
        [Push("golang", "latest")],
    ),
}
