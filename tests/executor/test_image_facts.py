# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run, RunKind, Work
from webhook_bridge.executor.image_facts import facts_of, image_facts
from webhook_bridge.registry.client import ImageContents
from webhook_bridge.registry.manifests import first_image, size_of_layers

DIGEST = f"sha256:{'1' * 64}"


def work(kind: RunKind) -> Work:
    release = Release("shop", "127.0.0.1:1/acme/shop", "latest", DIGEST, "deploy", "test", id="r")
    return Work(release, Run("shop", "r", 1, 1, kind, id="the-run"), 0)


@pytest.mark.parametrize(
    ("layers", "size"),
    [
        ([{"size": 3}, {"size": 4}], 7),
        ([{"size": 3}, {"size": "4"}], None),
        ([{"size": 3}, {"size": -1}], None),
        ([{"size": 2**60}], None),
        ([{"size": 3}, "x"], None),
        ([], 0),
        ("x", None),
        (None, None),
    ],
)
def test_the_size_is_known_only_where_every_layer_has_one(layers: object, size: object) -> None:
    assert size_of_layers({"layers": layers}) == size


@pytest.mark.parametrize(
    ("children", "first"),
    [
        ([{"platform": {"os": "linux", "architecture": "amd64"}, "digest": DIGEST}], DIGEST),
        ([{"platform": {"os": "unknown", "architecture": "unknown"}, "digest": DIGEST}], None),
        ([{"platform": {"os": "linux", "architecture": "amd64"}, "digest": "latest"}], None),
        ([{"digest": DIGEST}, "x"], None),
        ("x", None),
    ],
)
def test_only_an_image_for_a_platform_is_asked_for(children: Any, first: str | None) -> None:
    assert first_image({"manifests": children}) == first


def test_only_what_is_known_is_told() -> None:
    assert facts_of(ImageContents(("linux/amd64",), 7)) == {
        "platforms": ["linux/amd64"],
        "bytes": 7,
    }
    assert facts_of(ImageContents((), None)) == {}


def test_a_registry_that_does_not_answer_does_not_keep_a_run_from_starting() -> None:
    assert image_facts({}, work("deploy")) == {}


@pytest.mark.parametrize("kind", ["restore", "observe"])
def test_a_run_that_pulls_nothing_asks_no_registry(kind: RunKind) -> None:
    assert image_facts({}, work(kind)) == {}
