# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions and revisions of images stand beside their digests."""

from __future__ import annotations

import re

import pytest

from tests.support.app_rows import change_app
from tests.support.commands import V1, V2, as_json, begin_run, longshore, released
from tests.support.installation import Installation
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.image_labels import ImageLabels
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.store import deliveries, holds, image_labels, releases
from webhook_bridge.store.database import open_store

# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
COMMIT = "0f3a9c1d2e4b5a69788796a5b4c3d2e1f0a1b2c3"


def label(installation: Installation, digest: str, labels: ImageLabels) -> None:
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        image_labels.put(connection, digest, labels)
    store.close()


@pytest.fixture
def versions(installation: Installation) -> Installation:
    """An app that goes from 1.4.1 to 1.4.2, both of which were `latest`."""
    states = {
        "h1": HostState("shop", "h1", reached=True, digest=V2),
        "h2": HostState("shop", "h2", reached=True, digest=V1),
    }
    released(installation, "shop", **states)
    begin_run(installation, Outcome("h1", "updated", "switch", "", V2, running=V2))
    label(installation, V1, ImageLabels("1.4.1"))
    label(installation, V2, ImageLabels("1.4.2", COMMIT))
    return installation


def test_status_shows_versions_of_apps_hosts_and_what_is_held(versions: Installation) -> None:
    store = open_store(versions.settings().state_dir)
    with store.write() as connection:
        holds.hold(connection, "shop", V1, reason="rolled back", run_id=None, now=1.0)
    store.close()

    text = longshore("status", "shop", config=versions.file).stdout

    assert re.search(rf"shop +running +1\.4\.2 \(0f3a9c1\) +{V2[7:19]} +1/2 ", text)
    assert re.search(rf"h1 +1\.4\.2 \(0f3a9c1\) {V2[7:19]} ", text)
    assert re.search(rf"h2 +1\.4\.1 {V1[7:19]} ", text)
    assert f"held: 1.4.1 {V1[7:19]} was rolled back" in text


def test_status_in_json_has_labels_and_versions(versions: Installation) -> None:
    [app] = as_json("status", "shop", config=versions.file, returncode=3)["apps"]

    assert app["release"]["labels"] == {
        "version": "1.4.2",
        "revision": COMMIT,
        "source": None,
        "created": None,
    }
    assert app["release"]["version"] == "1.4.2 (0f3a9c1)"
    seen = {one["host"]: one["version"] for one in app["observed"]}
    assert seen == {"h1": "1.4.2 (0f3a9c1)", "h2": "1.4.1"}
    assert app["outcomes"][0]["running_version"] == "1.4.2 (0f3a9c1)"


def test_lists_show_version_and_tag(versions: Installation) -> None:
    shown = longshore("releases", "shop", config=versions.file).stdout
    runs = longshore("runs", config=versions.file).stdout
    run = as_json("runs", config=versions.file)["runs"][0]
    details = longshore("runs", run["id"], config=versions.file).stdout

    assert re.search(rf" 1\.4\.2 \(0f3a9c1\), latest +{V2[7:19]} ", shown)
    assert "succeeded  1.4.1: 2 of 2" in runs
    assert (run["version"], run["tag"], run["digest"]) == ("1.4.2 (0f3a9c1)", "latest", V2)
    assert f"digest {V2}  (latest, version 1.4.2 (0f3a9c1))" in details


def test_a_delivery_names_the_version_that_it_led_to(versions: Installation) -> None:
    store = open_store(versions.settings().state_dir)
    with store.write() as connection:
        new = NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0)
        identifier = deliveries.add(connection, new)
        deliveries.decide(connection, identifier, code="released", detail="", now=2.0)
        wanted = NewRelease("shop", "r/acme/shop", "latest", V2, "delivery", "hook:hub", identifier)
        release = releases.desire(connection, wanted, now=3.0)
    store.close()

    text = longshore("delivery", identifier, config=versions.file).stdout

    assert f"release {release.id} of shop (1.4.2 (0f3a9c1), latest): desired" in text
    view = as_json("delivery", identifier, config=versions.file)
    assert view["releases"][0]["labels"]["version"] == "1.4.2"


@pytest.mark.parametrize("labels", [None, ImageLabels(), ImageLabels(revision=COMMIT)])
def test_without_a_version_the_tag_stands_for_a_digest(
    installation: Installation, labels: ImageLabels | None
) -> None:
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    if labels is not None:
        label(installation, V1, labels)

    text = longshore("status", "shop", config=installation.file).stdout

    assert re.search(rf"shop +succeeded +latest +{V1[7:19]} ", text)
    assert re.search(rf"h1 +latest {V1[7:19]} ", text)
    view = as_json("releases", "shop", config=installation.file)["releases"][0]
    assert (view["labels"] is None) is (labels is None)


def test_a_tag_that_meant_several_digests_names_none_of_them(installation: Installation) -> None:
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    begin_run(installation)

    text = longshore("status", "shop", config=installation.file).stdout

    assert re.search(rf"h1 +{V1[7:19]} ", text)


def test_status_of_versions_fits_80_columns(
    versions: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(versions.settings().state_dir)
    with store.write() as connection:
        change_app(connection, "shop", applied_generation=2)
    store.close()
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")

    text = longshore("status", config=versions.file).stdout

    lines = [re.sub("\x1b[^m]*m", "", line) for line in text.splitlines()]
    assert max(map(len, lines)) <= 80
    assert "1.4.2 (0f3a9c1)" in text
